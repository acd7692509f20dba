"""The pass for the door on AWS: a JWT that tells the manager, for five minutes, who is signed in.

It is signed with the key of the identity tokens, but for another audience: an application's token
opens no door. A pass stays valid after a sign-out until it expires. It can make the person's own
workspace run, and lets nobody in.
"""

from __future__ import annotations

import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.names import DOOR_AUDIENCE, DOOR_COOKIE, DOOR_ISSUER, WorkspaceSize

LIFETIME_S = 300


def cookie_name(*, is_https: bool) -> str:
    """With HTTPS, `__Host-` makes browsers refuse one that a workspace's host tries to plant."""
    return f"__Host-{DOOR_COOKIE}" if is_https else DOOR_COOKIE


def sign_pass(
    key: Ed25519PrivateKey, user_id: str, *, size: WorkspaceSize | None = None, now: float | None = None
) -> str:
    """`size`: with which the door launches the person's workspace."""
    issued_at = int(time.time() if now is None else now)
    claims = {
        "iss": DOOR_ISSUER,
        "aud": DOOR_AUDIENCE,
        "sub": user_id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_S,
        "size": size,
    }
    return jwt.encode(claims, key, algorithm="EdDSA")
