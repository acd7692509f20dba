"""Who comes to a class, and when: learned from a cohort's launches at its last classes."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from manager.domain.lifecycle.workspace import SAME_STAY_S, Workspace

FROM_S, UNTIL_S = -1_800.0, 3_600.0
"""A launch from half an hour before a class begins until an hour after belongs to it."""
MINUTE_S = 60.0
_PRIOR_RATE, _PRIOR_CLASSES = 0.8, 2.0
"""As if two classes of one student had been seen before: a few members outweigh it at once."""
_PRIOR_ARRIVALS_PER_MIN, _PRIOR_FROM_MIN, _PRIOR_UNTIL_MIN = 0.32, -10, 15
"""The same of its arrivals: as if eight had come evenly from ten minutes before a class on."""
_BLUR = (0.1, 0.2, 0.4, 0.2, 0.1)
"""Minutes next to each other speak for each other."""


@dataclass(frozen=True)
class Attendance:
    rate: float
    """The share of the members that comes, 0 to 1."""
    shares: tuple[float, ...]
    """The share of those who come in each minute from FROM_S on; adds up to 1."""


def learned(members: Iterable[Workspace], past: Sequence[float]) -> Attendance:
    """`past`: when the last classes began.

    A workspace remembers only so many launches, and a new one knows nothing of earlier classes.
    """
    minutes = range(int(FROM_S / MINUTE_S), int(UNTIL_S / MINUTE_S))
    counts = [_PRIOR_ARRIVALS_PER_MIN * (_PRIOR_FROM_MIN <= minute < _PRIOR_UNTIL_MIN) for minute in minutes]
    came, could = _PRIOR_RATE * _PRIOR_CLASSES, _PRIOR_CLASSES
    for workspace in members:
        arrivals = workspace.arrivals
        known_since = arrivals[0] - SAME_STAY_S if arrivals else workspace.state_since
        for class_at in past:
            could += class_at >= known_since
            offset = next((at - class_at for at in arrivals if FROM_S <= at - class_at < UNTIL_S), None)
            if offset is not None and class_at >= known_since:
                came += 1
                counts[int((offset - FROM_S) / MINUTE_S)] += 1
    around = (0.0, 0.0, *counts, 0.0, 0.0)
    blurred = [sum(map(operator.mul, _BLUR, around[index:])) for index in range(len(counts))]
    total = sum(blurred)
    return Attendance(came / could, tuple(count / total for count in blurred))
