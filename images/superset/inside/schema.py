"""The version of the metadata database's schema, and the way to the newest one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import superset


def _directory() -> str:
    return str(Path(superset.__file__).parent / "migrations")


def head() -> str:
    """The version that this Superset needs."""
    return str(_script().get_current_head())


def knows(version: str) -> bool:
    """Whether there is a way from `version` to the head; a home of a newer Superset has none."""
    return any(version == revision.revision for revision in _script().walk_revisions())


def migrate(application: Any) -> None:
    """Bring the application's database to the head. Raises whatever the migration raises."""
    from flask_migrate import upgrade

    with application.app_context():
        upgrade(directory=_directory())


def _script() -> Any:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _directory())
    return ScriptDirectory.from_config(config)
