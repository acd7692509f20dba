"""Finds the person at the door by the backend's pass. The manager holds only the public key."""

from __future__ import annotations

import base64
import binascii
import logging
from dataclasses import dataclass

from contract.errors import ApraNovaError, Reason
from contract.names import DOOR_AUDIENCE, DOOR_ISSUER, WorkspaceSize

log = logging.getLogger(__name__)

LEEWAY_S = 10
"""Difference allowed between the backend's clock and ours."""
_LENGTH_MAX = 2_048
_NEEDED = ("exp", "iat", "sub", "aud", "iss")


@dataclass(frozen=True)
class Person:
    user_id: str
    size: WorkspaceSize | None
    """With which their workspace is launched; None: the installation's default."""


def find_person(given: str, public_key: str) -> Person | None:
    """None without a valid pass. Raises ApraNovaError without a key."""
    # Imported here: the first student at the door pays for cryptography, not each cold start.
    import jwt
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public_key + "=" * (-len(public_key) % 4)))
    except (binascii.Error, ValueError):
        message = "Your workspace cannot be opened right now; please tell your school"
        raise ApraNovaError(
            Reason.INTERNAL, message, detail="APRANOVA_IDENTITY_KEY is not the backend's public key"
        ) from None
    if not 0 < len(given) <= _LENGTH_MAX:
        return None
    try:
        claims = jwt.decode(
            given,
            key,
            algorithms=["EdDSA"],
            audience=DOOR_AUDIENCE,
            issuer=DOOR_ISSUER,
            leeway=LEEWAY_S,
            options={"require": list(_NEEDED)},
        )
    except jwt.InvalidTokenError as error:
        log.info("a pass is refused: %s", error)
        return None
    size = claims.get("size")
    return Person(str(claims["sub"]), WorkspaceSize(size) if size in set(WorkspaceSize) else None)
