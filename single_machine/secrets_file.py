"""The secrets of this installation: random, made once, in a file that only its user can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from single_machine.preflight import CannotGoOn


@dataclass(frozen=True)
class Secrets:
    secret_key: str = field(repr=False)
    """Django signs cookies and tokens with it."""
    manager_key_id: str
    manager_secret: str = field(repr=False)
    """The backend signs its calls to the manager with this pair (AWS Signature Version 4)."""
    identity_private_key: str = field(repr=False)
    """The gateway says with it who is asking (Ed25519, 32 bytes as base64url)."""
    snapshots_password: str = field(repr=False)
    """Snapshots of homes are encrypted with it: without it they are lost."""

    @property
    def identity_key(self) -> str:
        """The public half, which workspaces get."""
        private = Ed25519PrivateKey.from_private_bytes(_bytes(self.identity_private_key))
        return _text(private.public_key().public_bytes_raw())


def load_or_make(path: Path) -> Secrets:
    """Make the missing ones: a newer version may need more. Raises CannotGoOn if damaged."""
    known = _read(path)
    made = {
        "secret_key": secrets.token_urlsafe(48),
        "manager_key_id": "AKIA" + secrets.token_hex(8).upper(),
        "manager_secret": secrets.token_urlsafe(32),
        "identity_private_key": _text(Ed25519PrivateKey.generate().private_bytes_raw()),
        "snapshots_password": secrets.token_urlsafe(32),
    }
    if made.keys() - known.keys():
        write_private(path, json.dumps({**made, **known}, indent=2) + "\n")
    return Secrets(**{name: known.get(name, new) for name, new in made.items()})


def load(path: Path) -> Secrets:
    """The secrets of a school that runs. Raises CannotGoOn: they are never made while it does."""
    known = _read(path)
    try:
        return Secrets(**{name.name: known[name.name] for name in fields(Secrets)})
    except KeyError:
        raise CannotGoOn(f"the file of secrets {path} is missing or incomplete. Put your copy of it back.") from None


def _read(path: Path) -> dict[str, str]:
    """Empty without a file. A damaged one is never replaced: its secrets cannot be made again."""
    try:
        return _checked(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}
    except ValueError as problem:
        raise CannotGoOn(
            f"the file of secrets {path} is damaged ({problem}). Restore your copy of it. If there is none: "
            f"`mv {path} {path}.damaged`, then run the same command again. It makes new ones, everyone has to sign in again, "
            "and the snapshots of homes taken so far can no longer be read (the homes themselves can)."
        ) from None


def _checked(known: Any) -> dict[str, str]:
    if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
        raise ValueError("not names with texts")
    if "identity_private_key" in known:
        Ed25519PrivateKey.from_private_bytes(_bytes(known["identity_private_key"]))
    return known


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step: never readable by others, never half-written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
