"""Files and folders of a student's home, opened so that no link leads out of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def below(top: int, path: str) -> Iterator[int]:
    """A folder below an open one. Step by step, so that a link that took a folder's place meanwhile
    leads nowhere: OSError (ELOOP, ENOTDIR)."""
    handle = os.dup(top)
    try:
        for name in path.split("/") if path else ():
            step = os.open(name, FOLDER, dir_fd=handle)
            os.close(handle)
            handle = step
        yield handle
    finally:
        os.close(handle)
