"""Brings the database of accounts up to date with this version, and fills it the first time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from single_machine.processes import DidNotStart
from single_machine.settings import Settings


def is_prepared(settings: Settings) -> bool:
    """Whether this very version has prepared this very database. Only a service's folder is named
    by its content, and the mark lies within the cluster, so that it goes with it."""
    try:
        return settings.service and _mark(settings).read_text() == str(settings.source)
    except OSError:
        return False


def _mark(settings: Settings) -> Path:
    return settings.data / "postgres" / "apranova-version"


def prepare_database(settings: Settings, backend_environment: Mapping[str, str], *, demo: bool) -> None:
    """Migrate, collect static files and seed in one process: starting Django is slow.

    Raises DidNotStart.
    """
    command = [sys.executable, "-m", "backend.manage", "prepare"]
    if demo:
        command += ["--demo-accounts", str(settings.demo_accounts)]
    log = settings.logs / "prepare.log"
    with log.open("ab") as output:
        code = subprocess.call(command, env=backend_environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    if code != 0:
        last = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-15:])
        raise DidNotStart(f"the database could not be prepared.\n{last}\n  Whole log: {log}")
    if settings.service and not settings.database_url:
        _mark(settings).write_text(str(settings.source))
