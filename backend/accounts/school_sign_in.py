"""Signing in at the school's provider: it leads to the account of the verified address, or to none.

Errors are codes, which the portal's sign-in page says in words.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import Provider
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from backend.accounts.addresses import fold
from backend.accounts.models import User
from backend.accounts.newcomers import Newcomer, Welcome, find_welcome
from backend.accounts.roles import Role
from backend.audit.record import record
from backend.platform.names import clean_name
from backend.platform.problems import ProblemError

logger = logging.getLogger(__name__)
NAME_MAX = 150
ADDRESSES_MAX = 20
NO_PASSWORDS = "Your school does not use passwords here. Sign in with the button of your school's provider."


def may_use_password(email: str) -> bool:
    sign_in = settings.ENVIRONMENT.sign_in
    return sign_in.passwords or email.lower() == sign_in.break_glass


class SchoolAdapter(DefaultSocialAccountAdapter):
    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:  # noqa: ARG002
        """Only the name is the provider's to say."""
        user = _user(sociallogin)
        full = data.get("name") or f"{data.get('first_name') or ''} {data.get('last_name') or ''}"
        try:
            user.name = clean_name(str(full).strip())[:NAME_MAX]
        except ValueError:
            user.name = ""
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Link the provider's account to ours with the same verified address, once."""
        if sociallogin.is_existing:
            _refuse_inactive(_user(sociallogin))
            _refuse_admin(_user(sociallogin).role, sociallogin)
            return
        user = _find_user(_verified_addresses(sociallogin))
        if user is None:
            return  # `save_user` follows
        _refuse_inactive(user)
        _refuse_admin(user.role, sociallogin)
        _refuse_second(user, sociallogin)
        with transaction.atomic():
            sociallogin.connect(request, user)
            record(
                "user.provider_linked",
                actor=user,
                target_type="user",
                target_id=user.pk,
                provider=sociallogin.account.provider,
            )

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002
        provider: Provider,
        error: Any = None,  # noqa: ARG002
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> None:
        """The person reads that it did not work; the operator reads why."""
        if exception is not None:
            logger.warning("a sign-in by %s did not work: %.300s", provider.name, exception)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:  # noqa: ARG002  allauth's
        """Make the account of a newcomer who is invited, comes by a join link, or by a group."""
        try:
            with transaction.atomic():
                return _admit(request, sociallogin)
        except ProblemError:
            raise ValidationError("no place is left", code="no_place") from None
        except IntegrityError:
            raise ValidationError("two at once", code="try_again") from None


def _admit(request: HttpRequest, sociallogin: SocialLogin) -> User:
    user = _user(sociallogin)
    email, welcome = _welcome(sociallogin)
    _refuse_admin(welcome.role, sociallogin)
    user.email, user.role, user.track = email, welcome.role, welcome.track
    user.name = welcome.name or user.name
    user.set_unusable_password()
    sociallogin.email_addresses = [EmailAddress(email=email, verified=True, primary=True)]
    sociallogin.save(request)
    record(
        "user.create",
        actor=user,
        target_type="user",
        target_id=user.pk,
        email=email,
        role=welcome.role.value,
        track=welcome.track.value if welcome.track else None,
        provider=sociallogin.account.provider,
    )
    welcome.enter(user)
    return user


def _user(sociallogin: SocialLogin) -> User:
    assert isinstance(sociallogin.user, User)  # noqa: S101
    return sociallogin.user


def _find_user(addresses: list[str]) -> User | None:
    """Of several, the first address decides that has an account."""
    found = {user.email: user for user in User.objects.filter(email__in=addresses)}
    return next((found[it] for it in addresses if it in found), None)


def _welcome(sociallogin: SocialLogin) -> tuple[str, Welcome]:
    """The first address that somebody wants here, and what it becomes."""
    for email in _verified_addresses(sociallogin):
        welcome = find_welcome(
            Newcomer(email, _wanted_page(sociallogin), _groups(sociallogin), getattr(sociallogin, "launch", None))
        )
        if welcome is not None:
            return email, welcome
    raise ValidationError("nobody invited this address", code="not_invited")


def _verified_addresses(sociallogin: SocialLogin) -> list[str]:
    """The main one first. Some providers send the claim as a text; the text "false" is no yes."""
    if not sociallogin.email_addresses:
        raise ValidationError("the provider sends no address", code="email_missing")
    found: list[str] = []
    for address in sociallogin.email_addresses:
        if address.verified in (True, "true"):
            with contextlib.suppress(ValueError):
                found.append(fold(address.email))
    if not found:
        raise ValidationError("the provider does not vouch for the address", code="email_unverified")
    return found[:ADDRESSES_MAX]


def _refuse_inactive(user: User) -> None:
    if not user.is_active:
        raise ValidationError("the account is deactivated", code="inactive")


def _refuse_admin(role: str, sociallogin: SocialLogin) -> None:
    """Anyone who administers the learning platform can give people any address there, also that of
    an admin, or of somebody who is invited to be one."""
    if sociallogin.account.provider == "lti" and role == Role.ADMIN:
        raise ValidationError("admins sign in here", code="admin_by_lti")


def _refuse_second(user: User, sociallogin: SocialLogin) -> None:
    """Schools give an address to the next person when the first one has left or changed theirs."""
    same_issuer, _, _ = sociallogin.account.uid.partition(".")
    if SocialAccount.objects.filter(user=user, uid__startswith=f"{same_issuer}.").exists():
        raise ValidationError("another account of the provider is linked", code="address_reused")


def _wanted_page(sociallogin: SocialLogin) -> str:
    query = parse_qs(urlsplit(sociallogin.state.get("next", "")).query)
    return query.get("next", [""])[0]


def _groups(sociallogin: SocialLogin) -> frozenset[str]:
    name = settings.ENVIRONMENT.sign_in.groups_claim
    found = getattr(sociallogin, "claims", {}).get(name) if name else None
    if isinstance(found, str):
        return frozenset([found])
    return frozenset(it for it in found if isinstance(it, str)) if isinstance(found, list) else frozenset()
