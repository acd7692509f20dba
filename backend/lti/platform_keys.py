"""The platform's public keys. It may change them at any time: an unknown one is looked for anew."""

from __future__ import annotations

import json
import logging
from typing import Any

import jwt
from django.core.cache import cache

from backend.lti.platform_http import PlatformProblem, ask
from backend.platform.rate_limit import Limit, take
from contract.sign_in import Lti

KEPT_S = 600
AGAIN = Limit(5, 60)
"""How often unknown keys may make us ask; anybody can send a message with such a one."""
KEYS_MAX = 50

logger = logging.getLogger(__name__)


class NoKey(Exception):
    """The platform has no such key, or does not answer."""


def find_key(kid: str, platform: Lti) -> jwt.PyJWK:
    """Raises NoKey."""
    where = f"lti:keys:{platform.keys_url}"
    known: dict[str, Any] | None = cache.get(where)
    if known is None or kid not in known:
        if known is not None and not take("lti:keys:again", AGAIN):
            raise NoKey("unknown keys were asked for too often")
        known = _fetch(platform)
        cache.set(where, known, timeout=KEPT_S)
    if kid not in known:
        raise NoKey(f"the platform has no key {kid!r:.80}")
    try:
        return jwt.PyJWK(known[kid], algorithm="RS256")
    except jwt.PyJWTError as problem:
        raise NoKey(f"the platform's key cannot be read: {problem}") from None


def _fetch(platform: Lti) -> dict[str, Any]:
    """Raises NoKey."""
    try:
        answer = ask("GET", platform.keys_url, headers={"Accept": "application/json"})
        keys = json.loads(answer.body)["keys"][:KEYS_MAX]
        return {
            it["kid"]: it for it in keys if it.get("kty") == "RSA" and it.get("use", "sig") == "sig" and "kid" in it
        }
    except PlatformProblem as problem:
        raise NoKey(str(problem)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise NoKey(f"{platform.keys_url} shows no keys: {problem!r:.200}") from None
