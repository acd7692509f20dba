"""The backend signs the pass and the manager reads it; they share nothing but names."""

from __future__ import annotations

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.gateway.access import Access
from backend.gateway.door_pass import LIFETIME_S, cookie_name, sign_pass
from backend.gateway.identity import IdentitySigner
from backend.platform.identity_key import public_half
from contract.names import DOOR_COOKIE, WorkspaceSize
from manager.entrypoints.door_pass import LEEWAY_S, Person, find_person

KEY = Ed25519PrivateKey.generate()


def test_the_managers_door_knows_the_backends_pass() -> None:
    assert find_person(sign_pass(KEY, "person-7"), public_half(KEY)) == Person("person-7", None)
    sized = sign_pass(KEY, "person-7", size=WorkspaceSize.LARGE)
    assert find_person(sized, public_half(KEY)) == Person("person-7", WorkspaceSize.LARGE)


def test_it_ends() -> None:
    old = sign_pass(KEY, "person-7", now=time.time() - LIFETIME_S - LEEWAY_S - 1)
    assert find_person(old, public_half(KEY)) is None


def test_another_schools_pass_and_an_identity_token_for_a_workspace_are_none() -> None:
    assert find_person(sign_pass(Ed25519PrivateKey.generate(), "person-7"), public_half(KEY)) is None
    token = IdentitySigner(KEY).token(Access(workspace_id="ws-aaaaaaaaaa", user_id="person-7", session=""))
    assert find_person(token.decode(), public_half(KEY)) is None


def test_no_other_host_can_plant_the_cookie_where_there_is_https() -> None:
    assert cookie_name(is_https=True) == f"__Host-{DOOR_COOKIE}"
