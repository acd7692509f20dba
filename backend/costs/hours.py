"""Task-hours by student and by cohort: how long tasks served somebody within a span of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from backend.accounts.models import User
from backend.costs.models import Session
from backend.costs.schemas import CohortHoursOut, StudentHoursOut
from contract.names import StopReason, WorkspaceKind

ROWS_MAX = 5000
_UNUSED = (StopReason.IDLE, "")


def by_student(begin: datetime, end: datetime) -> list[StudentHoursOut]:
    """Hours between `begin` and `end`, the most first; at most `ROWS_MAX`."""
    rows = _within(begin, end).values("workspace__owner", "workspace__kind", "cohort_id").annotate(
        cohort=Max("cohort_name"), sessions=Count("pk"), task_time=Sum("used")
    )  # fmt: skip
    found = list(rows.order_by("-task_time")[:ROWS_MAX])
    people = User.objects.in_bulk({row["workspace__owner"] for row in found})
    return [
        StudentHoursOut(
            id=row["workspace__owner"],
            name=people[row["workspace__owner"]].display_name,
            email=people[row["workspace__owner"]].email,
            cohort_id=row["cohort_id"],
            cohort=row["cohort"],
            kind=WorkspaceKind(row["workspace__kind"]),
            sessions=row["sessions"],
            task_hours=_hours(row["task_time"]),
        )
        for row in found
    ]


def by_cohort(begin: datetime, end: datetime) -> list[CohortHoursOut]:
    """Most hours first, at most `ROWS_MAX`."""
    rows = _within(begin, end).values("cohort_id").annotate(
        name=Max("cohort_name"),
        students=Count("workspace__owner", distinct=True),
        sessions=Count("pk"),
        task_time=Sum("used"),
    )  # fmt: skip
    return [
        CohortHoursOut(id=row["cohort_id"], task_hours=_hours(row["task_time"]), **row)
        for row in rows.order_by("-task_time")[:ROWS_MAX]
    ]


@dataclass(frozen=True)
class HistoryLine:
    at: datetime
    workspace_id: str
    cohort: str
    kind: WorkspaceKind
    action: str
    """launch, stop (by a person or a limit), or ended (idle, or the reason is unknown)."""
    size: str
    """Empty: not known."""


def history(begin: datetime, end: datetime) -> Iterator[HistoryLine]:
    """Launches and stops from `begin` to before `end`, oldest first."""
    launches = _lines(Session.objects.filter(started_at__gte=begin, started_at__lt=end), "started_at")
    stops = _lines(Session.objects.filter(ended_at__gte=begin, ended_at__lt=end), "ended_at")
    launch, stop = next(launches, None), next(stops, None)
    while launch is not None or stop is not None:
        if stop is None or (launch is not None and launch.at < stop.at):
            assert launch is not None  # noqa: S101  one of them is there
            yield launch
            launch = next(launches, None)
        else:
            yield stop
            stop = next(stops, None)


def _lines(sessions: QuerySet[Session], moment: str) -> Iterator[HistoryLine]:
    columns = (moment, "workspace_id", "cohort_name", "workspace__kind", "reason", "size")
    for at, workspace_id, cohort, kind, reason, size in (
        sessions.order_by(moment, "pk").values_list(*columns).iterator()
    ):
        action = "launch" if moment == "started_at" else "ended" if reason in _UNUSED else "stop"
        yield HistoryLine(at, workspace_id, cohort, WorkspaceKind(kind), action, size)


def _within(begin: datetime, end: datetime) -> QuerySet[Session]:
    """Sessions that overlap the span, with `used`, their time in it. Open ones count until now."""
    until = min(end, timezone.now())
    touching = Session.objects.filter(Q(ended_at=None) | Q(ended_at__gt=begin), started_at__lt=until)
    used = Least(Coalesce(F("ended_at"), until), until) - Greatest(F("started_at"), begin)
    return touching.annotate(used=ExpressionWrapper(used, output_field=DurationField()))


def _hours(time: timedelta) -> float:
    return round(time / timedelta(hours=1), 4)
