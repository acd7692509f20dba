"""Whether a project is new: a cohort's starter comes only into one without a student's file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

MADE = ".local/share/apranova/new-project.json"
"""What the workspace itself wrote into the project when it made it: name → digest."""
_BYTES_MAX = 100_000
"""Of such a file; a longer one is the student's."""


def made_by_workspace(texts: Mapping[str, str]) -> str:
    """For the file MADE, by what is written into the project next."""
    return json.dumps({name: _sha256(text.encode()) for name, text in texts.items()})


def is_new(home: Path, project: Path, handed_out: Iterable[str]) -> bool:
    """`handed_out`: folders in the project that came with assignments. What is in them does not
    count. A home from before MADE was written is new only while its project is empty."""
    own = {".git", *handed_out, *_unchanged(home, project)}
    return all(entry.name in own for entry in project.iterdir())


def clear_away(home: Path, project: Path, names: Iterable[str]) -> None:
    """Remove those of `names` that are still as the workspace made them."""
    wanted = set(names)
    for name, digest in _unchanged(home, project).items():
        if name in wanted:
            _remove(project / name, digest)


def _unchanged(home: Path, project: Path) -> dict[str, str]:
    try:
        made = {str(name): str(digest) for name, digest in json.loads((home / MADE).read_bytes()).items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    return {name: digest for name, digest in made.items() if _digest(project / name) == digest}


def _digest(file: Path) -> str | None:
    """None for what is no short ordinary file: a link is not followed."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            return _sha256(opened.read(_BYTES_MAX))
    except OSError:
        return None


def _sha256(content: bytes) -> str:
    import hashlib  # only here: at each agent's start it would cost OpenSSL's memory

    return hashlib.sha256(content).hexdigest()


def _remove(file: Path, digest: str) -> None:
    """Whoever changed it in this moment keeps what they wrote."""
    aside = file.with_name(f".apranova-{os.getpid()}-{os.urandom(4).hex()}")
    with suppress(FileNotFoundError):
        file.rename(aside)
        if _digest(aside) != digest:
            try:
                os.link(aside, file, follow_symlinks=False)
            except FileExistsError:
                return
        aside.unlink()
