"""The API of budgets: admins set them, who teaches a cohort sees how its budget stands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from backend.accounts.authentication import acting_user
from backend.cohorts.access import get_cohort, get_cohort_to_see, refuse_all_but_admins
from backend.costs import budgets
from backend.costs.budgets import Standing, State
from backend.costs.models import AtEnd, Budget, Unit
from backend.costs.prices import price_per_gb_hour

AMOUNT_MAX = 1_000_000

router = Router(tags=["costs"])


class BudgetIn(Schema):
    unit: Unit
    amount: Annotated[float, Field(gt=0, le=AMOUNT_MAX, allow_inf_nan=False)]
    """For each calendar month."""
    at_end: AtEnd


class BudgetOut(Schema):
    cohort_id: UUID
    cohort: str
    unit: Unit
    amount: float
    at_end: AtEnd
    used: float
    """This month, in the budget's unit."""
    forecast: float | None
    """What the month will come to at its pace; null: too early to say."""
    state: State
    month_ends_at: datetime


class CohortBudgetOut(Schema):
    budget: BudgetOut | None


class BudgetsOut(Schema):
    items: list[BudgetOut]
    has_price: bool
    """False: the school has set no price, so a budget is in hours."""


@router.get("", response=BudgetsOut, operation_id="list_budgets", summary="Budgets of all cohorts")
def list_budgets(request: HttpRequest) -> dict[str, Any]:
    """For admins. Cohorts without a budget are left out."""
    refuse_all_but_admins(acting_user(request), "see all budgets")
    found = Budget.objects.select_related("cohort").order_by("cohort__name")
    return {"items": [_out(budgets.standing_of(it)) for it in found], "has_price": price_per_gb_hour() is not None}


@router.get("{cohort_id}/", response=CohortBudgetOut, operation_id="get_budget", summary="How a budget stands")
def get_budget(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """For those who see the cohort."""
    budget = budgets.find(get_cohort_to_see(acting_user(request), cohort_id))
    return {"budget": None if budget is None else _out(budgets.standing_of(budget))}


@router.put("{cohort_id}/", response=CohortBudgetOut, operation_id="set_budget", summary="Set a cohort's budget")
def set_budget(request: HttpRequest, cohort_id: UUID, payload: BudgetIn) -> dict[str, Any]:
    """422 for dollars where the school has set no price."""
    user = acting_user(request)
    refuse_all_but_admins(user, "set budgets")
    cohort = get_cohort(user, cohort_id)
    budget = budgets.put(cohort, payload.unit, payload.amount, payload.at_end, acting_user=user)
    return {"budget": _out(budgets.standing_of(budget))}


@router.delete("{cohort_id}/", response=CohortBudgetOut, operation_id="remove_budget", summary="Remove a budget")
def remove_budget(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    user = acting_user(request)
    refuse_all_but_admins(user, "set budgets")
    budgets.remove(get_cohort(user, cohort_id), acting_user=user)
    return {"budget": None}


def _out(standing: Standing) -> dict[str, Any]:
    budget = standing.budget
    return {
        "cohort_id": budget.cohort.pk,
        "cohort": budget.cohort.name,
        "unit": budget.unit,
        "amount": budget.amount,
        "at_end": budget.at_end,
        "used": round(standing.used, 4),
        "forecast": None if standing.forecast is None else round(standing.forecast, 4),
        "state": standing.state,
        "month_ends_at": standing.month_ends_at,
    }
