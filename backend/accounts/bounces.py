"""Reports that an invitation's mail came back (bounces): RFC 3464, in a report of RFC 6522.

Each mail of an invitation carries a token in its Message-ID, and in a header of our own, because
some providers (Amazon SES) write another Message-ID. A report counts only if the mail that it
returns has the token: nobody can forge one about a mail that they have not seen.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from time import time
from uuid import UUID

from django.utils.crypto import constant_time_compare

from backend.platform.link_keys import key_of

HEADER = "X-ApraNova-Message"
PARTS_MAX = 20
"""Reports about our mails have five or so. A parser is slow on a thousand parts in each other."""
SEMICOLONS_MAX = 10_000
"""Of a whole mail, with styles in its HTML. A parser is slow on as many in one quoted parameter."""
REASON_MAX = 120
_PURPOSE = "backend.accounts.bounces"
_TOKEN = re.compile(r"<invitation\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})\.[0-9]{1,12}@")


@dataclass(frozen=True)
class Bounce:
    invitation_id: UUID
    reason: str
    """In the other mail server's words, on one line; may be empty."""


def message_id(invitation_id: UUID, domain: str) -> str:
    """A new one each time, by which a bounce is known as one of this invitation."""
    return f"<invitation.{invitation_id.hex}.{key_of(_PURPOSE, invitation_id)}.{time():.0f}@{domain}>"


def read_bounce(mail: bytes) -> Bounce | None:
    """What a mail, or its beginning, says of an invitation. None: it is no bounce of one."""
    if mail.lower().count(b"content-type:") > PARTS_MAX or mail.count(b";") > SEMICOLONS_MAX:
        return None
    report = email.message_from_bytes(mail)
    if report.get_content_type() != "multipart/report":
        return None
    invitation_id = next(_returned(report), None)
    reason = next(_failures(report), None)
    return Bounce(invitation_id, reason) if invitation_id and reason is not None else None


def _failures(report: Message) -> Iterator[str]:
    """For each recipient whose mail failed for good, the reason."""
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for fields in part.get_payload():
            if isinstance(fields, Message) and str(fields.get("Action", "")).strip().lower() == "failed":
                yield _reason(fields)


def _reason(fields: Message) -> str:
    said = str(fields.get("Diagnostic-Code", "")).partition(";")[2] or str(fields.get("Status", ""))
    shown = "".join(it if it.isprintable() else " " for it in said)
    return " ".join(shown.split())[:REASON_MAX]


def _returned(report: Message) -> Iterator[UUID]:
    """The invitations whose mails the report returns, in whole or only their headers."""
    for part in report.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            headers = "\n".join(str(value) for value in _own_headers(part.get_payload(0)))
        elif part.get_content_type() == "text/rfc822-headers":
            headers = bytes(part.get_payload(decode=True) or b"").decode("ascii", "replace")
        else:
            continue
        for found, key in _TOKEN.findall(headers):
            invitation_id = UUID(found)
            if constant_time_compare(key, key_of(_PURPOSE, invitation_id)):
                yield invitation_id


def _own_headers(mail: object) -> list[object]:
    return [mail.get("Message-ID"), mail.get(HEADER)] if isinstance(mail, Message) else []
