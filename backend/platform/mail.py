"""Django's way to a mail server, which also counts what became of each mail."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from prometheus_client import Counter

from backend.platform.metrics import REGISTRY

REFUSED, UNREACHABLE = "refused", "unreachable"
SENT = Counter("apranova_backend_mails_sent", "Mails that the mail server took.", registry=REGISTRY)
FAILURES = Counter(
    "apranova_backend_mail_failures",
    "Mails that were not sent: the server refused an address or the mail, or could not be reached.",
    ["reason"],
    registry=REGISTRY,
)
for _reason in (REFUSED, UNREACHABLE):
    FAILURES.labels(_reason)


class CountingEmailBackend(EmailBackend):
    def open(self) -> bool | None:
        try:
            return super().open()
        except (smtplib.SMTPException, OSError):
            FAILURES.labels(UNREACHABLE).inc()
            raise

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        opened = self.open()  # else an error of it below would count twice
        try:
            sent = super().send_messages(email_messages)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            FAILURES.labels(REFUSED).inc()
            raise
        except (smtplib.SMTPException, OSError):
            FAILURES.labels(UNREACHABLE).inc()
            raise
        finally:
            if opened:
                self.close()
        SENT.inc(sent or 0)
        return sent or 0
