"""Budgets of cohorts: hours or dollars for each calendar month, in the cohort's time zone.

At 80 % its instructors and the admins are told, and at its end again. What happens then is the
admin's choice: nothing, or no new launches. What is up goes on until it stops, so a month may end
somewhat above its budget, by at most one session of each student.
"""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.audit.record import record
from backend.cohorts.models import Cohort
from backend.costs import hours
from backend.costs.models import AtEnd, Budget, Unit
from backend.costs.prices import price_per_gb_hour
from backend.platform.background import BackgroundWorker
from backend.platform.problems import invalid
from contract.errors import ApraNovaError, Reason

NEAR_PART = 0.8
FORECAST_FROM = timedelta(days=1)
"""A month's first day says too little of the rest."""
LOOK_EVERY_S = 300.0

logger = logging.getLogger(__name__)


class State(enum.StrEnum):
    FINE = "fine"
    NEAR = "near"
    """80 % or more."""
    SPENT = "spent"


@dataclass(frozen=True)
class Standing:
    """How a budget stands this month."""

    budget: Budget
    used: float
    """Hours or dollars, as the budget says."""
    forecast: float | None
    """What the month will come to at its pace; None: too early to say."""
    month: date
    month_ends_at: datetime

    @property
    def state(self) -> State:
        if self.used >= self.budget.amount:
            return State.SPENT
        return State.NEAR if self.used >= NEAR_PART * self.budget.amount else State.FINE


def standing_of(budget: Budget, now: datetime | None = None) -> Standing:
    """Raises ApraNovaError for a budget in dollars while the manager does not answer."""
    now = now or timezone.now()
    begin, end = month_of(budget.cohort, now)
    used = hours.used_by_cohort(budget.cohort.pk, begin, end, in_dollars=budget.unit == Unit.DOLLARS)
    past = now - begin
    forecast = used * ((end - begin) / past) if past >= FORECAST_FROM else None
    return Standing(budget, used, forecast, begin.date(), end)


def month_of(cohort: Cohort, now: datetime) -> tuple[datetime, datetime]:
    """From the first moment of the cohort's month to the next one's."""
    begin = now.astimezone(ZoneInfo(cohort.time_zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    later = begin + timedelta(days=32)
    return begin, later.replace(day=1)


def find(cohort: Cohort) -> Budget | None:
    return Budget.objects.select_related("cohort").filter(cohort=cohort).first()


def put(cohort: Cohort, unit: Unit, amount: float, at_end: AtEnd, *, acting_user: User) -> Budget:
    """Set or replace a cohort's budget. Whoever was told about an earlier one is told again."""
    if unit is Unit.DOLLARS and price_per_gb_hour() is None:
        raise invalid("body.unit", "the school has set no price of a gigabyte-hour, so there are only hours")
    with transaction.atomic():
        Cohort.objects.select_for_update(of=("self",)).get(pk=cohort.pk)
        before = find(cohort)
        wanted = {"unit": unit, "amount": amount, "at_end": at_end}
        if before is not None and all(getattr(before, name) == value for name, value in wanted.items()):
            return before
        Budget.objects.update_or_create(cohort=cohort, defaults={**wanted, "told_near": None, "told_spent": None})
        record(
            "cohort.budget_set", actor=acting_user, target_type="cohort", target_id=cohort.pk,
            cohort=cohort.name, budget=unit.words(amount), at_end=AtEnd(at_end).label, before=str(before or ""),
        )  # fmt: skip
        transaction.on_commit(worker.wake)
    made = find(cohort)
    assert made is not None  # noqa: S101  it was made a line above
    return made


def remove(cohort: Cohort, *, acting_user: User) -> None:
    """A repeat changes nothing."""
    with transaction.atomic():
        removed, _ = Budget.objects.filter(cohort=cohort).delete()
        if removed:
            record(
                "cohort.budget_removed", actor=acting_user, target_type="cohort", target_id=cohort.pk,
                cohort=cohort.name,
            )  # fmt: skip


def refusal(owner: User) -> ApraNovaError | None:
    """Why nothing of the student's is launched now; None: it may be. A budget whose price cannot
    be found out right now refuses nobody."""
    if owner.role != Role.STUDENT:
        return None
    stops = Budget.objects.select_related("cohort").filter(at_end=AtEnd.NO_LAUNCHES)
    budget = stops.filter(cohort__memberships__student=owner).first()
    if budget is None:
        return None
    try:
        standing = standing_of(budget)
    except ApraNovaError as error:
        logger.warning("the budget of %s cannot be looked at: %s", budget.cohort, error.message)
        return None
    if standing.state is not State.SPENT:
        return None
    ends = f"{standing.month_ends_at:%-d %B}"
    return ApraNovaError(
        Reason.BUDGET_SPENT,
        f"{budget.cohort.name} has used up its workspace time for this month, so nothing new is launched "
        f"until {ends}. Your files are safe. Ask your instructor if you need it before.",
    )


def tell_due() -> None:
    """One pass: tell who has to know about budgets that are nearly or wholly used up. Each is told
    once a month for each of the two."""
    for budget in Budget.objects.select_related("cohort").filter(cohort__active=True):
        try:
            standing = standing_of(budget)
        except ApraNovaError as error:
            logger.info("budgets are looked at later: %s", error.message)
            return
        if standing.state is not State.FINE:
            _tell(standing)


worker = BackgroundWorker("budgets", tell_due, interval_s=LOOK_EVERY_S)


def _tell(standing: Standing) -> None:
    """The row says who told first: of several processes one sends mails."""
    budget, month = standing.budget, standing.month
    told = "told_spent" if standing.state is State.SPENT else "told_near"
    values = {told: month} if told == "told_near" else {"told_near": month, "told_spent": month}
    with transaction.atomic():
        untold = Budget.objects.filter(pk=budget.pk).filter(Q(**{told: None}) | ~Q(**{told: month}))
        if not untold.update(**values):
            return
        action = "cohort.budget_spent" if standing.state is State.SPENT else "cohort.budget_near"
        record(
            action, actor=None, target_type="cohort", target_id=budget.cohort.pk, cohort=budget.cohort.name,
            used=Unit(budget.unit).words(standing.used), budget=str(budget),
        )  # fmt: skip
        transaction.on_commit(lambda: _mail(standing))


def _mail(standing: Standing) -> None:
    """A mail that does not leave is not tried again: the portal shows the same."""
    budget = standing.budget
    admins = User.objects.filter(role=Role.ADMIN, is_active=True)
    teachers = budget.cohort.instructors.filter(is_active=True)
    spent = standing.state is State.SPENT
    subject = f"{budget.cohort.name}: the budget of this month is {'used up' if spent else 'nearly used up'}"
    used = Unit(budget.unit).words(standing.used)
    then = "No new workspaces are launched until" if budget.at_end == AtEnd.NO_LAUNCHES else "Nothing is stopped until"
    text = f"{budget.cohort.name} has used {used} of {budget} this month."
    if spent:
        text += f"\n{then} {standing.month_ends_at:%-d %B}. An admin can change the budget under Administration, Hours."
    for address in {it.email for it in [*admins, *teachers]}:
        try:
            EmailMessage(subject, text, to=[address]).send()
        except OSError as error:  # smtplib's errors, too
            logger.warning("a mail about the budget of %s was not sent: %s", budget.cohort, error)
