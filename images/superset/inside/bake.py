"""Make the template of every new home: `python -m images.superset.inside.bake INTO`.

The build runs it with the interpreter of the layer. Creating a metadata database takes 40 s;
copying one takes 10 ms.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import sys
from pathlib import Path

from images.superset import places
from images.superset.inside import dashboard, sample

PERSON = ("Student", "", "student@localhost")
_COLUMNS_WITH_SECRETS = ("encrypted_extra", "password", "server_cert")


def main() -> int:
    into = Path(sys.argv[1]).resolve()
    home = into / "home"
    (home / places.DATA).mkdir(parents=True)
    sample.write(into / places.SAMPLE)
    (home / places.SAMPLE_LINK).symlink_to(into / places.SAMPLE)
    _own_database(home / places.OWN_DATABASE)
    os.chdir(home)  # the databases' addresses are relative to it
    head = _fill(into / places.METADATA)
    _make_portable(into / places.METADATA)
    (home / places.OWN_DATABASE).rename(into / places.OWN_DATABASE.name)
    (home / places.SAMPLE_LINK).unlink()
    for folder in (home / places.DATA, home):
        folder.rmdir()
    (into / places.FACTS).write_text(json.dumps({"head": head}) + "\n")
    return 0


def _own_database(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 1")  # without a write SQLite makes no file
    database.close()


def _fill(metadata: Path) -> str:
    """Tables, roles, the one user, the sample content; returns the schema's head."""
    from superset.app import create_app

    from images.superset.inside import configuration

    logging.disable(logging.WARNING)
    configuration.SQLALCHEMY_DATABASE_URI = f"sqlite:///{metadata}?check_same_thread=false"
    # The permissions' tables do not exist before the migration.
    application = create_app("images.superset.inside.configuration")
    from superset.extensions import appbuilder, db, security_manager

    from images.superset.inside import schema
    from images.superset.inside.identity import USERNAME

    with application.app_context():
        schema.migrate(application)
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        role = security_manager.find_role("Admin")
        first, last, email = PERSON
        user = security_manager.add_user(USERNAME, first, last, email, role, hashed_password="!")  # noqa: S106  matches no password
        if not user:
            raise SystemExit("the user could not be created")
        db.session.commit()
        dashboard.create(user)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return schema.head()


def _make_portable(metadata: Path) -> None:
    """Nothing in it belongs to the machine or the key that it was made with."""
    with sqlite3.connect(metadata) as database:
        columns = ", ".join(f"{name} = NULL" for name in _COLUMNS_WITH_SECRETS)
        database.execute(f"UPDATE dbs SET {columns}")  # noqa: S608  names of our own
        database.execute("DELETE FROM logs")
        _drop_leftover_constraint(database)
        database.commit()
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("VACUUM")
        (problem,) = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    if problem != "ok":
        raise SystemExit(f"the template is damaged: {problem}")


def _drop_leftover_constraint(database: sqlite3.Connection) -> None:
    """On SQLite, Superset's migrations leave UNIQUE (table_name): two databases could not each have
    a table of the same name. SQLite can only change that by defining the table again."""
    (definition,) = database.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'tables'"
    ).fetchone()
    changed = re.sub(r",\s*(CONSTRAINT \S+ )?UNIQUE \(\"?table_name\"?\)", "", definition)
    if changed == definition:
        return
    automatic = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'tables' AND type = 'index' AND sql IS NOT NULL"
    indexes = database.execute(automatic).fetchall()
    names = ", ".join(f'"{row[1]}"' for row in database.execute("PRAGMA table_info(tables)"))
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("PRAGMA legacy_alter_table = ON")  # other tables keep naming this one
    database.execute("ALTER TABLE tables RENAME TO tables_before")
    database.execute(changed)
    database.execute(f"INSERT INTO tables ({names}) SELECT {names} FROM tables_before")  # noqa: S608
    database.execute("DROP TABLE tables_before")
    for _, sql in indexes:
        database.execute(sql)


if __name__ == "__main__":
    raise SystemExit(main())
