"""Who calls the API: a browser with a session cookie and CSRF, or a program with a token."""

from __future__ import annotations

import binascii
from http import HTTPStatus
from typing import Any

from allauth.headless.tokens.strategies.jwt.internal import validate_access_token
from django.conf import settings
from django.http import HttpRequest
from ninja.security.apikey import APIKeyCookie
from ninja.security.http import HttpBearer
from ninja.utils import check_csrf

from backend.accounts.models import User
from backend.platform.problems import ProblemError, csrf_failed


class SessionCookie(APIKeyCookie):
    """The portal's way. Changing requests must carry the CSRF token; safe ones need none."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        if check_csrf(request) is not None:
            raise csrf_failed()
        return user

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        raise NotImplementedError  # __call__ answers by itself; the base class wants the name


class BearerToken(HttpBearer):
    """The way of programs: an access token of allauth's app client; no cookie, so no CSRF."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        try:
            found: tuple[Any, dict[str, Any]] | None = validate_access_token(token)
        except (ValueError, binascii.Error):
            return None
        if found is None:
            return None
        user = found[0]
        if not isinstance(user, User) or not user.is_active:
            return None
        request.user = user
        return user


def acting_user(request: HttpRequest) -> User:
    """The person behind an authenticated request."""
    user = request.auth  # pyright: ignore[reportAttributeAccessIssue]  set by ninja after authentication
    if not isinstance(user, User):
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "not_signed_in", "Sign in first.")
    return user


def signed_in_user(request: HttpRequest) -> User:
    """The person behind a request to the admin's site, which lets nobody else in."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
