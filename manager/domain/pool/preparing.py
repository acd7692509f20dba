"""Preparing a class: who of the cohort will come, when, and how sure that is; page by page."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, replace

from manager.domain.lifecycle.arrivals import SAME_STAY_S
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, Shape
from manager.domain.pool import attendance
from manager.domain.pool.attendance import Attendance
from manager.domain.pool.cohort import CHECKS_MAX, Cohort, Study
from manager.domain.pool.outlook import Check, Outlook

PAGE_MEMBERS = 100
TRUSTED_BELOW = 0.5
"""If a cohort's last forecasts missed by more than this share, the schedule holds."""
CHECKS_MIN = 2


@dataclass(frozen=True)
class Prepared:
    """One page later."""

    cohort: Cohort
    outlook: Outlook
    decisions: tuple[str, ...] = ()


def page(cohort: Cohort, now: float) -> tuple[str, ...]:
    """The members to read next; empty when all are read, or nothing is to be prepared."""
    study = _study(cohort, now)
    return () if study is None else cohort.members[study.next_member : study.next_member + PAGE_MEMBERS]


def prepare(cohort: Cohort, members: Sequence[Workspace], outlook: Outlook, *, now: float, policy: Policy) -> Prepared:
    """Count one page of members (those of `page` that exist); with the last one, update the
    outlook.

    All pages are judged alike: by what was known when the class before was prepared. What they show
    of the classes since then is kept for the next one.
    """
    study = _study(cohort, now)
    if study is None:
        return Prepared(replace(cohort, study=None).moved_on(now), outlook)
    known = cohort.attendance
    for workspace in members:
        if workspace.kind is not cohort.kind or workspace.deleted_at is not None:
            continue
        offsets = _offsets(workspace, cohort.past)
        study = replace(
            study,
            attendance=study.attendance.with_member(offsets),
            came_last=study.came_last + bool(offsets and offsets[-1] is not None),
            expected=study.expected + attendance.chance(offsets, known.rate),
        )
    study = replace(study, next_member=study.next_member + PAGE_MEMBERS)
    if study.next_member < len(cohort.members):
        return Prepared(replace(cohort, study=study), outlook)
    because = _because(known, study.class_at, policy.schedule.time_zone)
    return _finished(cohort, outlook, study, policy.shape(cohort.kind, cohort.size), now=now, because=because)


def _finished(cohort: Cohort, outlook: Outlook, study: Study, shape: Shape, *, now: float, because: str) -> Prepared:
    if cohort.expected is not None and cohort.past:
        check = Check(cohort.expected, study.came_last)
        cohort = replace(cohort, checks=(*cohort.checks, check)[-CHECKS_MAX:])
        outlook = outlook.with_check(check)
    newcomers = cohort.newcomers * cohort.attendance.rate
    if _trusted(cohort):
        launches = [(study.expected + newcomers) * share for share in cohort.attendance.shares()]
        outlook = outlook.with_class(shape, study.class_at, launches, now=now)
        decision = f"about {study.expected + newcomers:.0f} of {cohort.label} are expected: {because}"
    else:
        outlook = replace(outlook, schedule_until=max(outlook.schedule_until, study.class_at + attendance.UNTIL_S))
        error = cohort.forecast_error or 0.0
        decision = f"the schedule holds for {cohort.label}: its last forecasts were off by {error:.0%}"
    done = replace(
        cohort,
        study=None,
        prepared_until=study.class_at,
        expected=study.expected,
        attendance=study.attendance if study.attendance.could else cohort.attendance,
    )
    return Prepared(done.moved_on(now), outlook, (decision,))


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


def _trusted(cohort: Cohort) -> bool:
    error = cohort.forecast_error
    return error is None or len(cohort.checks) < CHECKS_MIN or error <= TRUSTED_BELOW


def _because(known: Attendance, class_at: float, time_zone: str) -> str:
    local = dt.datetime.fromtimestamp(class_at, zoneinfo.ZoneInfo(time_zone))
    return f"class at {local:%H:%M}, {known.rate:.0%} usually come"
