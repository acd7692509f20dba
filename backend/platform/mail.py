"""Django's way to a mail server, which also counts what became of each mail."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from prometheus_client import Counter

from backend.platform.metrics import REGISTRY

REFUSED, UNREACHABLE = "refused", "unreachable"
WHY_MAX = 300
REFUSED_IN_A_ROW = 3
SENT = Counter("apranova_backend_mails_sent", "Mails that the mail server took.", registry=REGISTRY)
FAILURES = Counter(
    "apranova_backend_mail_failures",
    "Mails that were not sent: the server refused an address or the mail, or could not be reached.",
    ["reason"],
    registry=REGISTRY,
)


@dataclass
class Trouble:
    """Since when mails fail without a break, and why: 0 and empty when the last one left."""

    since: float = 0.0
    why: str = ""
    _refused: set[str] = field(default_factory=set)

    def refused(self, error: Exception, addresses: Iterable[str]) -> None:
        """One address that is refused, however often, is somebody's typing error; several without a
        mail between them that leaves are the school's trouble."""
        self._refused.update(addresses)
        if len(self._refused) >= REFUSED_IN_A_ROW:
            self.failed(error)

    def failed(self, error: Exception) -> None:
        self.since = self.since or time.time()
        self.why = f"{type(error).__name__}: {error}"[:WHY_MAX]

    def left(self) -> None:
        self.since, self.why = 0.0, ""
        self._refused.clear()


TROUBLE = Trouble()
"""Of this process."""
for _reason in (REFUSED, UNREACHABLE):
    FAILURES.labels(_reason)


class CountingEmailBackend(EmailBackend):
    def open(self) -> bool | None:
        try:
            return super().open()
        except (smtplib.SMTPException, OSError) as error:
            FAILURES.labels(UNREACHABLE).inc()
            TROUBLE.failed(error)
            raise

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        opened = self.open()  # else an error of it below would count twice
        try:
            sent = super().send_messages(email_messages)
        except smtplib.SMTPRecipientsRefused as error:
            FAILURES.labels(REFUSED).inc()
            TROUBLE.refused(error, error.recipients)
            raise
        except smtplib.SMTPResponseException as error:
            FAILURES.labels(REFUSED).inc()
            TROUBLE.failed(error)
            raise
        except (smtplib.SMTPException, OSError) as error:
            FAILURES.labels(UNREACHABLE).inc()
            TROUBLE.failed(error)
            raise
        finally:
            if opened:
                self.close()
        SENT.inc(sent or 0)
        if sent:
            TROUBLE.left()
        return sent or 0
