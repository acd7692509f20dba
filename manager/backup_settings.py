"""A backup worker's settings on AWS, read once from the function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from manager.settings import BadSetting


@dataclass(frozen=True)
class BackupSettings:
    region: str
    table: str
    file_system: str
    homes_dir: Path
    """Where the file system's /homes is mounted."""
    bucket: str
    password_secret: str
    """Name or ARN in Secrets Manager."""
    restic: Path
    scratch: Path
    """Holds restic's cache of a repository while it works."""
    metrics_namespace: str
    service: str
    """Which installation this is, where an account holds several."""


def read_backup_settings(environment: Mapping[str, str]) -> BackupSettings:
    """Raises BadSetting."""
    return BackupSettings(
        region=_needed(environment, "AWS_REGION"),
        table=_needed(environment, "APRANOVA_TABLE"),
        file_system=_needed(environment, "APRANOVA_FILE_SYSTEM"),
        homes_dir=_full_path(environment, "APRANOVA_HOMES_DIR"),
        bucket=_needed(environment, "APRANOVA_SNAPSHOTS_BUCKET"),
        password_secret=_needed(environment, "APRANOVA_SNAPSHOTS_SECRET"),
        restic=_full_path(environment, "APRANOVA_RESTIC"),
        scratch=Path(environment.get("TMPDIR") or "/tmp"),  # noqa: S108 (a Lambda has this one alone)
        metrics_namespace=_needed(environment, "APRANOVA_METRICS_NAMESPACE"),
        service=_needed(environment, "APRANOVA_SERVICE"),
    )


def _full_path(environment: Mapping[str, str], name: str) -> Path:
    path = Path(_needed(environment, name))
    if not path.is_absolute():
        raise BadSetting(f"{name}: a full path is expected, not {str(path)!r}")
    return path


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise BadSetting(f"{name}: is missing")
    return value
