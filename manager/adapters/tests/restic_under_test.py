"""Where the tests find restic: on the machine, or in the package that the product would fetch."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from manager.adapters.restic import install
from manager.adapters.restic.program import Restic


def restic() -> Restic:
    """Skips the test if restic can neither be found nor fetched."""
    found = install.find(Path(tempfile.gettempdir()) / f"apranova-tests-{os.geteuid()}")
    if found is None:
        pytest.skip("restic is not installed, and apt does not offer it")
    return Restic((found,), password="of the tests", niceness=0)


def fingerprint(folder: Path) -> dict[str, tuple[object, ...]]:
    """All that a student could notice of a folder: names, modes, owners, times, links, contents."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        content = (
            str(path.readlink())
            if path.is_symlink()
            else hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else ""
        )
        changed = 0 if path.is_symlink() else seen.st_mtime_ns
        found[str(path.relative_to(folder))] = (seen.st_mode, seen.st_uid, seen.st_gid, changed, content)
    return found
