"""Mails with the links of invitations, in the background: a list has hundreds.

An invitation's row is the entry of the queue, so nothing is lost when a process or the mail server
dies. A process holds an entry by moving its due time.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from backend.accounts import bounces
from backend.accounts.invitation_links import link_of
from backend.accounts.models import Invitation
from backend.accounts.roles import ROLE_NAMES, Role
from backend.platform.background import BackgroundWorker

HELD_FOR = timedelta(minutes=2)
RETRY_FIRST = timedelta(minutes=1)
RETRY_MAX = timedelta(hours=1)
LOOK_EVERY_S = 30.0
MAILS_AT_ONCE_MAX = 500
REFUSED = "The mail server refused this address. Check how it is written."
LATER = "The mail server could not be reached or did not take the mail. It is tried again."

logger = logging.getLogger(__name__)


def sends_mail() -> bool:
    """Whether the school has a mail server; without one, mails are only printed."""
    return not settings.EMAIL_BACKEND.endswith("console.EmailBackend")


def send_due() -> None:
    """Send every due mail over one connection. After a failure of the server the rest stays due."""
    server = get_connection()
    try:
        for _ in range(MAILS_AT_ONCE_MAX):
            invitation = _take_one()
            if invitation is None or not _send(invitation, server):
                return
    finally:
        server.close()


worker = BackgroundWorker("invitations", send_due, interval_s=LOOK_EVERY_S)


def _take_one() -> Invitation | None:
    now = timezone.now()
    with transaction.atomic():
        due = Invitation.objects.filter(
            mail_due_at__lte=now, expires_at__gt=now, accepted_at__isnull=True, revoked_at__isnull=True
        )
        invitation = due.order_by("mail_due_at").select_for_update(skip_locked=True, of=("self",)).first()
        if invitation is not None:
            Invitation.objects.filter(pk=invitation.pk).update(mail_due_at=now + HELD_FOR)
    return invitation


def _send(invitation: Invitation, server: BaseEmailBackend) -> bool:
    """False: the server does not work now."""
    row = Invitation.objects.filter(pk=invitation.pk)
    try:
        server.open()  # else each mail would open a connection of its own
        _message(invitation, server).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code = max((code for code, _ in refused.recipients.values()), default=0)
        if code < 500:  # greylisting, a full mailbox: RFC 5321, section 4.2.1
            return _later(invitation)
        logger.warning("the mail server refused the address of invitation %s (%d)", invitation.pk, code)
        row.update(mail_due_at=None, mail_problem=REFUSED)
        return True
    except (smtplib.SMTPException, OSError) as problem:
        logger.warning("invitation %s could not be mailed: %s", invitation.pk, problem)
        _later(invitation)
        return False
    row.update(mail_due_at=None, mailed_at=timezone.now(), mail_failures=0, mail_problem="")
    return True


def _later(invitation: Invitation) -> bool:
    pause = min(RETRY_FIRST * 2 ** min(invitation.mail_failures, 10), RETRY_MAX)
    Invitation.objects.filter(pk=invitation.pk).update(
        mail_due_at=timezone.now() + pause, mail_failures=invitation.mail_failures + 1, mail_problem=LATER
    )
    return True


def _message(invitation: Invitation, server: BaseEmailBackend) -> EmailMessage:
    school = settings.ENVIRONMENT.school_name
    inviter = invitation.invited_by.display_name
    hello = f"Hello {invitation.name}" if invitation.name else "Hello"
    message_id = bounces.message_id(invitation.pk, settings.ENVIRONMENT.public_host)
    return EmailMessage(
        headers={"Message-ID": message_id, bounces.HEADER: message_id},
        subject=f"{inviter} invites you to {school}",
        body=(
            f"{hello},\n\n{inviter} invites you to {school} as {ROLE_NAMES[Role(invitation.role)]}.\n\n"
            f"Sign up here until {invitation.expires_at:%d %B %Y}:\n{link_of(invitation.pk)}\n"
        ),
        to=[invitation.email],
        connection=server,
    )
