"""Who comes to a class, and when: learned from a cohort's launches at its last classes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

FROM_S, UNTIL_S = -1_800.0, 3_600.0
"""A launch from half an hour before a class begins until an hour after belongs to it."""
BIN_S = 60.0
BINS = int((UNTIL_S - FROM_S) / BIN_S)
_PRIOR_RATE, _PRIOR_CLASSES = 0.8, 2.0
"""What is assumed of a cohort before its first class, and how soon it is forgotten."""
_PRIOR_ARRIVALS = 8.0
_PRIOR_FROM_MIN, _PRIOR_UNTIL_MIN = -10, 15
_BLUR = (0.1, 0.2, 0.4, 0.2, 0.1)
"""Minutes next to each other speak for each other."""


@dataclass(frozen=True)
class Attendance:
    """What was seen of a cohort's last classes, all members together."""

    came: int = 0
    """Launches for a class."""
    could: int = 0
    """The same if everybody had always come."""
    offsets: tuple[int, ...] = ()
    """Launches by minute, counted from FROM_S before the class; empty: none seen."""

    @property
    def rate(self) -> float:
        """The share that comes, 0 to 1."""
        # As if two classes of one student had been seen before: a few members outweigh it at once.
        return (self.came + _PRIOR_RATE * _PRIOR_CLASSES) / (self.could + _PRIOR_CLASSES)

    def with_member(self, offsets: Sequence[float | None]) -> Attendance:
        """Add one member's last classes: seconds after each began, None if they did not come."""
        counts = list(self.offsets or (0,) * BINS)
        came = [offset for offset in offsets if offset is not None]
        for offset in came:
            counts[min(BINS - 1, max(0, int((offset - FROM_S) / BIN_S)))] += 1
        return Attendance(self.came + len(came), self.could + len(offsets), tuple(counts))

    def shares(self) -> tuple[float, ...]:
        """The share of those who come in each minute from FROM_S on; adds up to 1."""
        counts = [_prior(index) + (self.offsets[index] if self.offsets else 0) for index in range(BINS)]
        total = sum(counts)
        half = len(_BLUR) // 2
        blurred = [0.0] * BINS
        for index, count in enumerate(counts):
            for step, weight in enumerate(_BLUR if count else ()):
                blurred[min(BINS - 1, max(0, index + step - half))] += weight * count / total
        return tuple(blurred)


def offset_at(arrivals: Sequence[float], class_at: float) -> float | None:
    """When they came to this class, in seconds after it began; None: they did not."""
    return next((at - class_at for at in arrivals if FROM_S <= at - class_at < UNTIL_S), None)


def chance(offsets: Sequence[float | None], rate: float) -> float:
    """That a student comes: as to the last classes, with the cohort's rate as one class more."""
    came = sum(offset is not None for offset in offsets)
    return (came + rate) / (len(offsets) + 1.0)


@functools.cache
def _prior(index: int) -> float:
    """A triangle around the beginning of the class."""
    minute = index + FROM_S / BIN_S + 0.5
    low, high = _PRIOR_FROM_MIN, _PRIOR_UNTIL_MIN
    if not low <= minute <= high:
        return 0.0
    height = 2.0 / (high - low)
    return _PRIOR_ARRIVALS * height * ((minute - low) / -low if minute < 0 else (high - minute) / high)
