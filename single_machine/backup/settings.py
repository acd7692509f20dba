"""The table `[backup]` of school.toml: where backups go, when, and how many are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from contract.environment import BadSetting, Environment

REMOTE = ("sftp:", "s3:", "rest:")
"""As restic names them; everything else is a folder."""
_KEEP = re.compile(r"^(daily|weekly|monthly)=(\d{1,3})$")


@dataclass(frozen=True)
class BackupSettings:
    target: str
    """In restic's notation: a folder, sftp:user@host:/folder, s3:https://host/bucket."""
    password_file: Path
    """Backups are encrypted with what is in it."""
    hour: int = 3
    """Of the night, by the school's clock."""
    time_zone: str = ""
    """Empty: the machine's."""
    daily: int = 14
    weekly: int = 8
    monthly: int = 12
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    """Of S3."""

    @property
    def folder(self) -> Path | None:
        """None when the target is another machine's."""
        return None if self.target.startswith(REMOTE) else Path(self.target)


def read_backup_settings(environment: Environment, home: Path) -> BackupSettings | None:
    """None without a target: no backups are made. Raises BadSetting."""
    target = environment.text("APRANOVA_BACKUP_TARGET", "")
    if not target:
        return None
    if not target.startswith(("/", *REMOTE)):
        expected = "a full path, or what restic knows: sftp:user@host:/folder, s3:https://host/bucket"
        raise environment.refused("APRANOVA_BACKUP_TARGET", expected)
    if target.startswith("/") and Path(target).is_relative_to(home):
        raise BadSetting(
            f"APRANOVA_BACKUP_TARGET ({target}) is inside the school's own folder {home}, and would be lost with it; "
            "choose another disk or another machine"
        )
    return BackupSettings(
        target=target,
        password_file=environment.path("APRANOVA_BACKUP_PASSWORD_FILE", home / "backup-password"),
        hour=environment.whole("APRANOVA_BACKUP_HOUR", 3, 0, 23),
        time_zone=environment.text("APRANOVA_TIME_ZONE", ""),
        access_key_id=environment.text("APRANOVA_BACKUP_ACCESS_KEY_ID", ""),
        secret_access_key=environment.text("APRANOVA_BACKUP_SECRET_ACCESS_KEY", ""),
        **_kept(environment),
    )


def _kept(environment: Environment) -> dict[str, int]:
    kept = {}
    for word in environment.text("APRANOVA_BACKUP_KEEP", "").split():
        match = _KEEP.fullmatch(word)
        if match is None:
            raise environment.refused("APRANOVA_BACKUP_KEEP", "words like daily=14 weekly=8 monthly=12")
        kept[match[1]] = int(match[2])
    if kept and not any(kept.values()):
        raise environment.refused("APRANOVA_BACKUP_KEEP", "at least one backup to keep")
    return kept
