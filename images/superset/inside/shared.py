"""The cohort's shared data in its students' Superset: each database file is a connection, and each
export of dashboards becomes dashboards of the student's own.

A thread looks for another version every few seconds, beside what the student does, and a failure
ends nothing. The files are on a read-only mount and opened read-only.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from contract.dashboard_export import FOLDER
from contract.hand_out_files import BadFiles
from contract.shared_databases import databases_in
from images.superset import home, places
from images.superset.inside import shared_dashboards
from images.superset.inside.dashboard import SAMPLE_MEMORY
from images.superset.inside.identity import USERNAME

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
FIRST_PAGE_S = 2.0
"""All of it waits until the student's first page has been drawn, probably."""
TRIES = 3
EXPORTS_MAX = 100
REMEMBERED_MAX = 1_000
_NAMESPACE = uuid.UUID("0d1c9a77-31c4-4f2e-8f0b-5f6f3f0f8f43")
_DUCKDB = {
    "read_only": True,
    "config": {"threads": 1, "memory_limit": SAMPLE_MEMORY, "enable_external_access": False},
}
_IN_THREADS = {"check_same_thread": False}
_GONE = "no longer shared"


class SharedData:
    def __init__(self, application: Any, home_path: Path, tell: Callable[[str], None]) -> None:
        """`tell` shows the student a sentence."""
        self._application = application
        self._home = home_path
        self._tell = tell
        self._top = places.SHARED

    def start(self) -> None:
        threading.Thread(target=self._watch, name="shared data", daemon=True).start()

    def _watch(self) -> None:
        seen: object = None
        tries = 0
        time.sleep(FIRST_PAGE_S)
        while True:
            found = self._version()
            if found != seen:
                try:
                    self.bring_in()
                    seen, tries = found, 0
                except Exception:  # the student's work goes on without it
                    log.exception("shared data could not be brought in")
                    tries += 1
                    if tries == TRIES:
                        seen, tries = found, 0
            time.sleep(LOOK_EVERY_S)

    def _version(self) -> object:
        """Another value whenever `current` leads to other files."""
        try:
            there = self._top.stat()
            return there.st_dev, there.st_ino, there.st_mtime_ns
        except OSError:
            return ()

    def bring_in(self) -> None:
        """Connections as the files are now, and exports that have not come yet. Raises what
        Superset raises."""
        from superset.extensions import db

        with self._application.app_context():
            try:
                connections = self._connect()
                self._bring_in(self._new_exports(connections), connections)
            finally:
                db.session.remove()

    # --- connections ---

    def _connect(self) -> dict[str, str]:
        """Make, correct and remove connections; returns path → uuid of each that is there."""
        from superset.extensions import db
        from superset.models.core import Database

        files = databases_in(self._top)
        rows = {str(row.uuid): row for row in db.session.query(Database).all()}
        names = {row.database_name for row in rows.values()}
        for path, kind in files.items():
            row = rows.get(_uuid(path))
            if row is None:
                row = Database(uuid=uuid.UUID(_uuid(path)), expose_in_sqllab=True)
                row.database_name = _free(path, "shared", names)
                db.session.add(row)
            elif row.database_name.endswith(f"({_GONE})"):
                row.database_name = _free(path, "shared", names)
            names.add(row.database_name)
            self._correct(row, path, kind)
        for row in rows.values():
            path = self._path_of(row.sqlalchemy_uri)
            if path is not None and path not in files and str(row.uuid) == _uuid(path):
                self._let_go(row, path, names)
        db.session.commit()
        return {path: _uuid(path) for path in files}

    def _correct(self, row: Any, path: str, kind: str) -> None:
        """It leads to the file and nowhere else, whatever somebody made of it."""
        address, arguments = self._address(path, kind)
        extra = json.dumps({"engine_params": {"connect_args": arguments}, "cost_estimate_enabled": False})
        wanted = {"sqlalchemy_uri": address, "extra": extra, "allow_dml": False, "allow_file_upload": False}
        for name, value in wanted.items():
            if getattr(row, name) != value:
                setattr(row, name, value)

    def _address(self, path: str, kind: str) -> tuple[str, dict[str, Any]]:
        if kind == "duckdb":
            return f"duckdb:///{self._top / path}", _DUCKDB
        # A version never changes, so SQLite needs no lock and no log beside the file.
        file = quote(str(self._top / path))
        return f"sqlite:///file:{file}?mode=ro&immutable=1&uri=true", _IN_THREADS

    def _path_of(self, address: str) -> str | None:
        """Which file below the shared data a connection of ours leads to."""
        for start, read in (("duckdb:///", str), ("sqlite:///file:", unquote)):
            top = f"{start}{self._top}/"
            if address.startswith(top):
                return read(address.removeprefix(top).partition("?")[0])
        return None

    def _let_go(self, row: Any, path: str, names: set[str]) -> None:
        """The file has gone. A connection that something of the student's is built on stays."""
        from superset.connectors.sqla.models import SqlaTable
        from superset.extensions import db
        from superset.models.sql_lab import SavedQuery, TabState

        uses = (SqlaTable.database_id, SavedQuery.db_id, TabState.database_id)
        if not any(db.session.query(column).filter(column == row.id).first() for column in uses):
            db.session.delete(row)
        elif not row.database_name.endswith(f"({_GONE})"):
            row.database_name = _free(f"{path} ({_GONE})", _GONE, names)

    # --- dashboards ---

    def _new_exports(self, connections: dict[str, str]) -> list[shared_dashboards.Export]:
        """Those that have not been tried, or whose database has come since."""
        known, refused = self._known(), _refused_here()

        def connection_of(name: str) -> str:
            return shared_dashboards.connection_for(name, connections)

        folder = self._top / FOLDER
        found = []
        for file in sorted(folder.glob("*.zip"))[:EXPORTS_MAX] if folder.is_dir() else []:
            with suppress(OSError):
                export = shared_dashboards.opened(file)
                if export is None:
                    continue
                if not shared_dashboards.is_settled(known.get(export.digest), refused, connection_of):
                    found.append(export)
        return found

    def _bring_in(self, exports: list[shared_dashboards.Export], connections: dict[str, str]) -> None:
        from superset.extensions import db, security_manager
        from superset.utils.core import override_user

        words = []
        for export in exports:
            try:
                with override_user(security_manager.find_user(username=USERNAME)):
                    titles = shared_dashboards.bring_in(export, connections)
                became = "imported"
                if titles:
                    words.append(f"Your instructor shared {_quoted(titles)}: see Dashboards.")
            except BadFiles as problem:
                db.session.rollback()
                became = shared_dashboards.waits_for(problem, _refused_here())
                words.append(f"{export.name} from your instructor could not be imported; they see this, too. {problem}")
            self._remember(export.digest, became)
        if words:
            self._tell(" ".join(words)[:1000])

    def _known(self) -> dict[str, str]:
        with suppress(OSError, ValueError, RecursionError):
            read = json.loads((self._home / places.BROUGHT_IN).read_text())
            if isinstance(read, dict):
                return {str(key): str(value) for key, value in read.items()}
        return {}

    def _remember(self, digest: str, became: str) -> None:
        """A full disk forgets it: then it is looked up again at the next launch."""
        known = self._known()
        known.pop(digest, None)
        known = dict([*known.items(), (digest, became)][-REMEMBERED_MAX:])
        with suppress(OSError):
            home.write(self._home / places.BROUGHT_IN, json.dumps(known).encode())


def _refused_here() -> str:
    """Another Superset may take what this one refuses."""
    from flask import current_app

    return f"refused by {current_app.config['VERSION_STRING']}"


def _uuid(path: str) -> str:
    """The same in all homes, so that an export from one fits the others."""
    return str(uuid.uuid5(_NAMESPACE, path))


def _free(name: str, word: str, names: set[str]) -> str:
    """`name`, or what no other connection is called."""
    number, wanted = 1, name
    while wanted in names:
        wanted = f"{name} ({word})" if number == 1 else f"{name} ({word} {number})"
        number += 1
    return wanted


def _quoted(titles: list[str]) -> str:
    noun = "a dashboard" if len(titles) == 1 else f"{len(titles)} dashboards"
    return f"{noun}, {', '.join(f'“{it[:80]}”' for it in titles[:5])}"
