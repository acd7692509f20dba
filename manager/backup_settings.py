"""A backup worker's settings on AWS, read once from the function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.environment import Environment


@dataclass(frozen=True)
class BackupSettings:
    region: str
    table: str
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
    """Which installation this is, if an account has several."""


def read_backup_settings(variables: Mapping[str, str]) -> BackupSettings:
    """Raises BadSetting."""
    environment = Environment(variables)
    return BackupSettings(
        region=environment.text("AWS_REGION"),
        table=environment.text("APRANOVA_TABLE"),
        homes_dir=environment.path("APRANOVA_HOMES_DIR"),
        bucket=environment.text("APRANOVA_SNAPSHOTS_BUCKET"),
        password_secret=environment.text("APRANOVA_SNAPSHOTS_SECRET"),
        restic=environment.path("APRANOVA_RESTIC"),
        scratch=environment.path("TMPDIR", Path("/tmp")),  # noqa: S108 (all that Lambda has)
        metrics_namespace=environment.text("APRANOVA_METRICS_NAMESPACE"),
        service=environment.text("APRANOVA_SERVICE"),
    )
