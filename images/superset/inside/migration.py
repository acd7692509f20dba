"""Brings the home of an older Superset to this schema, on a copy that replaces it at the end."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from images.superset.home import Home, replace_metadata, snapshot
from images.superset.inside import schema

log = logging.getLogger(__name__)


class MigrationFailed(Exception):
    """The text is for the student, in plain words."""


def migrate(
    application: Any, home: Home, *, open_metadata: Callable[[Path], None], progress: Callable[[str], None]
) -> None:
    """Bring the home's metadata to the head, wholly or not at all. Raises MigrationFailed."""
    if not schema.knows(home.schema):
        raise MigrationFailed(
            "This workspace was last used with a newer Superset than this one; nothing in it was changed. "
            "Ask your school to update, then launch it again"
        )
    work = home.metadata.with_name("superset-migrating.db")
    try:
        progress("Saving a copy of your Superset as it was")
        kept = snapshot(home)
        shutil.copyfile(kept, work)
        progress("Bringing your charts and dashboards to the new version of Superset, about half a minute")
        open_metadata(work)
        schema.migrate(application)
        progress("Updating permissions")
        _update_permissions(application)
        _close(application)
        replace_metadata(home, work)
    except Exception as problem:
        log.exception("the migration from %s failed", home.schema)
        _close(application)
        raise MigrationFailed(
            f"Your Superset could not be brought to the new version ({type(problem).__name__}). It was left exactly as "
            "it was; your school has to look at it"
        ) from problem
    finally:
        for leftover in (work, *(work.with_name(work.name + end) for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)
    progress("Your Superset is up to date")


def _update_permissions(application: Any) -> None:
    """What `superset init` does."""
    from superset.extensions import appbuilder, db, security_manager

    with application.app_context():
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        db.session.commit()


def _close(application: Any) -> None:
    from superset.extensions import db

    with application.app_context():
        db.session.remove()
        db.engine.dispose()
