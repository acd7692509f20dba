"""The identity token that the gateway adds to each request."""

from __future__ import annotations

import base64

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.gateway.access import Access
from backend.gateway.identity import LIFETIME_S, IdentitySigner
from backend.gateway.key_publication import publish
from backend.platform.identity_key import BadKey, read_private_key

NOW = 1_790_000_000.0
KEY = Ed25519PrivateKey.generate()
ADA = Access(workspace_id="ws-aaaaaaaaaa", user_id="7", session="")


def read(token: bytes, audience: str = ADA.workspace_id, key: Ed25519PrivateKey = KEY) -> dict[str, object]:
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(
        token, key.public_key(), algorithms=["EdDSA"], audience=audience, issuer="apranova", options=options
    )


def test_it_names_the_person_and_one_workspace_and_ends_soon() -> None:
    claims = read(IdentitySigner(KEY, clock=lambda: NOW).token(ADA))
    assert claims == {
        "iss": "apranova",
        "aud": "ws-aaaaaaaaaa",
        "sub": "7",
        "iat": int(NOW),
        "exp": int(NOW) + LIFETIME_S,
    }


def test_it_opens_no_other_workspace_and_no_other_key_made_it() -> None:
    token = IdentitySigner(KEY, clock=lambda: NOW).token(ADA)
    with pytest.raises(jwt.InvalidAudienceError):
        read(token, audience="ws-bbbbbbbbbb")
    with pytest.raises(jwt.InvalidSignatureError):
        read(token, key=Ed25519PrivateKey.generate())


def test_it_is_signed_once_for_half_its_life_and_never_mixed_up() -> None:
    now = [NOW]
    signer = IdentitySigner(KEY, clock=lambda: now[0])
    first = signer.token(ADA)
    ben = Access(workspace_id="ws-bbbbbbbbbb", user_id="8", session="")
    assert read(signer.token(ben), audience="ws-bbbbbbbbbb")["sub"] == "8"
    now[0] += LIFETIME_S / 2 - 1
    assert signer.token(ADA) is first
    now[0] += 2
    again = read(signer.token(ADA))
    assert again["exp"] == int(now[0]) + LIFETIME_S


@pytest.mark.parametrize("text", ["", "short", "!" * 43, base64.urlsafe_b64encode(b"x" * 33).decode()])
def test_an_invalid_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        read_private_key(text)


def test_a_key_is_read_with_or_without_padding() -> None:
    text = base64.urlsafe_b64encode(KEY.private_bytes_raw()).decode()
    for form in (text, text.rstrip("=")):
        assert read_private_key(form).private_bytes_raw() == KEY.private_bytes_raw()


def test_only_the_public_half_is_published() -> None:
    written: dict[str, object] = {}

    class Parameters:
        def put_parameter(self, **parameter: object) -> None:
            written.update(parameter)

    name = publish(KEY, "/apranova/manager", region="eu-central-1", client=Parameters())
    assert name == written["Name"] == "/apranova/manager/identity-key"
    raw = base64.urlsafe_b64decode(f"{written['Value']}=")
    assert raw == KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
