"""What a running `up` writes for `status` and `down`, and the lock that lets only one run."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import psutil

from single_machine.preflight import CannotGoOn
from single_machine.secrets_file import write_private
from single_machine.settings import Settings


@dataclass(frozen=True)
class RunningProduct:
    pid: int
    created: float
    """The supervisor's own start time: a pid alone may have been given to another program since."""
    url: str
    manager_endpoint: str
    """Empty while it starts."""
    pids: dict[str, int]
    starting: bool = False
    """It still sets things up, which takes minutes the first time."""


def starting(settings: Settings) -> RunningProduct:
    """This process, as `up` announces itself before it does anything."""
    supervisor = psutil.Process()
    return RunningProduct(
        pid=supervisor.pid,
        created=supervisor.create_time(),
        url=settings.public_url,
        manager_endpoint="",
        pids={"supervisor": supervisor.pid},
        starting=True,
    )


def announce(settings: Settings, product: RunningProduct) -> None:
    write_private(settings.supervisor_file, json.dumps(asdict(product)) + "\n")


def withdraw(settings: Settings) -> None:
    settings.supervisor_file.unlink(missing_ok=True)


def find_running(settings: Settings) -> RunningProduct | None:
    """The running product of this APRANOVA_HOME, or None; a file left by a crash counts as none."""
    try:
        product = RunningProduct(**json.loads(settings.supervisor_file.read_text()))
        process = psutil.Process(product.pid)
        alive = abs(process.create_time() - product.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, TypeError, psutil.Error):
        return None
    return product if alive else None


def find_ready(settings: Settings) -> RunningProduct | None:
    """The same, or None while it starts."""
    product = find_running(settings)
    return None if product is None or product.starting else product


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the lock of this school. The kernel releases it however we die."""
    with (settings.home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotGoOn(
                f"another `./apranova up` or `reset` is running in {settings.home}. "
                "Wait until it has ended, then run the same command again."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        yield
