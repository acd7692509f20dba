"""Task-hours by student and by cohort: how long tasks served somebody within a span of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from backend.accounts.models import User
from backend.costs.models import Session
from backend.costs.prices import BEFORE_SIZES, price_of_hour
from backend.costs.schemas import CohortHoursOut, StudentHoursOut
from contract.names import StopReason, WorkspaceKind, WorkspaceSize

ROWS_MAX = 5000
_TIMES = {
    f"time_{size.value}": Sum("used", filter=Q(size__in=[size.value, *([""] if size is BEFORE_SIZES else [])]))
    for size in WorkspaceSize
}
_UNUSED = (StopReason.IDLE, "")


def by_student(begin: datetime, end: datetime) -> list[StudentHoursOut]:
    """Hours between `begin` and `end`, the most first; at most `ROWS_MAX`."""
    rows = _within(begin, end).values("workspace__owner", "workspace__kind", "cohort_id").annotate(
        cohort=Max("cohort_name"), sessions=Count("pk"), task_time=Sum("used"), **_TIMES
    )  # fmt: skip
    found = list(rows.order_by("-task_time")[:ROWS_MAX])
    prices = price_of_hour()
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
            dollars=_dollars(row, prices),
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
        **_TIMES,
    )  # fmt: skip
    prices = price_of_hour()
    return [
        CohortHoursOut(id=row["cohort_id"], task_hours=_hours(row["task_time"]), dollars=_dollars(row, prices), **row)
        for row in rows.order_by("-task_time")[:ROWS_MAX]
    ]


def used_by_cohort(cohort_id: UUID, begin: datetime, end: datetime, *, in_dollars: bool) -> float:
    """Hours or dollars. Raises ApraNovaError for dollars when the manager does not answer."""
    row = _within(begin, end).filter(cohort_id=cohort_id).aggregate(task_time=Sum("used"), **_TIMES)
    prices = price_of_hour() if in_dollars else None
    if prices is None:
        return 0.0 if in_dollars else _hours(row["task_time"] or timedelta(0))
    return _dollars(row, prices) or 0.0


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


def _dollars(row: Mapping[str, Any], prices: Mapping[WorkspaceSize, float] | None) -> float | None:
    if prices is None:
        return None
    times = {size: row[f"time_{size.value}"] or timedelta(0) for size in WorkspaceSize}
    return round(sum(prices.get(size, 0.0) * (time / timedelta(hours=1)) for size, time in times.items()), 4)


def _hours(time: timedelta) -> float:
    return round(time / timedelta(hours=1), 4)
