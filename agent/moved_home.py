"""A home that comes to the task's slot while it runs, as on ECS.

`/home/student` in the image is a link to a link that the agent makes: first to an empty folder,
from the claim on to the home. Until then nobody may look for a name in the slot: an NFS client
remembers for half a minute that there was none.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile
from pathlib import Path

from contract.names import SLOT_FOLDER

_HIDDEN = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
"""With these one could mount the slot as the task does. Our memory cannot be read from outside."""


class HomeNotThere(Exception):
    """The mover has said that it is, so the file system has failed; in plain words."""


def hide_credentials() -> None:
    for name in _HIDDEN:
        os.environ.pop(name, None)


def make_room(home: Path) -> None:
    """Where the image's link leads nowhere yet, let it lead to an empty folder."""
    if home.is_symlink() and not home.exists():
        link = _link_of(home)
        link.symlink_to(tempfile.mkdtemp(prefix="before-the-claim-", dir=link.parent))


def come(home: Path, home_id: str) -> None:
    """Let `home` lead to the home in the slot. Idempotent. Raises HomeNotThere."""
    slot, link = _slot(), _link_of(home)
    draft = link.with_name(f".{link.name}.next")
    try:
        os.close(os.open(slot, os.O_RDONLY | os.O_DIRECTORY))  # makes the NFS client ask the server
        if not (slot / home_id).is_dir():
            raise HomeNotThere("the files did not come to this workspace")
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        draft.symlink_to(slot / home_id)
        draft.replace(link)
    except OSError as problem:
        raise HomeNotThere(f"the files cannot be reached: {problem.strerror}") from problem


def flush() -> None:
    """Write to the server what is still in memory, when no process of the student is left."""
    with contextlib.suppress(OSError):
        descriptor = os.open(_slot(), os.O_RDONLY | os.O_DIRECTORY)
        ctypes.CDLL(None).syncfs(descriptor)
        os.close(descriptor)


def _slot() -> Path:
    return Path(os.environ.get("APRANOVA_SLOT", SLOT_FOLDER))


def _link_of(home: Path) -> Path:
    return home.parent / home.readlink()
