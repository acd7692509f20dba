"""What a running `up` says about itself, so that `status`, `down` and a second `up` find it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import psutil

from single_machine.secrets_file import write_private
from single_machine.settings import Settings


@dataclass(frozen=True)
class RunningProduct:
    pid: int
    created: float
    """The supervisor's own start time: a pid alone may have been given to another program since."""
    url: str
    manager_endpoint: str
    pids: dict[str, int]


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
