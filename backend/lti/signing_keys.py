"""Our keys for the platform: it reads the public halves at our JWKS address.

A key is published for a day before it signs, because platforms keep what they have read; only the
very first one signs at once. An old one stays published until nothing that it signed is valid.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from backend.lti.models import SigningKey

BITS = 2048
SIGNS_FOR = timedelta(days=180)
PUBLISHED_BEFORE = timedelta(days=1)
PUBLISHED_AFTER = timedelta(days=1)
_PUBLIC: dict[str, dict[str, Any]] = {}
"""Public halves by key ID. To derive one takes 35 ms, and anybody may ask for them."""
_LOCK = 0x4C_54_49  # "LTI": one process at a time makes a key


@dataclass(frozen=True)
class Signer:
    key_id: str
    private_key: str


def public_keys() -> list[dict[str, Any]]:
    """Of all keys that may have signed something, and of the next one."""
    return [_public(it) for it in _keys()]


def signer() -> Signer:
    """The newest key that every platform has had the time to read."""
    keys = _keys()
    known = [it for it in keys if it.created_at <= timezone.now() - PUBLISHED_BEFORE]
    key = known[-1] if known else keys[0]
    return Signer(str(key.pk), _decrypted(key))


def _keys() -> list[SigningKey]:
    """Oldest first. Makes the next one when it is time, and forgets those that are over."""
    keys = _readable()
    now = timezone.now()
    if keys and keys[-1].created_at > now - SIGNS_FOR + PUBLISHED_BEFORE:
        return keys
    with transaction.atomic():
        _wait_for_others()
        keys = _readable()
        if not keys or keys[-1].created_at <= now - SIGNS_FOR + PUBLISHED_BEFORE:
            SigningKey.objects.filter(created_at__lt=now - SIGNS_FOR - PUBLISHED_AFTER).exclude(
                pk__in=[it.pk for it in keys[-1:]]
            ).delete()
            _make()
    return _readable()


def _readable() -> list[SigningKey]:
    """Oldest first. A school that changes its secret cannot read those from before: they are as
    good as gone, and the next one is made at once."""
    found = []
    for key in SigningKey.objects.order_by("created_at"):
        with contextlib.suppress(InvalidToken):
            _decrypted(key)
            found.append(key)
    return found


def _wait_for_others() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _make() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    encrypted = Fernet(settings.LTI_KEYS_ENCRYPTION_KEY).encrypt(pem).decode()
    SigningKey.objects.create(private_key=encrypted)


def _decrypted(key: SigningKey) -> str:
    return Fernet(settings.LTI_KEYS_ENCRYPTION_KEY).decrypt(key.private_key.encode()).decode()


def _public(key: SigningKey) -> dict[str, Any]:
    kid = str(key.pk)
    if kid not in _PUBLIC:
        private = serialization.load_pem_private_key(_decrypted(key).encode(), password=None)
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101  what _make makes
        numbers: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
        _PUBLIC[kid] = {"kty": "RSA", "n": numbers["n"], "e": numbers["e"], "kid": kid, "alg": "RS256", "use": "sig"}
    return _PUBLIC[kid]
