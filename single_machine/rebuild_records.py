"""`./apranova restore --rebuild-records`: make the manager's records again, from the homes."""

from __future__ import annotations

import os
import subprocess
import sys

from contract.locked_files import set_aside
from single_machine import school_data
from single_machine.preflight import CannotGoOn
from single_machine.progress import say
from single_machine.running import find_running, only_one
from single_machine.settings import Settings


def run(settings: Settings) -> int:
    """Keep the records that can be read; set aside a file that cannot."""
    if find_running(settings):
        raise CannotGoOn("ApraNova is running, and its records are in use. Stop it first: ./apranova down")
    if not (settings.data / "homes").is_dir():
        raise CannotGoOn(f"there are no homes in {settings.data}")
    with only_one(settings):
        if problem := school_data.Records.read(settings).problem:
            say(f"Found: {problem}")
            for file in settings.data.glob("manager.sqlite3*"):
                if ".set-aside-" not in file.name:
                    say(f"Set aside: {set_aside(file)}")
        return subprocess.call(
            [sys.executable, "-m", "manager.entrypoints.rebuild_records"],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": str(settings.source),
                "APRANOVA_STORE": str(settings.data / "manager.sqlite3"),
                "APRANOVA_HOMES_DIR": str(settings.data / "homes"),
            },
        )
