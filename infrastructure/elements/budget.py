"""The month's budget: a mail at 80 % spent, one when the forecast passes it, one when it is spent."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infrastructure.names import Names

_Budget = budgets.CfnBudget
WARNINGS = (("ACTUAL", 80), ("FORECASTED", 100), ("ACTUAL", 100))


class MonthBudget(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, dollars: int, email: str) -> None:
        super().__init__(scope, id)
        _Budget(
            self,
            "Budget",
            budget=_Budget.BudgetDataProperty(
                budget_name=names.of("month"),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=_Budget.SpendProperty(amount=dollars, unit="USD"),
            ),
            notifications_with_subscribers=[
                _Budget.NotificationWithSubscribersProperty(
                    notification=_Budget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[_Budget.SubscriberProperty(subscription_type="EMAIL", address=email)],
                )
                for kind, percent in WARNINGS
            ],
        )
