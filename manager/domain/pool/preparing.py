"""Preparing a class: who of the cohort will come, when, and how sure that is; page by page."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import replace

from manager.domain.lifecycle.workspace import SAME_STAY_S, Workspace
from manager.domain.policy import Policy
from manager.domain.pool import attendance
from manager.domain.pool.actions import RecordPrepared
from manager.domain.pool.cohort import Cohort, Study

PAGE_MEMBERS = 100


def page(cohort: Cohort, now: float) -> tuple[str, ...]:
    """The members to read next; empty when all are read, or nothing is to be prepared."""
    study = _study(cohort, now)
    return () if study is None else cohort.members[study.next_member : study.next_member + PAGE_MEMBERS]


def prepare(
    cohort: Cohort, members: Sequence[Workspace], so_far: RecordPrepared, *, now: float, policy: Policy
) -> RecordPrepared:
    """Count one page of members (those of `page` that exist); with the last one, update the
    outlook. `so_far`: what the same pass prepared of other cohorts.

    All pages are judged alike: by what was known when the class before was prepared. What they show
    of the classes since then is kept for the next one.
    """
    study = _study(cohort, now)
    if study is None:
        return replace(so_far, cohorts=(*so_far.cohorts, replace(cohort, study=None).moved_on(now)))
    known = cohort.attendance
    for workspace in members:
        if workspace.kind is not cohort.kind or workspace.deleted_at is not None:
            continue
        offsets = _offsets(workspace, cohort.past)
        study = replace(
            study,
            attendance=study.attendance.with_member(offsets),
            expected=study.expected + attendance.chance(offsets, known.rate),
        )
    study = replace(study, next_member=study.next_member + PAGE_MEMBERS)
    if study.next_member < len(cohort.members):
        return replace(so_far, cohorts=(*so_far.cohorts, replace(cohort, study=study)))
    expected = study.expected + cohort.newcomers * known.rate
    launches = [expected * share for share in known.shares()]
    outlook = so_far.outlook.with_class(policy.shape(cohort.kind, cohort.size), study.class_at, launches, now=now)
    done = replace(
        cohort,
        study=None,
        prepared_until=study.class_at,
        attendance=study.attendance if study.attendance.could else known,
    )
    class_at = dt.datetime.fromtimestamp(study.class_at, zoneinfo.ZoneInfo(policy.schedule.time_zone))
    because = f"class at {class_at:%H:%M}, {known.rate:.0%} usually come"
    decision = f"about {expected:.0f} of {cohort.label} are expected: {because}"
    return RecordPrepared((*so_far.cohorts, done.moved_on(now)), outlook, (*so_far.decisions, decision))


def _study(cohort: Cohort, now: float) -> Study | None:
    """The current one, or a new one; that of a class which left the timetable is given up."""
    upcoming = cohort.next_class(now)
    if upcoming is None:
        return None
    if cohort.study is not None and cohort.study.class_at == upcoming.starts_at:
        return cohort.study
    return Study(upcoming.starts_at)


def _offsets(workspace: Workspace, past: Sequence[float]) -> list[float | None]:
    """For each past class that the workspace can know of: when they came, None if they did not.

    A workspace remembers only so many launches, and a new one knows nothing of earlier classes.
    """
    arrivals = workspace.arrivals
    known_since = arrivals[0] - SAME_STAY_S if arrivals else workspace.state_since
    return [attendance.offset_at(arrivals, class_at) for class_at in past if class_at >= known_since]
