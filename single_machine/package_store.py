"""The store of packages: what lock files name, fetched, checked, and laid out for npm and pip.

npm's part is laid out as npm's own cache, each file named by the hash of its content; pip's part is
a folder of wheels. Files are checked against the lock file, come whole and by a rename, and never
change afterwards. On one machine npm's part also has the packages as `npm ci` installed them, for
an exercise's app to copy (images/vscode/extensions/apranova/src/app.sh).
`python -m single_machine.package_store STORE FOLDER` fills one in the build of a workspace's
container image, with a project in each folder below FOLDER.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from contract.image_choices import LOCKS_OF_NPM
from single_machine.portal_build import node_environment, npm_command

CONTENT = "content-v2/sha512"
WHEELS = "wheels"
INSTALLED = "installed"
"""Below it, by the hash of package.json and its lock file: `node_modules`, and an empty file
`scripts` if packages have install scripts, which run where they are copied to and never here."""
_LIFECYCLE = {"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"}
"""Scripts of a project that `npm ci` runs, with `dependencies`: a copy would leave them out."""
_NPM = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
_PIP = ("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:")


class NotFilled(Exception):
    """Nothing of a lock file was added; the text says why."""


def add_project(
    folder: Path,
    store: Path,
    *,
    say: Callable[[str], None],
    step: Callable[[str], AbstractContextManager[None]] = contextlib.nullcontext,
    keep_installed: bool = False,
) -> None:
    """All of its lock files. `step` shows what is being done. Raises NotFilled.

    `keep_installed`: also as they are installed. An image would have to carry that.
    """
    npm = next((folder / name for name in LOCKS_OF_NPM if (folder / name).is_file()), None)
    pip = sorted(folder.glob("requirements*.txt"))
    if npm is None and not pip:
        raise NotFilled(f"{folder} has neither package-lock.json nor requirements.txt")
    with tempfile.TemporaryDirectory(prefix=".new-", dir=store) as scratch:
        if npm is not None:
            with step(f"npm packages of {npm}"):
                added = add_npm(npm, store / "npm", Path(scratch))
                if keep_installed:
                    _keep_installed(npm.name, Path(scratch), store / "npm")
            say(f"  {added} new")
        for file in pip:
            with step(f"Python packages of {file}"):
                added = add_wheels(file, store / WHEELS, Path(scratch))
            say(f"  {added} new")


def add_npm(lock: Path, store: Path, scratch: Path) -> int:
    """How many are new. Raises NotFilled."""
    wanted = _digests(lock)
    for name in ("package.json", lock.name):
        shutil.copyfile(lock.with_name(name), scratch / name)
    cache = scratch / "cache"
    _run([*npm_command(), *_NPM, "--cache", str(cache)], scratch, "npm", environment=node_environment())
    added = 0
    for file in (cache / "_cacache" / CONTENT).glob("*/*/*"):
        digest = "".join(file.parts[-3:])
        place = store / CONTENT / file.parts[-3] / file.parts[-2] / file.parts[-1]
        if digest not in wanted or place.exists():
            continue
        if hashlib.sha512(file.read_bytes()).hexdigest() != digest:
            raise NotFilled(f"what npm brought for {digest[:12]}… is not what its lock file names")
        _put(file, place)
        added += 1
    # Also when nothing is new: a run that was cut short may have left it out.
    files = sorted(file.name for file in (store / CONTENT).glob("*/*/*"))
    state = scratch / "state"
    state.write_text(hashlib.sha256("\n".join(files).encode()).hexdigest())
    _put(state, store / "state")
    return added


def _keep_installed(lock: str, scratch: Path, store: Path) -> None:
    """What add_npm installed in `scratch`, unless `npm ci` would do more than install packages."""
    package, locked = ((scratch / name).read_bytes() for name in ("package.json", lock))
    place = store / INSTALLED / hashlib.sha256(package + locked).hexdigest()
    modules, new = scratch / "node_modules", scratch / INSTALLED
    if lock != LOCKS_OF_NPM[0] or place.exists() or not modules.is_dir() or not _is_plain(package, locked):
        return
    new.mkdir()
    modules.rename(new / modules.name)
    if any(it.get("hasInstallScript") for it in json.loads(locked)["packages"].values()):
        (new / "scripts").touch()
    for it in (new, *new.rglob("*")):
        if not it.is_symlink():
            it.chmod(0o755 if it.is_dir() else 0o555 if it.stat().st_mode & 0o100 else 0o444)
    place.parent.mkdir(mode=0o755, exist_ok=True)
    place.parent.chmod(0o755)
    with contextlib.suppress(OSError):  # another command has just put the same there
        new.rename(place)


def _is_plain(package: bytes, locked: bytes) -> bool:
    try:
        project, packages = json.loads(package), json.loads(locked)["packages"].values()
        scripts = {*(project.get("scripts") or ())}
        return (
            not scripts & {*_LIFECYCLE, "dependencies"}
            and not project.get("workspaces")
            and not any(it.get("link") for it in packages)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def add_wheels(requirements: Path, store: Path, scratch: Path) -> int:
    """How many are new. Raises NotFilled; pip refuses a requirement without a hash."""
    fresh = scratch / "wheels"
    command = [sys.executable, *_PIP, "--dest", str(fresh), "--requirement", str(requirements.absolute())]
    _run(command, scratch, "pip", environment=dict(os.environ))
    added = 0
    for file in sorted(fresh.glob("*.whl")):
        place = store / file.name
        if not place.exists():
            _put(file, place)
            added += 1
        elif place.read_bytes() != file.read_bytes():
            raise NotFilled(f"another {file.name} is in the store already, with another hash")
    return added


def _digests(lock: Path) -> set[str]:
    """Raises NotFilled."""
    try:
        packages = json.loads(lock.read_text("utf-8"))["packages"]
        words = [word for package in packages.values() for word in str(package.get("integrity", "")).split()]
        parts = [word.partition("-") for word in words]
        return {base64.b64decode(digest).hex() for algorithm, _, digest in parts if algorithm == "sha512"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NotFilled(f"{lock} is no lock file of npm 7 or newer") from None


def _put(file: Path, place: Path) -> None:
    """A whole file, that nobody changes any more."""
    for folder in reversed(place.parents):
        if not folder.exists():
            folder.mkdir(mode=0o755)
            folder.chmod(0o755)
    file.chmod(0o444)
    file.replace(place)


def _run(command: Sequence[str], folder: Path, name: str, *, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        last = "".join(f"\n  | {line}" for line in done.stdout.splitlines()[-12:])
        raise NotFilled(f"{name} could not fetch the packages; nothing was added.{last}")


def main() -> int:
    store, projects = Path(sys.argv[1]), Path(sys.argv[2])
    (store / WHEELS).mkdir(mode=0o755, parents=True, exist_ok=True)  # pip complains of one that is not there
    try:
        for folder in sorted(projects.iterdir()):
            add_project(folder, store, say=print)
    except NotFilled as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
