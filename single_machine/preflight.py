"""What must be true before anything starts, each with a remedy in words."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from contract.names import WorkspaceKind
from single_machine.settings import Settings

FREE_BYTES_MIN = 200_000_000
FREE_BYTES_OF_BUILD = 2_200_000_000
"""About what the image of one kind takes, with what its build needs for a time."""
SOCKET_PATH_MAX = 107


class CannotGoOn(Exception):
    """This machine lacks something. The text says what is wrong and what to do."""


def refused_by_the_machine(problem: OSError) -> CannotGoOn:
    """What the operating system refused, at whatever step, as words and a remedy."""
    place = f" ({problem.filename})" if problem.filename else ""
    match problem.errno:
        case errno.ENOSPC | errno.EDQUOT:
            remedy = "Free some space, or put the data elsewhere with APRANOVA_HOME=/another/folder."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            remedy = "Make it yours again (a start with sudo leaves such files behind), or choose APRANOVA_HOME=/another/folder."
        case errno.EMFILE | errno.ENFILE | errno.EAGAIN | errno.ENOMEM:
            remedy = "Too many processes run: end some, or raise the limit (`ulimit -a`)."
        case _:
            remedy = "The logs in APRANOVA_HOME may say more."
    return CannotGoOn(
        f"the machine refused: {problem.strerror or problem}{place}. {remedy} Then run the same command again."
    )


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotGoOn(
                f"only root may use port {port}. Choose one above 1023: ./apranova up --port 8080. Or let every user "
                f"of this machine have it: sudo sysctl net.ipv4.ip_unprivileged_port_start={port}"
            ) from None
        except OSError as error:
            raise CannotGoOn(
                f"port {port} on {host} is taken by another program ({error.strerror}). "
                f"End that program, or choose another port: ./apranova up --port {port + 1 if port < 65535 else 8080}"
            ) from None


def check_disk(settings: Settings, *, missing: Sequence[WorkspaceKind]) -> None:
    wanted = FREE_BYTES_MIN + len(missing) * FREE_BYTES_OF_BUILD
    free = shutil.disk_usage(settings.home).free
    if free < wanted:
        raise CannotGoOn(
            f"the disk is nearly full: {settings.home} has {free / 1e9:.1f} GB left, {wanted / 1e9:.1f} GB are needed. "
            "Free some space, or put the data elsewhere with APRANOVA_HOME=/another/folder."
        )


def make_folders(settings: Settings) -> None:
    """Create the folders so that the sandboxes' uid can pass through those that hold its files."""
    passable = 0o711 if settings.sandbox_uid is not None else 0o700
    try:
        for folder, mode in (
            (settings.home, passable),
            (settings.data, passable),
            (settings.images, 0o755 if settings.sandbox_uid is not None else 0o700),
            (settings.packages, 0o755 if settings.sandbox_uid is not None else 0o700),
            (settings.logs, 0o700),
            (settings.run, passable),
        ):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid != os.getuid():
                raise CannotGoOn(
                    f"{folder} belongs to another user. Remove it, or choose another folder with APRANOVA_HOME."
                )
            folder.chmod(mode)
    except OSError as error:
        raise CannotGoOn(
            f"the folder {error.filename} cannot be made: {error.strerror}. Choose another with APRANOVA_HOME=/another/folder."
        ) from None
    longest = str(settings.run / "tasks" / ("task-" + "x" * 16) / "http.sock")
    if len(longest) > SOCKET_PATH_MAX:
        raise CannotGoOn(
            f"the folder for sockets has too long a path ({settings.run}). Choose a shorter one with APRANOVA_RUN_DIR=/tmp/apranova."
        )
    if settings.sandbox_uid is not None:
        _check_passable(settings.home)


def _check_passable(folder: Path) -> None:
    """Started by root, PostgreSQL and the sandboxes run under another uid, which needs access."""
    for parent in [folder, *folder.parents]:
        if not parent.stat().st_mode & 0o001:
            raise CannotGoOn(
                f"started as root, ApraNova runs PostgreSQL and the workspaces under an unprivileged user, who cannot pass "
                f"through {parent}. Choose another folder with APRANOVA_HOME, or start it as an ordinary user."
            )


def same_port(file: Path) -> int:
    """The port that this file names, unless it is taken; else a free one, which it names then. So
    Envoy, which outlives the platform, need not start again to find the portal."""
    with contextlib.suppress(OSError, ValueError, CannotGoOn):
        port = int(file.read_text())
        check_port("127.0.0.1", port)
        return port
    port = free_port()
    file.write_text(f"{port}\n")
    return port


def free_port() -> int:
    """A loopback port that is free now. If another program takes it first, `up` says so."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
