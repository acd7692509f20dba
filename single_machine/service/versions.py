"""Versions of the product beside each other, each with its own Python environment and portal.

`current` leads to the one that runs, `previous` to the one before. A version is named by its
content, so that the same one is never built twice.
"""

from __future__ import annotations

import compileall
import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import sys
import time
from pathlib import Path

from single_machine.service import machine
from single_machine.service.places import USER, CannotInstall, Places

NEVER_COPIED = (
    ".git",
    ".venv*",
    "node_modules",
    ".next",
    "__pycache__",
    "*.pyc",
    ".cache",
    ".pytest_cache",
    ".import_linter_cache",
)
KEPT = 3
"""Sandboxes that live may still show files of an earlier one."""
_COMPLETE = ".apranova-complete"
_BUILT = (".venv", "portal")
"""The folders that a build writes."""


def add(source: Path, places: Places) -> Path:
    """Copy the product and build it with the rights of the service's user. Raises CannotInstall."""
    versions = places.programs / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    draft = versions / f"new-{os.getpid()}"
    try:
        shutil.copytree(source, draft, symlinks=True, ignore=shutil.ignore_patterns(*NEVER_COPIED))
        _seal(draft)
        version = versions / _digest(draft)
        if not version.exists():  # else an earlier try has begun it
            draft.rename(version)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if (version / _COMPLETE).exists():
        return version
    _lend(version)
    # The packages come by the school's proxy and from its mirrors.
    more = {"APRANOVA_SERVICE": "yes", "APRANOVA_SETTINGS": str(places.settings)}
    if machine.as_user([sys.executable, "apranova", "build"], folder=version, more=more):
        raise CannotInstall("this version could not be built; see above. Nothing else was changed.")
    _seal(version)
    for package in version.glob("*/__init__.py"):
        compileall.compile_dir(package.parent, quiet=2)
    (version / _COMPLETE).touch()
    return version


def switch(version: Path, places: Places) -> None:
    """Let `current` lead to this version, and `previous` to the one before."""
    before = find_current(places)
    if before == version:
        return
    if before is not None:
        _link(places.previous, before)
    _link(places.current, version)


def find_current(places: Places) -> Path | None:
    return places.current.resolve() if places.current.exists() else None


def find_previous(places: Places, *, within_s: float) -> Path | None:
    """The version before, if it was replaced so recently."""
    link = places.previous
    if not link.exists() or time.time() - link.lstat().st_mtime > within_s:
        return None
    return link.resolve()


def remove_old(places: Places) -> None:
    """Keep the newest few, those that the links lead to, and those that processes run from: the
    sandboxes' parent keeps its version until the next boot."""
    used = {link.resolve() for link in (places.current, places.previous) if link.exists()}
    for working_folder in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):  # it ended, or is not ours to ask
            used.add(working_folder.readlink())
    folders = sorted((places.programs / "versions").iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[KEPT:]:
        if folder not in used:
            shutil.rmtree(folder)


def python(version: Path) -> Path:
    return version / ".venv/bin/python"


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        name = f"{file.relative_to(folder)}\0".encode()
        if file.is_symlink():
            digest.update(name + os.fsencode(file.readlink()))
        elif file.is_file():
            digest.update(name + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _lend(version: Path) -> None:
    """Let the build write, and nothing more: root reads units from this folder, and sandboxes have
    the same user. In the sticky folder it may make files of its own, and rename none of root's."""
    account = pwd.getpwnam(USER)
    for path in (version / name for name in _BUILT):
        if path.is_dir():
            _give(path, account.pw_uid, account.pw_gid)
    os.chown(version, 0, account.pw_gid)
    version.chmod(0o1775)


def _give(path: Path, uid: int, gid: int) -> None:
    """A folder after what is in it, so that nobody puts a link in the way. One that is its user's
    already was given whole by an earlier try."""
    found = path.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid != uid:
        for inside in path.iterdir():
            _give(inside, uid, gid)
    os.chown(path, uid, gid, follow_symlinks=False)


def _seal(path: Path) -> None:
    """Root's, and readable: what runs must not be able to change itself. A folder before what is in
    it, as in `_give`."""
    os.chown(path, 0, 0, follow_symlinks=False)
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return
    path.chmod(0o755 if stat.S_ISDIR(mode) or mode & 0o111 else 0o644)
    if stat.S_ISDIR(mode):
        for inside in path.iterdir():
            _seal(inside)


def _link(link: Path, target: Path) -> None:
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
