"""What the sandbox engine and its shim share: settings, folders, locks and sockets."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import resource
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.environment import BadSetting, Environment
from contract.network import Network, read_network
from manager.adapters.directory_homes.homes import make_folder
from manager.domain.policy import Policy
from manager.settings import ISOLATIONS, read_policy, read_sandbox_uid


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
    network: Network
    packages_dir: Path | None
    """The school's store of packages, which every sandbox sees."""
    shared_dir: Path | None = None
    """With a folder for each cohort, which the backend writes."""
    file_bytes_max: int = Policy.home_bytes_max
    """No file of a sandbox may be longer than a home may be large: sparse files could be."""

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
            network=read_network(environment),
            packages_dir=environment.path("APRANOVA_PACKAGES_DIR") if "APRANOVA_PACKAGES_DIR" in environment else None,
            shared_dir=environment.path("APRANOVA_SHARED_DIR") if "APRANOVA_SHARED_DIR" in environment else None,
            file_bytes_max=read_policy(environment, Policy()).home_bytes_max,
        )


def limit_files(settings: Settings) -> None:
    """What this process starts inherits the limit."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    longest = settings.file_bytes_max if hard == resource.RLIM_INFINITY else min(hard, settings.file_bytes_max)
    resource.setrlimit(resource.RLIMIT_FSIZE, (longest, longest))


def make_folders(settings: Settings, names: Sequence[str]) -> None:
    """Folders in the run folder, which the sandboxes' uid owns. Raises CannotRun."""
    uid = settings.sandbox_uid if settings.sandbox_uid is not None else os.geteuid()
    try:
        settings.run_dir.mkdir(mode=0o711 if settings.sandbox_uid is not None else 0o700, parents=True, exist_ok=True)
        make_folder(settings.homes_dir, mode=0o711)
        if settings.shared_dir is not None:
            settings.shared_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name in names:
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
def only_one(path: Path, complaint: str) -> Iterator[None]:
    """The kernel releases the lock however we die. Raises CannotRun."""
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotRun(complaint) from None
    with lock:
        yield


def listener(path: Path) -> socket.socket:
    """Bound while we own the directory; only the user who started us can open it."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as error:
        raise CannotRun(f"{path} cannot be made (a Unix socket's path has at most 107 characters): {error}") from error
    finally:
        os.umask(previous)
    listening.listen(512)
    listening.setblocking(False)
    return listening
