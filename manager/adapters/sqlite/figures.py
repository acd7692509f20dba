"""A few fields of all workspaces at once, for the gauges.

Reading whole records takes ten times as long: a school has thousands, and is asked every few
seconds. SQLite picks the fields out of the JSON, on a connection of its own, beside the writers.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

from contract.names import WorkspaceState
from manager.use_cases.gauges import WorkspaceFigures

_WORKSPACES = """
SELECT workspace_id, body ->> '$.state', body ->> '$.task_id', body ->> '$.disk.use.used_bytes',
  coalesce(body ->> '$.backup.failure', '') != ''
FROM workspaces
"""
_COHORTS = """
SELECT body ->> '$.label', member.value FROM cohorts LEFT JOIN json_each(body, '$.members') AS member
"""


class SqliteFigures:
    def __init__(self, path: Path) -> None:
        """`path`: of a store that exists."""
        self._address = f"file:{quote(str(path))}?mode=ro"

    def workspaces(self) -> tuple[WorkspaceFigures, ...]:
        return tuple(
            WorkspaceFigures(name, WorkspaceState(state), task_id, home_bytes, bool(fails))
            for name, state, task_id, home_bytes, fails in self._read(_WORKSPACES)
        )

    def cohorts(self) -> dict[str, frozenset[str]]:
        """What the operator calls a cohort → the workspaces of its members."""
        found: dict[str, set[str]] = {}
        for label, workspace_id in self._read(_COHORTS):
            members = found.setdefault(label, set())
            if workspace_id is not None:
                members.add(workspace_id)
        return {label: frozenset(members) for label, members in found.items()}

    def _read(self, query: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self._address, uri=True, timeout=2.0)) as connection:
            return connection.execute(query).fetchall()
