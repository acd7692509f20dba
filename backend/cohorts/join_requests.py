"""Somebody without an account types an address at a join link and gets a mail.

The answer is the same whether or not the address has an account, and as quick: what is to be done
is found out after it. Whoever has an account is told by the mail to sign in and open the link.
"""

from __future__ import annotations

import contextvars
import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from django.conf import settings
from django.core.mail import send_mail
from django.db import connections

from backend.accounts.invitation_mails import sends_mail
from backend.accounts.invitations import invite_by_join_link
from backend.accounts.models import User
from backend.accounts.roles import Track
from backend.accounts.sign_in_limits import network_of
from backend.cohorts.join_links import address_of, get_by_key, in_words, may_join, refuse_closed
from backend.cohorts.models import JoinLink
from backend.platform.problems import ProblemError, invalid
from backend.platform.rate_limit import Limit, take
from backend.platform.request_context import current_request

ADDRESS = Limit(3, 3600)
"""Mails to one address: a stranger may type it."""
NETWORK = Limit(300, 600)
"""Requests from one network; a class is behind one address."""
MAILS_PER_PLACE = 3
LINK_S = 3600
"""How long the mails of a link are counted: in an hour, `MAILS_PER_PLACE` for each place."""

logger = logging.getLogger(__name__)
_worker = ThreadPoolExecutor(2, thread_name_prefix="join")


def ask_for_invitation(key: str, email: str) -> None:
    """Send a mail to `email` (folded) soon. Raises ProblemError; never for who has an account."""
    link = get_by_key(key)
    refuse_closed(link)
    if not sends_mail():
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "no_mail",
            "This school sends no email, so it cannot check your address.",
            remedy="Ask your instructor for an invitation, and open this link again when you have an account.",
        )
    if not may_join(link, email):
        raise invalid("body.email", f"this link is for addresses that end in {in_words(link.domains)}")
    _count(link, email)
    _worker.submit(contextvars.copy_context().run, _send, link, email)


def _count(link: JoinLink, email: str) -> None:
    address = hashlib.sha256(email.encode()).hexdigest()[:20]
    limits = {
        f"join:network:{network_of(current_request().ip or '')}": NETWORK,
        f"join:address:{address}": ADDRESS,
        f"join:link:{link.pk}": Limit(MAILS_PER_PLACE * link.places, LINK_S),
    }
    for name, limit in limits.items():
        if not take(name, limit):
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_requests",
                "This was asked for too often.",
                remedy="Look into your inbox and spam folder, or try again in an hour.",
            )


def _send(link: JoinLink, email: str) -> None:
    try:
        user = User.objects.filter(email=email).first()
        if user is None:
            invite_by_join_link(
                email,
                Track(link.cohort.track),
                cohort_id=link.cohort.pk,
                join_link_id=link.pk,
                invited_by=link.created_by,
            )
        elif user.is_active:
            _mail_to_account(link, email)
    except Exception:
        logger.exception("a mail of join link %s could not be sent", link.pk)
    finally:
        connections.close_all()


def _mail_to_account(link: JoinLink, email: str) -> None:
    school, cohort = settings.ENVIRONMENT.school_name, link.cohort.name
    send_mail(
        subject=f"Join {cohort} at {school}",
        message=(
            f"Hello,\n\nyou have an account at {school} already. Sign in and join {cohort} here:\n"
            f"{address_of(link)}\n\nIf you did not ask for this email, you need not do anything.\n"
        ),
        from_email=None,
        recipient_list=[email],
    )
