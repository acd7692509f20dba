"""The key that signs identity tokens and door passes: Ed25519, as 32 raw bytes in base64url."""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KEY_BYTES = 32


class BadKey(ValueError):
    """The text says what is expected."""


def read_private_key(text: str) -> Ed25519PrivateKey:
    """Raises BadKey."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise BadKey("an Ed25519 private key is expected: 32 bytes as base64url")
    return Ed25519PrivateKey.from_private_bytes(raw)


def public_half(key: Ed25519PrivateKey) -> str:
    """What the manager needs to verify a door pass."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
