"""What a new version does with the data of the earlier one, which runs meanwhile.

`upgrade` (single_machine/service/) calls both with the rights of the service's user.
"""

from __future__ import annotations

import datetime as dt
import shutil

import psycopg

from single_machine.backup import contents, database
from single_machine.backup.repository import BackupFailed
from single_machine.database_schema import prepare_database
from single_machine.first_admin import environment_of_running_backend
from single_machine.preflight import CannotGoOn
from single_machine.processes import DidNotStart
from single_machine.progress import step
from single_machine.settings import Settings

COPIES = "copies"
"""In the school's folder: the databases before each of the last upgrades."""
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
    copies = settings.home / COPIES
    folder = copies / f"{now or dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M%S}"
    draft = copies / ".new"
    with step("Databases", done=f"Databases copied to {folder}"):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        try:
            with database.reached(settings, running=True) as conninfo:
                database.dump(conninfo, draft / contents.DUMP)
            contents.copy_records(settings.data / contents.RECORDS, draft / contents.RECORDS)
        except (BackupFailed, psycopg.Error) as problem:
            raise CannotGoOn(str(problem)) from None
        draft.rename(folder)  # one that is not whole would count as one of those that are kept
    for old in sorted(copies.iterdir())[:-COPIES_KEPT]:
        shutil.rmtree(old)
    return 0
