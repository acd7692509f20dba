"""The secrets of this installation: random, made once, in a file that only its user can read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    secret_key: str = field(repr=False)
    """Django signs cookies and tokens with it."""
    manager_key_id: str
    manager_secret: str = field(repr=False)
    """The backend signs its calls to the manager with this pair (AWS Signature Version 4)."""


def load_or_make(path: Path) -> Secrets:
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    made = Secrets(
        secret_key=secrets.token_urlsafe(48),
        manager_key_id="AKIA" + secrets.token_hex(8).upper(),
        manager_secret=secrets.token_urlsafe(32),
    )
    write_private(path, json.dumps(asdict(made), indent=2) + "\n")
    return made


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step: never readable by others, never half-written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
