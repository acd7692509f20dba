"""What a new version does with the data of the earlier one, which runs meanwhile.

`upgrade` (single_machine/service/) calls both with the rights of the service's user.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from single_machine import postgres
from single_machine.database_schema import prepare_database
from single_machine.first_admin import environment_of_running_backend
from single_machine.preflight import CannotGoOn
from single_machine.processes import DidNotStart
from single_machine.progress import step
from single_machine.settings import Settings

COPIES_KEPT = 3


def migrate(settings: Settings) -> int:
    """Migrations must also serve the earlier version, as on AWS (decision 16)."""
    with step("Database schema"):
        try:
            prepare_database(settings, environment_of_running_backend(settings), demo=False)
        except DidNotStart as problem:
            raise CannotGoOn(str(problem)) from None
    return 0


def copy_databases(settings: Settings, now: dt.datetime | None = None) -> int:
    """On the same disk, for an upgrade that goes wrong. It replaces no backup. Raises
    CannotGoOn."""
    copies = settings.home / "copies"
    folder = copies / f"{now or dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M%S}"
    with step("Databases", done=f"Databases copied to {folder}"):
        folder.mkdir(mode=0o700, parents=True)
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        address = settings.database_url or f"host={settings.run / 'postgres'} user={postgres.SUPERUSER} dbname=apranova"
        dump = postgres.binary_paths().postgres.with_name("pg_dump")
        command = [str(dump), f"--dbname={address}", "--format=custom", f"--file={folder / 'accounts.dump'}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotGoOn(f"pg_dump failed: {done.stderr.strip()[-400:]}")
        _copy_records(settings.data / "manager.sqlite3", folder / "manager.sqlite3")
    for old in sorted(copies.iterdir())[:-COPIES_KEPT]:
        shutil.rmtree(old)
    return 0


def _copy_records(source: Path, target: Path) -> None:
    """As of one moment, while the manager writes."""
    with (
        contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as running,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        running.backup(copy)
