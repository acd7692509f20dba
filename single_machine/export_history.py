"""`./apranova export-history`: launches and stops as JSON lines, for `./apranova simulate`."""

from __future__ import annotations

import subprocess
import sys

from single_machine.preflight import CannotGoOn
from single_machine.running import find_ready
from single_machine.secrets_file import load_or_make
from single_machine.services import Services
from single_machine.settings import Settings


def run(settings: Settings, *, begin: str | None, end: str | None) -> int:
    """Write to standard output, through the backend's own command and environment."""
    if find_ready(settings) is None and not settings.database_url:
        raise CannotGoOn(
            "the history is in the database, which is not running. Start it with ./apranova up, and wait until it is ready"
        )
    services = Services(
        settings=settings,
        secrets=load_or_make(settings.home / "secrets.json"),
        manager_port=0,
        portal_port=0,
        isolation="none",  # nothing is launched; the backend's settings want a word
    )
    command = [sys.executable, "-m", "backend.manage", "export_history"]
    command += ["--from", begin] if begin else []
    command += ["--to", end] if end else []
    return subprocess.call(command, env=services.backend_environment, stdin=subprocess.DEVNULL)
