"""An export of dashboards from the cohort's shared data, as dashboards of the student's own.

The export is rewritten before Superset sees it: everything gets an identity that nothing in the
home has, so that nothing of the student's is changed, and databases become connections that are
there already. What an export says of addresses, passwords and tunnels is never read.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract import dashboard_export
from contract.hand_out_files import BadFiles
from images.superset.inside.dashboard import SAMPLE_DATABASE

Config = dict[str, Any]

_KINDS = ("databases", "datasets", "charts", "dashboards")
_DEPTH_MAX = 60
_EVENTS_MAX = 400_000
_NAMESPACE = uuid.UUID("b7a3d1c2-8b1f-4a37-9a55-2f8f1f1d7c90")
_NOT_TAKEN = ("is_managed_externally", "external_url", "tags", "theme_uuid", "theme_id", "slug", "default_endpoint")
"""What would lock it, lead elsewhere, or name what only the exporting Superset has."""
DAMAGED = (
    "A file in it is damaged, or comes from another version of Superset. Export the dashboards again from this one."
)


_WAITS = "waits for the database "
_NAME_LETTERS_MAX = 200


class NoDatabaseError(BadFiles):
    """The export uses a database that is not there, and may come with a later version."""

    def __init__(self, name: str) -> None:
        super().__init__(f"It uses the database “{_short(name)}”, and ~/shared has no such file.")
        self.name = name


@dataclass(frozen=True)
class Export:
    name: str
    """Of its file."""
    content: bytes
    digest: str


def opened(file: Path) -> Export | None:
    """None: no export of dashboards, and nobody's business. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as read:
        content = read.read(dashboard_export.PACKED_BYTES_MAX + 1)
    if not dashboard_export.is_export(io.BytesIO(content)):
        return None
    return Export(file.name, content, hashlib.sha256(content).hexdigest())


def waits_for(problem: BadFiles, refused: str) -> str:
    """What to remember of an export that could not be imported: the database that it waits for,
    or `refused`, also if the name is longer than a file's could be."""
    if isinstance(problem, NoDatabaseError) and len(problem.name) <= _NAME_LETTERS_MAX:
        return _WAITS + problem.name
    return refused


def is_settled(became: str | None, refused: str, connection_of: Callable[[str], str]) -> bool:
    """Whether another try of an export would end as the last one did. `became`: what was
    remembered of it; `connection_of`: as `connection_for`.

    An export that waits for a database is not tried before that is there, so that nobody is told
    the same again with each new version of the data.
    """
    if became is not None and became.startswith(_WAITS):
        return not connection_of(became.removeprefix(_WAITS))
    return became in ("imported", refused)


def connection_for(name: str, connections: dict[str, str]) -> str:
    """The uuid of the connection that an export means by a database name; empty: none."""
    from superset.extensions import db
    from superset.models.core import Database

    path = dashboard_export.find_file(name, list(connections))
    if path is not None:
        return connections[path]
    row = db.session.query(Database).filter_by(database_name=name).first() if name == SAMPLE_DATABASE else None
    return str(row.uuid) if row is not None else ""


def bring_in(export: Export, connections: dict[str, str]) -> list[str]:
    """Import it for the current user, wholly or not at all; returns the titles of new dashboards.

    `connections`: path of a shared file → uuid of its connection. Raises BadFiles, and what a disk
    or a locked database raises.
    """
    from superset.extensions import db

    texts = dashboard_export.read(io.BytesIO(export.content))
    try:
        configs = _Rewriting(export.digest, connections, texts).configs()
        titles = [it["dashboard_title"] for path, it in configs.items() if path.startswith("dashboards/")]
        if titles:
            _command(configs).run()
    except BadFiles:
        raise
    except Exception as problem:  # whatever else Superset raises, the export is at fault
        db.session.rollback()
        if _is_of_the_disk(problem):
            raise
        raise BadFiles(DAMAGED) from problem
    return titles


def _is_of_the_disk(problem: BaseException | None) -> bool:
    """A database that is locked or full: the same export may come at the next try."""
    from sqlalchemy.exc import OperationalError

    while problem is not None:
        if isinstance(problem, OperationalError | OSError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


class _Rewriting:
    def __init__(self, digest: str, connections: dict[str, str], texts: dict[str, str]) -> None:
        self._digest = digest
        self._connections = connections
        read = {path: _loaded(text) for path, text in texts.items() if path.partition("/")[0] in _KINDS}
        self._of_kind = {kind: {p: c for p, c in read.items() if p.startswith(f"{kind}/")} for kind in _KINDS}
        self._databases: dict[str, str] = {}
        self._datasets: dict[str, str] = {}
        self._charts: dict[str, str] = {}

    def configs(self) -> dict[str, Config]:
        """What is imported, by path; without dashboards that have come before. Raises BadFiles,
        and KeyError and its like for what is no export."""
        done = {path: self._database(config) for path, config in self._of_kind["databases"].items()}
        for kind, rewrite in (("datasets", self._dataset), ("charts", self._chart), ("dashboards", self._dashboard)):
            for path, config in self._of_kind[kind].items():
                for name in _NOT_TAKEN:
                    config.pop(name, None)
                rewritten = rewrite(config)
                if rewritten is not None:
                    done[path] = rewritten
        return done

    def _database(self, config: Config) -> Config:
        name = str(config["database_name"])
        there = connection_for(name, self._connections)
        if not there:
            raise NoDatabaseError(name)
        self._databases[str(config["uuid"])] = there
        return {"uuid": there}  # it exists, so that is all that Superset reads

    def _dataset(self, config: Config) -> Config:
        if config.get("data"):
            raise BadFiles("It loads its data from an address. Put the data into a file of ~/shared instead.")
        old = str(config.pop("uuid"))
        config["database_uuid"] = self._databases[str(config["database_uuid"])]
        config["catalog"] = None
        config["schema"] = str(config.get("schema") or "main").rpartition(".")[2]
        # The same dataset in the next export is the same here, so that nobody has it twice.
        config["uuid"] = str(uuid.uuid5(_NAMESPACE, json.dumps(config, sort_keys=True, default=str)))
        _fit_in(config)
        self._datasets[old] = config["uuid"]
        return config

    def _chart(self, config: Config) -> Config:
        old = str(config["uuid"])
        config["uuid"] = self._charts[old] = self._new(old)
        config["dataset_uuid"] = self._datasets[str(config["dataset_uuid"])]
        return config

    def _dashboard(self, config: Config) -> Config | None:
        from superset.extensions import db
        from superset.models.dashboard import Dashboard

        config["uuid"] = self._new(str(config["uuid"]))
        if db.session.query(Dashboard).filter_by(uuid=config["uuid"]).first() is not None:
            return None  # it came before; only the note of it is lost
        titles = {title for (title,) in db.session.query(Dashboard.dashboard_title).all()}
        config["dashboard_title"] = _free(str(config["dashboard_title"]), titles)
        for part in config["position"].values():
            if isinstance(part, dict) and part.get("type") == "CHART" and "uuid" in part.get("meta", {}):
                part["meta"]["uuid"] = self._charts[str(part["meta"]["uuid"])]
        for each in config.get("metadata", {}).get("native_filter_configuration", []):
            for target in each.get("targets", []):
                if "datasetUuid" in target:
                    target["datasetUuid"] = self._datasets[str(target["datasetUuid"])]
        return config

    def _new(self, old: str) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{self._digest} {old}"))


def _fit_in(config: Config) -> None:
    """Superset would change a dataset of the same table, which may be the student's work. One that
    has all that is needed is used as it is. Beside another one, a new dataset reads the table by a
    query and has another name."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db
    from superset.models.core import Database

    if db.session.query(SqlaTable).filter_by(uuid=config["uuid"]).first() is not None:
        return
    database = db.session.query(Database).filter_by(uuid=config["database_uuid"]).one()
    rows = db.session.query(SqlaTable).filter_by(database_id=database.id)
    there = {row.table_name: row for row in rows if (row.schema or "main") == config["schema"]}
    table = str(config["table_name"])
    if table not in there:
        return
    if _has_all(there[table], config):
        config["uuid"] = str(there[table].uuid)
        return
    if not config.get("sql"):
        quoted = ".".join('"' + it.replace('"', '""') + '"' for it in (config["schema"], table))
        config["sql"] = f"SELECT * FROM {quoted}"  # noqa: S608  quoted; and it runs in the student's sandbox
    config["table_name"] = _free(table, set(there))


def _has_all(row: Any, config: Config) -> bool:
    columns = {it.column_name: it.expression or "" for it in row.columns}
    metrics = {it.metric_name: it.expression for it in row.metrics}
    return (
        (row.sql or "") == (config.get("sql") or "")
        and all(columns.get(it["column_name"]) == (it.get("expression") or "") for it in config.get("columns", ()))
        and all(metrics.get(it["metric_name"]) == it["expression"] for it in config.get("metrics", ()))
    )


def _free(name: str, taken: set[str]) -> str:
    number, wanted = 1, name
    while wanted in taken:
        number += 1
        wanted = f"{name} ({number})"
    return wanted


def _command(configs: dict[str, Config]) -> Any:
    from superset.commands.dashboard.importers.v1 import ImportDashboardsCommand

    class Rewritten(ImportDashboardsCommand):
        """Superset's import of configurations that have been read already."""

        def validate(self) -> None:
            for path, config in configs.items():
                kind = path.partition("/")[0]
                if kind != "databases":
                    self.schemas[f"{kind}/"].load(config)
            self._configs = configs

    return Rewritten({}, overwrite=False)


def _loaded(text: str) -> Config:
    """A YAML file of plain values. Raises BadFiles."""
    import yaml

    try:
        _check(yaml.parse(text, Loader=yaml.CSafeLoader))
        loaded = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise BadFiles(DAMAGED) from problem
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise BadFiles(DAMAGED)
    return loaded


def _check(events: Iterator[Any]) -> None:
    """Nothing that grows when it is read: no aliases, no depth, no other types. Raises BadFiles."""
    import yaml

    depth = 0
    for number, event in enumerate(events):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        grows = isinstance(event, yaml.AliasEvent) or depth > _DEPTH_MAX or number > _EVENTS_MAX
        if grows or getattr(event, "tag", None) is not None:
            raise BadFiles(DAMAGED)


def _short(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:80]
