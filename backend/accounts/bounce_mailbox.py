"""Reads the mailbox to which invitations come back, and marks those that could not be delivered.

The mailbox is opened to read only: nothing in it is moved, deleted or marked as seen, so it may be
one that people read, too. How far it was read is a row of the database.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.accounts.bounces import Bounce, read_bounce
from backend.accounts.models import BounceMailbox, Invitation
from backend.audit.record import record
from backend.platform.background import BackgroundWorker
from backend.platform.environment import Mailbox

LOOK_EVERY_S = 120.0
TIMEOUT_S = 20.0
"""Of each answer."""
PASS_S_MAX = 60.0
UIDS_AT_ONCE_MAX = 500
MAIL_BYTES_MAX = 65_536
"""Of each mail, its beginning: a report says what failed before it returns the mail."""
BOUNCED = "The email came back"
REMEDY = "Check the address, and whether the mailbox is full."

logger = logging.getLogger(__name__)


def look() -> None:
    """Read what is new. Safe in several processes at once: a mail read twice changes nothing."""
    mailbox: Mailbox | None = settings.ENVIRONMENT.bounces
    if mailbox is None:
        return
    row, _ = BounceMailbox.objects.get_or_create(address=mailbox.address)
    state = BounceMailbox.objects.filter(pk=row.pk)
    try:
        _read(mailbox, row)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:  # ValueError: a host that IDNA does not allow
        why = f"{type(error).__name__}: {error}"[:300].replace("\0", "")
        logger.warning("the mailbox for mails that come back cannot be read: %s", why)
        state.update(problem=why, problem_since=row.problem_since or timezone.now())
    else:
        state.update(problem="", problem_since=None, read_at=timezone.now())


worker = BackgroundWorker("bounces", look, interval_s=LOOK_EVERY_S)


def _read(mailbox: Mailbox, row: BounceMailbox) -> None:
    ends = monotonic() + PASS_S_MAX
    with _open(mailbox) as server:
        validity, uid_next = _select(server, mailbox.folder)
        if validity != row.uid_validity:  # the first time: what came before is of no invitation
            _remember(row, validity, uid_next)
            return
        after = min(uid_next, row.uid_next + UIDS_AT_ONCE_MAX)
        read_to = row.uid_next
        try:
            for uid in _uids(server, row.uid_next, after):
                if monotonic() > ends:
                    return
                _judge(_fetch(server, uid), uid)
                read_to = uid + 1
            read_to = after
        finally:
            _remember(row, validity, read_to)


def _remember(row: BounceMailbox, validity: int, uid_next: int) -> None:
    BounceMailbox.objects.filter(pk=row.pk).update(uid_validity=validity, uid_next=uid_next)


@contextmanager
def _open(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    trusted = ssl.create_default_context()  # imaplib's own checks no certificate
    if mailbox.use_ssl:
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=trusted, timeout=TIMEOUT_S)
    else:
        server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT_S)
    try:
        if mailbox.use_tls:
            server.starttls(trusted)
        server.login(mailbox.user, mailbox.password)
        yield server
    finally:
        try:
            server.logout()
        except (imaplib.IMAP4.error, OSError):
            server.shutdown()


def _select(server: imaplib.IMAP4, folder: str) -> tuple[int, int]:
    """UIDVALIDITY and UIDNEXT of the folder. Raises imaplib.IMAP4.error if there is no such one."""
    quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    kind, said = server.select(quoted, readonly=True)
    if kind != "OK":
        raise imaplib.IMAP4.error(f"the folder {folder} cannot be opened: {said[0]!r}")
    found = [server.response(name)[1][0] for name in ("UIDVALIDITY", "UIDNEXT")]
    try:
        validity, uid_next = (int(it or b"") for it in found)
    except ValueError:
        raise imaplib.IMAP4.error("the server does not number its mails (UIDVALIDITY, UIDNEXT)") from None
    return validity, uid_next


def _uids(server: imaplib.IMAP4, first: int, after: int) -> list[int]:
    if first >= after:
        return []
    kind, found = server.uid("SEARCH", "UID", f"{first}:{after - 1}")
    if kind != "OK":
        raise imaplib.IMAP4.error(f"the mails cannot be listed: {found[0]!r}")
    return sorted(int(it) for it in (found[0] or b"").split() if first <= int(it) < after)


def _fetch(server: imaplib.IMAP4, uid: int) -> bytes:
    _, parts = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MAIL_BYTES_MAX}>)")
    return next((bytes(it[1]) for it in parts if isinstance(it, tuple)), b"")


def _judge(mail: bytes, uid: int) -> None:
    try:
        bounce = read_bounce(mail[:MAIL_BYTES_MAX])
    except Exception:  # anybody may write to this mailbox, and one mail must not hold up the others
        logger.exception("mail %d of the mailbox for mails that come back cannot be read", uid)
        return
    if bounce is not None:
        _mark(bounce)


def _mark(bounce: Bounce) -> None:
    """Once for each time that the invitation was sent."""
    said = f"{BOUNCED}: {bounce.reason}." if bounce.reason else f"{BOUNCED}."
    sent = Invitation.objects.filter(
        pk=bounce.invitation_id,
        mailed_at__isnull=False,
        mail_due_at__isnull=True,
        mail_problem="",
        accepted_at__isnull=True,
        revoked_at__isnull=True,
    )
    with transaction.atomic():
        invitation = sent.select_for_update(of=("self",)).first()
        if invitation is None:
            return
        sent.update(mail_problem=f"{said} {REMEDY}")
        record(
            "invitation.bounce",
            actor=None,
            target_type="invitation",
            target_id=invitation.pk,
            email=invitation.email,
        )
