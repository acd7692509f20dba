"""The API of costs: task-hours by cohort and student, for admins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from backend.accounts.authentication import acting_user
from backend.accounts.roles import Role
from backend.costs import hours
from backend.costs.prices import price_per_gb_hour
from backend.costs.schemas import CostsOut
from backend.platform.problems import ProblemError, invalid

DEFAULT_SPAN = timedelta(days=30)
SPAN_MAX = timedelta(days=400)
YEARS = range(2000, 2101)

router = Router(tags=["costs"])


@router.get("", response=CostsOut, operation_id="get_costs", summary="Task-hours by cohort and student")
def get_costs(request: HttpRequest, since: datetime | None = None, until: datetime | None = None) -> CostsOut:
    """For admins. By default the last 30 days, at most 400 days. Times without a zone are UTC."""
    if acting_user(request).role != Role.ADMIN:
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", "Only admins see what workspaces cost.")
    end = _moment(until, "until") or timezone.now()
    begin = _moment(since, "since") or end - DEFAULT_SPAN
    if not timedelta(0) < end - begin <= SPAN_MAX:
        raise invalid("query.since", f"it must lie before the end, and at most {SPAN_MAX.days} days before it")
    cohorts = hours.by_cohort(begin, end)
    return CostsOut(
        since=begin,
        until=end,
        task_hours=round(sum(it.task_hours for it in cohorts), 4),
        dollars=None if price_per_gb_hour() is None else round(sum(it.dollars or 0.0 for it in cohorts), 4),
        cohorts=cohorts,
        students=hours.by_student(begin, end),
    )


def _moment(value: datetime | None, field: str) -> datetime | None:
    if value is None:
        return None
    if value.year not in YEARS:
        raise invalid(f"query.{field}", f"the year must lie between {YEARS[0]} and {YEARS[-1]}")
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
