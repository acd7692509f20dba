"""Packages of npm that tests use as a student or a school would: real ones, installed once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from single_machine.portal_build import node_environment, npm_command

INSTALL_TIMEOUT_S = 100
"""Shorter than pytest's limit of 120 s for a test, so that the error names the installation, which
takes about five seconds."""


def installed(source: Path, within_s: float = INSTALL_TIMEOUT_S) -> Path:
    """A folder in the tests' cache with the packages of `source`'s lock file."""
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("APRANOVA_TEST_CACHE") or tempfile.gettempdir())
    folder = cache / f"{source.name}-{os.getuid()}-{digest}"
    with (cache / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests of several files, in several processes, want the same one
        if not folder.exists():
            _install(source, folder, within_s)
    return folder


def _install(source: Path, folder: Path, within_s: float) -> None:
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)  # of an installation that was cut off
    new.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(source / name, new / name)
    subprocess.run(
        [*npm_command(), "ci", "--silent"],
        cwd=new,
        env=node_environment(),
        check=True,
        timeout=within_s,
    )
    new.replace(folder)
