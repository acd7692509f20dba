"""The month's budget: mails at 80 % spent, at all spent, and when the forecast exceeds it."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infrastructure.stacks.base import PlatformStack

_Budget = budgets.CfnBudget
WARNINGS = (("ACTUAL", 80), ("FORECASTED", 100), ("ACTUAL", 100))


def make_month_budget(stack: PlatformStack) -> None:
    operators = _Budget.SubscriberProperty(subscription_type="EMAIL", address=stack.settings.school.operators_email)
    _Budget(
        Construct(stack, "Month"),
        "Budget",
        budget=_Budget.BudgetDataProperty(
            budget_name=stack.names.of("month"),
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=_Budget.SpendProperty(amount=stack.settings.watch.budget_usd, unit="USD"),
        ),
        notifications_with_subscribers=[
            _Budget.NotificationWithSubscribersProperty(
                notification=_Budget.NotificationProperty(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[operators],
            )
            for kind, percent in WARNINGS
        ],
    )
