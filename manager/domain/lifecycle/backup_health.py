"""What the backup worker last saw of a workspace's snapshots: failures, and when to try again."""

from __future__ import annotations

from dataclasses import dataclass, replace

_AGAIN_FIRST_S = 3_000.0
"""Just below an hour, so that the hourly round finds it due."""
_AGAIN_MAX_S = 80_000.0
"""Just below a day, for the daily round on AWS."""
VERIFY_EVERY_S = 7 * 86_400.0


@dataclass(frozen=True)
class BackupHealth:
    failure: str = ""
    """For the operator; empty: the last one worked."""
    failing_since: float | None = None
    failures: int = 0
    """In a row."""
    again_at: float = 0.0
    """Until then it is not tried again: a home that cannot be saved costs little."""
    verified_at: float | None = None
    """When its snapshots were last read and found sound."""
    verify_again_at: float = 0.0

    def failed(self, why: str, *, now: float) -> BackupHealth:
        wait_s = min(_AGAIN_MAX_S, _AGAIN_FIRST_S * 2.0 ** min(self.failures, 10))
        since = now if self.failing_since is None else self.failing_since
        return replace(self, failure=why, failing_since=since, failures=self.failures + 1, again_at=now + wait_s)

    def saved(self, *, now: float, lacking: str = "") -> BackupHealth:
        """`lacking`: what the snapshot does not hold."""
        since = (self.failing_since or now) if lacking else None
        return replace(self, failure=lacking, failing_since=since, failures=0, again_at=0.0)

    def verified(self, *, now: float) -> BackupHealth:
        return replace(self, verified_at=now, verify_again_at=now + VERIFY_EVERY_S)

    def not_verified(self, *, now: float) -> BackupHealth:
        """It was not possible now: the others get their turn first."""
        return replace(self, verify_again_at=now + _AGAIN_MAX_S)
