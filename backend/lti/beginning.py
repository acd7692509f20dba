"""The state of a launch: which browser began it, and for which address (OpenID Connect's `state`).

Anybody can begin one, so nothing is stored for it: the state is signed, and the nonce is made from
it. The browser has the other half in a cookie.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

STATE_LASTS_S = 600
_SALT = "backend.lti.beginning"
_COOKIE = "apranova_launch"
_STATE_LENGTH_MAX = 3_000


class NotBegun(Exception):
    """The state is none of ours, or too old."""


@dataclass(frozen=True)
class Beginning:
    state: str
    browser: str
    """Digest of the cookie."""
    target: str

    @property
    def nonce(self) -> str:
        return hashlib.sha256(f"nonce {self.state}".encode()).hexdigest()


def begin(target: str, *, browser: str) -> Beginning:
    state = signing.dumps({"browser": browser, "target": target, "once": secrets.token_urlsafe(9)}, salt=_SALT)
    return Beginning(state, browser, target)


def read_beginning(state: str) -> Beginning:
    """Raises NotBegun."""
    if len(state) > _STATE_LENGTH_MAX:
        raise NotBegun("the state is none of ours")
    try:
        said = signing.loads(state, salt=_SALT, max_age=STATE_LASTS_S)
    except signing.SignatureExpired:
        raise NotBegun("the launch began too long ago") from None
    except signing.BadSignature:
        raise NotBegun("the state is none of ours") from None
    return Beginning(state, said["browser"], said["target"])


def new_browser() -> tuple[str, str]:
    """A cookie's value, and its digest."""
    value = secrets.token_urlsafe(32)
    return value, _digest(value)


def set_cookie(response: HttpResponse, value: str) -> None:
    response.set_cookie(
        _name(_digest(value)),
        value,
        max_age=STATE_LASTS_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_of_browser(request: HttpRequest, browser: str) -> bool:
    value = request.COOKIES.get(_name(browser), "")
    return browser != "" and secrets.compare_digest(_digest(value), browser)


def forget_cookie(response: HttpResponse, browser: str) -> None:
    response.delete_cookie(_name(browser), samesite="Lax")
    if settings.SESSION_COOKIE_SECURE:
        response.cookies[_name(browser)]["secure"] = True  # a browser refuses `__Host-` without


def _name(browser: str) -> str:
    """A name for each launch: two tabs may open at once."""
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}{_COOKIE}_{browser[:8]}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
