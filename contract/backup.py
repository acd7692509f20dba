"""What the backups of a school on one machine came to: a file that the backup writes, and that the
platform's other processes read."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, fields, replace
from pathlib import Path

OLD_AFTER_S = 26 * 3_600.0
"""A night's backup may take two hours longer than the one before."""


@dataclass(frozen=True)
class BackupRecord:
    target: str = ""
    """Of the last success: it must hold a repository from then on."""
    tried_at: float = 0.0
    succeeded_at: float = 0.0
    snapshot: str = ""
    bytes: int = 0
    """What the newest backup holds, before compression."""
    seconds: float = 0.0
    lacking: str = ""
    """What the newest backup has not; empty: it has everything."""
    failing_since: float = 0.0
    failure: str = ""
    proved_at: float = 0.0
    """When a backup was last restored into a scratch folder and compared."""
    proof_failing_since: float = 0.0
    proof_failure: str = ""

    def succeeded(
        self, *, target: str, snapshot: str, size: int, began: float, now: float, lacking: str
    ) -> BackupRecord:
        updated = replace(self, target=target, snapshot=snapshot, bytes=size, seconds=now - began, lacking=lacking)
        return replace(updated, tried_at=began, succeeded_at=now, failing_since=0.0, failure="")

    def failed(self, why: str, *, began: float, now: float) -> BackupRecord:
        return replace(self, tried_at=began, failing_since=self.failing_since or now, failure=why)

    def proved(self, *, now: float) -> BackupRecord:
        return replace(self, proved_at=now, proof_failing_since=0.0, proof_failure="")

    def not_proved(self, why: str, *, now: float) -> BackupRecord:
        return replace(self, proof_failing_since=self.proof_failing_since or now, proof_failure=why)

    @property
    def healthy(self) -> bool:
        return not (self.failure or self.lacking or self.proof_failure)

    def is_old(self, now: float) -> bool:
        return bool(self.succeeded_at) and now - self.succeeded_at > OLD_AFTER_S


def read_record(file: Path) -> BackupRecord:
    """Empty without a file, and with one that cannot be read: the next backup writes it again."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        known = json.loads(file.read_text())
        return BackupRecord(**{name.name: known[name.name] for name in fields(BackupRecord) if name.name in known})
    return BackupRecord()
