"""Whether this school's data are complete. An empty database never replaces a missing one.

The first start that gets ready writes `data/school.json`. From then on every part must exist and
be the one that this file names. Homes and snapshots prove the same where the file is missing. A
part that does not fit stops `up`. Nothing is removed: a file in the way gets a dated name.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path

from single_machine.postgres import MAJOR_VERSION
from single_machine.preflight import CannotGoOn
from single_machine.secrets_file import Secrets, write_private
from single_machine.settings import Settings

_HOMES = "home-" + "?" * 16
_CONTROL_FILE_BYTES = 8192
RUNBOOK = "docs/runbooks/restore-one-machine.md"


@dataclass(frozen=True)
class Identity:
    """What tells this school's parts from those of another school."""

    began_at: float
    postgres: int | None
    """The cluster's system identifier; None when the school brings its own (DATABASE_URL)."""
    secrets: str
    """SHA-256 of the secrets that data depend on."""


def check(settings: Settings) -> list[str]:
    """Return what the operator should know. Raises CannotGoOn when this school has data, and a part
    of them is missing, damaged or another school's."""
    if unfinished_restore(settings).exists():
        raise CannotGoOn(
            f"the restore of a school in {settings.home} has not ended. Run ./apranova restore-school again."
        )
    identity = _identity(settings)
    if not (identity or _homes(settings) or any(settings.snapshots.glob(_HOMES))):
        return []
    records = Records.read(settings)
    found = (_secrets_problem(settings, identity), _postgres_problem(settings, identity), records.problem)
    if problems := [problem for problem in found if problem]:
        raise CannotGoOn(
            "this school's data are not complete, so nothing was started and nothing was changed.\n"
            + "".join(f"  • {problem}\n" for problem in problems)
            + f"What is there: {'; '.join(_evidence(settings, identity))}.\n"
            f"To put a part back from your backup, follow {RUNBOOK}. "
            "To begin a new school instead, run ./apranova reset."
        )
    if records.missing:
        text = (
            f"{len(records.missing)} of the homes have no record, so their students would get new, empty ones. "
            "To add the records, stop ApraNova and run ./apranova restore --rebuild-records."
        )
        return [text]
    return []


def unfinished_restore(settings: Settings) -> Path:
    """A file that is there while a school is restored."""
    return settings.home / "restore-has-not-ended"


def record(settings: Settings, secrets: Secrets, *, now: float) -> None:
    """The product is ready: from now on all parts must be there."""
    file = _identity_file(settings)
    if file.exists():
        return
    cluster = None if settings.database_url else system_identifier(settings.data / "postgres")
    known = {
        "version": 1,
        "began_at": now,
        "postgres": cluster,
        "secrets": _fingerprint(secrets.secret_key, secrets.snapshots_password),
    }
    write_private(file, json.dumps(known, indent=2) + "\n")


def system_identifier(cluster: Path) -> int:
    """The number that initdb gave a cluster: `pg_control` begins with it. Raises ValueError."""
    control = (cluster / "global" / "pg_control").read_bytes()
    if len(control) < _CONTROL_FILE_BYTES:
        raise ValueError("its pg_control is truncated")
    (number,) = struct.unpack_from("<Q", control)
    return int(number)


def _identity_file(settings: Settings) -> Path:
    return settings.data / "school.json"


def _identity(settings: Settings) -> Identity | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(_identity_file(settings).read_text())
        return Identity(float(known["began_at"]), known["postgres"], str(known["secrets"]))
    return None


def _fingerprint(secret_key: str, snapshots_password: str) -> str:
    """Of the secrets that data depend on; a later version may have more."""
    return hashlib.sha256(f"{secret_key}\n{snapshots_password}".encode()).hexdigest()


def _evidence(settings: Settings, identity: Identity | None) -> list[str]:
    """What shows that this school has data, in words."""
    evidence = []
    if identity:
        evidence.append(f"a school that began on {_date(identity.began_at)}")
    if homes := list((settings.data / "homes").glob(_HOMES)):
        newest = max(home.stat().st_mtime for home in homes)
        evidence.append(f"{len(homes)} homes of students, the newest of {_date(newest)}")
    if snapshots := [file.stat().st_mtime for file in settings.snapshots.glob(f"{_HOMES}/snapshots/*")]:
        evidence.append(f"{len(snapshots)} snapshots of homes, the newest of {_date(max(snapshots))}")
    return evidence


def _secrets_problem(settings: Settings, identity: Identity | None) -> str:
    file = settings.home / "secrets.json"
    try:
        known = json.loads(file.read_text())
        found = _fingerprint(known["secret_key"], known["snapshots_password"])
    except FileNotFoundError:
        return f"{file} is missing. New secrets cannot read the snapshots, and everybody's second factor would be lost."
    except (ValueError, TypeError) as problem:
        return f"{file} is damaged ({problem})."
    except KeyError as problem:
        return f"{file} is damaged (it has no {problem})."
    if identity and found != identity.secrets:
        return f"{file} belongs to another school."
    return ""


def _postgres_problem(settings: Settings, identity: Identity | None) -> str:
    if settings.database_url:
        return ""
    cluster = settings.data / "postgres"
    what = f"the database of accounts, {cluster},"
    if not cluster.is_dir() or not any(cluster.iterdir()):
        return f"{what} is {'empty' if cluster.is_dir() else 'missing'}."
    try:
        version = (cluster / "PG_VERSION").read_text().strip()
        number = system_identifier(cluster)
    except (OSError, ValueError) as problem:
        return f"{what} is damaged ({problem})."
    if version != MAJOR_VERSION:
        return f"{what} was made by PostgreSQL {version or '(no version)'}; this ApraNova has {MAJOR_VERSION}."
    if identity and identity.postgres not in (None, number):
        return f"{what} belongs to another school."
    return ""


@dataclass(frozen=True)
class Records:
    """The manager's records, which say which home is whose."""

    problem: str
    """Why they cannot be used, and what to do; empty when they can."""
    missing: frozenset[str] = frozenset()
    """Homes that no record names."""

    @classmethod
    def read(cls, settings: Settings) -> Records:
        file, homes = settings.data / "manager.sqlite3", _homes(settings)
        what = f"the records of workspaces, {file},"
        remedy = (
            "Without them no student gets their home. `./apranova restore --rebuild-records` makes them from the homes."
        )
        if not file.exists() or file.stat().st_size == 0:
            return cls(f"{what} are {'empty' if file.exists() else 'missing'}. {remedy}")
        try:
            known = _homes_with_a_record(file)
        except sqlite3.Error as problem:
            return cls(f"{what} are damaged ({problem}). {remedy}")
        if homes and not homes & known:
            return cls(f"{what} know none of the {len(homes)} homes: they are another school's. {remedy}")
        return cls("", frozenset(homes - known))


def _homes(settings: Settings) -> set[str]:
    return {home.name for home in (settings.data / "homes").glob(_HOMES)}


def _homes_with_a_record(file: Path) -> set[str]:
    """Raises sqlite3.Error when the file is damaged."""
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)
        return {row[0] for row in connection.execute("SELECT body ->> 'home_id' FROM workspaces")}


def _date(timestamp: float) -> str:
    return f"{dt.datetime.fromtimestamp(timestamp).astimezone():%Y-%m-%d %H:%M}"
