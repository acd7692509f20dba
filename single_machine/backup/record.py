"""When the next backup is due, and what an operator should know of them."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import zoneinfo
from dataclasses import asdict
from pathlib import Path

from contract.backup import BackupRecord
from contract.backup import read_record as read_file
from single_machine.backup.settings import BackupSettings
from single_machine.secrets_file import write_private
from single_machine.settings import Settings

RETRY_AFTER_S = 3_600.0


def record_file(settings: Settings) -> Path:
    return settings.home / "backup.json"


def read_record(settings: Settings) -> BackupRecord:
    return read_file(record_file(settings))


def write_record(settings: Settings, record: BackupRecord) -> None:
    write_private(record_file(settings), json.dumps(asdict(record), indent=2) + "\n")


def is_due(record: BackupRecord, settings: BackupSettings, *, now: float) -> bool:
    """Each night once, also when the machine was off at that hour; after a failure, each hour."""
    if record.succeeded_at >= (began := _night(settings, now)):
        return False
    return record.tried_at < began or now - record.tried_at >= RETRY_AFTER_S


def proof_is_due(record: BackupRecord, settings: BackupSettings, *, now: float) -> bool:
    """Once in each month."""
    zone = _zone(settings)
    month, proved = (dt.datetime.fromtimestamp(at, zone) for at in (now, record.proved_at))
    return (month.year, month.month) != (proved.year, proved.month)


def _night(settings: BackupSettings, now: float) -> float:
    """When the last night's backup should have begun."""
    local = dt.datetime.fromtimestamp(now, _zone(settings))
    tonight = local.replace(hour=settings.hour, minute=0, second=0, microsecond=0)
    return (tonight if tonight <= local else tonight - dt.timedelta(days=1)).timestamp()


def _zone(settings: BackupSettings) -> dt.tzinfo | None:
    with contextlib.suppress(ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(settings.time_zone) if settings.time_zone else None
    return None


def problems(record: BackupRecord, *, now: float) -> list[str]:
    """What an operator should do something about, with since when; empty: all is well."""
    found = []
    if record.failure:
        found.append(f"Backups fail since {_at(record.failing_since)}: {record.failure}")
    elif record.is_old(now):
        found.append(f"The newest backup is of {_at(record.succeeded_at)}: none was made since.")
    if record.lacking:
        found.append(f"The newest backup lacks something: {record.lacking}")
    if record.proof_failure:
        found.append(
            f"The monthly trial of a backup fails since {_at(record.proof_failing_since)}: {record.proof_failure}"
        )
    return found


def summary(record: BackupRecord, settings: BackupSettings) -> str:
    if not record.succeeded_at:
        return f"none yet; they go to {settings.target}"
    proved = (
        f"last restored and compared on {_at(record.proved_at)}" if record.proved_at else "not yet restored on trial"
    )
    return (
        f"the newest is of {_at(record.succeeded_at)} ({record.bytes / 1e9:.2f} GB, {record.seconds:.0f} s), "
        f"in {record.target}; {proved}"
    )


def _at(timestamp: float) -> str:
    return f"{dt.datetime.fromtimestamp(timestamp).astimezone():%Y-%m-%d %H:%M}"
