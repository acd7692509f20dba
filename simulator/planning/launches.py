"""The launches of a run: how long each one waited, by which path it was served, and when."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from contract.names import LaunchPath

PATHS = (LaunchPath.EXISTING, LaunchPath.WARM, LaunchPath.COLD)
_NUMBER = {path: number for number, path in enumerate(PATHS)}


@dataclass
class Launches:
    """One entry per launch, in columns: 100,000 students make a million in a week."""

    at: array[float] = field(default_factory=lambda: array("d"))
    wait_s: array[float] = field(default_factory=lambda: array("f"))
    path: array[int] = field(default_factory=lambda: array("b"))
    cohort: array[int] = field(default_factory=lambda: array("i"))
    failed: int = 0
    """Launches that failed and were clicked again; `wait_s` lasts until the one that worked."""
    repeated: int = 0
    """Clicks of students who already waited."""

    def add(self, *, at: float, wait_s: float, path: LaunchPath, cohort: int) -> None:
        self.at.append(at)
        self.wait_s.append(wait_s)
        self.path.append(_NUMBER[path])
        self.cohort.append(cohort)

    def __len__(self) -> int:
        return len(self.at)

    def count(self, path: LaunchPath) -> int:
        return self.path.count(_NUMBER[path])

    def waits(self, *, starts_only: bool = False) -> list[float]:
        """Sorted. `starts_only`: of those that needed a task, warm or cold."""
        if not starts_only:
            return sorted(self.wait_s)
        existing = _NUMBER[LaunchPath.EXISTING]
        return sorted(wait for wait, path in zip(self.wait_s, self.path, strict=True) if path != existing)
