"""Preparing a class: who of the cohort will come, when, and how sure that is."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import replace

from manager.domain.lifecycle.workspace import SAME_STAY_S, Workspace
from manager.domain.policy import Policy
from manager.domain.pool import attendance
from manager.domain.pool.actions import RecordPrepared
from manager.domain.pool.cohort import Cohort


def prepare(
    cohort: Cohort, members: Sequence[Workspace], so_far: RecordPrepared, *, now: float, policy: Policy
) -> RecordPrepared:
    """Add the cohort's next class to the outlook. `so_far`: what the same pass prepared of others.

    All members are judged alike: by what was known when the class before was prepared. What they
    show of the classes since then is kept for the next one.
    """
    upcoming = cohort.next_class(now)
    if upcoming is None:
        return replace(so_far, cohorts=(*so_far.cohorts, cohort.moved_on(now)))
    known, learned = cohort.attendance, attendance.Attendance()
    expected = cohort.newcomers * known.rate
    for workspace in members:
        if workspace.kind is cohort.kind and workspace.deleted_at is None:
            offsets = _offsets(workspace, cohort.past)
            learned = learned.with_member(offsets)
            expected += attendance.chance(offsets, known.rate)
    launches = [expected * share for share in known.shares()]
    outlook = so_far.outlook.with_class(policy.shape(cohort.kind, cohort.size), upcoming.starts_at, launches, now=now)
    done = replace(cohort, prepared_until=upcoming.starts_at, attendance=learned if learned.could else known)
    class_at = dt.datetime.fromtimestamp(upcoming.starts_at, zoneinfo.ZoneInfo(policy.schedule.time_zone))
    because = f"class at {class_at:%H:%M}, {known.rate:.0%} usually come"
    decision = f"about {expected:.0f} of {cohort.label} are expected: {because}"
    return RecordPrepared((*so_far.cohorts, done.moved_on(now)), outlook, (*so_far.decisions, decision))


def _offsets(workspace: Workspace, past: Sequence[float]) -> list[float | None]:
    """For each past class that the workspace can know of: when they came, None if they did not.

    A workspace remembers only so many launches, and a new one knows nothing of earlier classes.
    """
    arrivals = workspace.arrivals
    known_since = arrivals[0] - SAME_STAY_S if arrivals else workspace.state_since
    return [attendance.offset_at(arrivals, class_at) for class_at in past if class_at >= known_since]
