"""How many sign-ins may fail, counted so that nobody uses up another person's tries.

A browser in which a person has signed in before is a *known device* of that person: a signed cookie
says so. It has a counter of its own, so neither a stranger nor a classmate behind the same address
can stop it. Everybody else is counted by e-mail address and network.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import secrets
from dataclasses import dataclass, field

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.platform.rate_limit import Limit, take

DEVICE_COOKIE_AGE_S = 180 * 24 * 3600
PEOPLE_ON_A_DEVICE_MAX = 8
_SALT = "apranova known device"
_NEW_COOKIE = "_apranova_device_cookie"


KNOWN_DEVICE = Limit(10, 300)
"""Failures of one person on one known device."""
PERSON_IN_NETWORK = Limit(5, 300)
"""Failures with one e-mail address from one network."""
PERSON = Limit(100, 3600)
"""Failures with one e-mail address from all unknown devices, for guessers with many networks."""
NETWORK = Limit(300, 60)
"""Tries from one network on unknown devices, also successful ones: each costs a password hash."""


@dataclass
class Tries:
    """The counters that one try has raised."""

    keys: list[str] = field(default_factory=list)

    def rollback(self) -> None:
        """The sign-in succeeded, so it does not count as a failure."""
        for key in self.keys:
            with contextlib.suppress(ValueError):  # the counter has expired
                cache.decr(key)


def network_of(ip: str) -> str:
    """The network that counts as one: /24 of IPv4, /64 of IPv6."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:  # a test or a tunnel without addresses
        return ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False))


def count_try(request: HttpRequest, email: str, ip: str) -> Tries | None:
    """Count a try before its password is checked. None: too many have failed."""
    person, network = _digest(email), network_of(ip)
    device, people = _read_device(request)
    if person in people:
        limits = {f"device:{device}:{person}": KNOWN_DEVICE}
    else:
        if not take(_key(f"network:{network}"), NETWORK):
            return None
        limits = {f"person:{person}:{network}": PERSON_IN_NETWORK, f"person:{person}": PERSON}
    tries = Tries()
    for name, limit in limits.items():
        if not take(_key(name), limit):
            tries.rollback()
            return None
        tries.keys.append(_key(name))
    return tries


def forget_failures(email: str, ip: str) -> None:
    """Let a person who has just set a new password by mail try again at once."""
    person = _digest(email)
    cache.delete_many([_key(f"person:{person}:{network_of(ip)}"), _key(f"person:{person}")])


def remember_device(request: HttpRequest, email: str) -> None:
    """Prepare the cookie that makes this browser a known device of the person."""
    device, people = _read_device(request)
    person = _digest(email)
    people = [person, *(it for it in people if it != person)][:PEOPLE_ON_A_DEVICE_MAX]
    setattr(request, _NEW_COOKIE, signing.dumps([device or secrets.token_urlsafe(12), *people], salt=_SALT))


def set_device_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    value = getattr(request, _NEW_COOKIE, None)
    if value is not None:
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            value,
            max_age=DEVICE_COOKIE_AGE_S,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _read_device(request: HttpRequest) -> tuple[str, list[str]]:
    """The device's id, and the digests of the people who have signed in on it."""
    try:
        device, *people = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=DEVICE_COOKIE_AGE_S
        )
    except signing.BadSignature:
        return "", []
    return device, people


def _key(name: str) -> str:
    return f"sign_in:{name}"


def _digest(email: str) -> str:
    return hashlib.sha256(email.lower().encode("utf-8", "surrogatepass")).hexdigest()[:20]
