"""The identity token: a JWT that tells the application in one workspace who is asking.

It is signed with Ed25519, so a workspace has no key to sign one. The audience is the workspace's
id: every other workspace refuses it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.gateway.access import Access

LIFETIME_S = 300
KEPT_MAX = 4096
ISSUER = "apranova"


class IdentitySigner:
    """Signs each token once and reuses it for half its life, because every request needs one."""

    def __init__(self, key: Ed25519PrivateKey, *, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[bytes, float]] = {}

    def token(self, access: Access) -> bytes:
        now = self._clock()
        asked = (access.workspace_id, access.user_id)
        kept = self._kept.get(asked)
        if kept is not None and now < kept[1]:
            return kept[0]
        claims = {
            "iss": ISSUER,
            "aud": access.workspace_id,
            "sub": access.user_id,
            "iat": int(now),
            "exp": int(now) + LIFETIME_S,
        }
        signed = jwt.encode(claims, self._key, algorithm="EdDSA").encode()
        self._kept.pop(asked, None)
        while len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[asked] = (signed, now + LIFETIME_S / 2)
        return signed
