"""Compares always on with on demand, and shows what other choices would cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from simulator.costs import document, plan
from simulator.costs.document import DocumentFigures
from simulator.costs.model import Breakdown, Group, cost
from simulator.costs.plan import Plan
from simulator.costs.price_book import SPOT_DISCOUNT, PriceBook
from simulator.costs.stack import Stack, WorkspaceTask, sizes_of
from simulator.costs.usage import TaskHours


@dataclass(frozen=True)
class Choice:
    """The on-demand bill if one thing were different."""

    name: str
    workspaces: float
    total: float
    per_student: float


@dataclass(frozen=True)
class Comparison:
    plan: Plan
    task: WorkspaceTask
    book: PriceBook
    document: DocumentFigures
    always_on: Breakdown
    on_demand: Breakdown
    task_hours: TaskHours
    choices: tuple[Choice, ...]

    @property
    def saving(self) -> float:
        return self.always_on.total - self.on_demand.total

    @property
    def workspace_saving(self) -> float:
        """What the document's 84.7 % is about, with idle tails and starts."""
        return self.always_on.group(Group.WORKSPACES) - self.on_demand.group(Group.WORKSPACES)

    @property
    def workspace_saving_share(self) -> float:
        always_on = self.always_on.group(Group.WORKSPACES)
        return self.workspace_saving / always_on if always_on else 0.0

    @property
    def saving_share(self) -> float:
        return self.saving / self.always_on.total if self.always_on.total else 0.0


def compare(
    chosen: Plan, book: PriceBook, *, task: WorkspaceTask | None = None, stack: Stack | None = None
) -> Comparison:
    """The services run on the same processors as the workspaces, but never on Spot."""
    task, stack = task or WorkspaceTask(), stack or Stack()
    stack = _on(stack, task)
    used = plan.on_demand(chosen)
    return Comparison(
        plan=chosen,
        task=task,
        book=book,
        document=document.work_out(book, students=chosen.students, hours=chosen.hours, pool=chosen.pool),
        always_on=cost(plan.always_on(chosen), book, task=task, stack=stack),
        on_demand=cost(used, book, task=task, stack=stack),
        task_hours=used.task_hours,
        choices=tuple(_choices(chosen, book, task, stack)),
    )


def _choices(chosen: Plan, book: PriceBook, task: WorkspaceTask, stack: Stack) -> Iterator[Choice]:
    discount = f"Spot at {100 * book[SPOT_DISCOUNT].price:.0f} % off"
    asked = ("as asked", chosen, task, stack)
    variants = [
        ("x86, on demand", chosen, replace(task, arch="x86", spot_share=0.0), stack),
        ("ARM, on demand", chosen, replace(task, arch="arm", spot_share=0.0), stack),
        (f"x86, a quarter on {discount}", chosen, replace(task, arch="x86", spot_share=0.25), stack),
        (f"ARM, a quarter on {discount}", chosen, replace(task, arch="arm", spot_share=0.25), stack),
        (f"x86, half on {discount}", chosen, replace(task, arch="x86", spot_share=0.5), stack),
        (f"x86, all on {discount}", chosen, replace(task, arch="x86", spot_share=1.0), stack),
        (f"ARM, all on {discount}", chosen, replace(task, arch="arm", spot_share=1.0), stack),
        *((f"all workspaces {size}", chosen, own, stack) for size, own in sizes_of(task).items()),
        ("idle timeout 10 min", replace(chosen, idle_minutes=10.0), task, stack),
        ("idle timeout 30 min", replace(chosen, idle_minutes=30.0), task, stack),
        ("idle timeout 60 min", replace(chosen, idle_minutes=60.0), task, stack),
        ("no idle tails, no starts", replace(chosen, sessions_a_day=0.0), task, stack),
        ("image downloads through NAT", replace(chosen, image_nat_share=1.0), task, stack),
        ("80 % of homes in infrequent access", replace(chosen, infrequent_share=0.8), task, stack),
        ("database reserved for a year", chosen, task, replace(stack, database_reserved=True)),
        ("no instances ready before classes", chosen, task, replace(stack, ready_instances=0)),
        (
            "one NAT gateway, no standbys",
            chosen,
            task,
            replace(stack, nat_gateways=1, database_instances=1, cache_nodes=1),
        ),
    ]
    different = [variant for variant in variants if variant[1:] != asked[1:]]
    for name, other_plan, other_task, other_stack in (asked, *different):
        bill = cost(plan.on_demand(other_plan), book, task=other_task, stack=_on(other_stack, other_task))
        yield Choice(name, bill.group(Group.WORKSPACES), bill.total, bill.per_student)


def _on(stack: Stack, task: WorkspaceTask) -> Stack:
    frontend = stack.frontend_task and replace(stack.frontend_task, arch=task.arch)
    return replace(stack, service_task=replace(stack.service_task, arch=task.arch), frontend_task=frontend)


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Dollars a month, not rounded; names as in the table."""
    figures = comparison.document
    return {
        "plan": asdict(comparison.plan),
        "task": asdict(comparison.task),
        "prices": {
            "file": comparison.book.origin,
            "region": comparison.book.region,
            "unverified": [price.name for price in comparison.book.unverified],
        },
        "document": {**asdict(figures), **{name: getattr(figures, name) for name in document.DERIVED}},
        "always_on": _bill(comparison.always_on),
        "on_demand": {**_bill(comparison.on_demand), "task_hours": asdict(comparison.task_hours)},
        "workspace_saving": comparison.workspace_saving,
        "workspace_saving_share": comparison.workspace_saving_share,
        "saving": comparison.saving,
        "saving_share": comparison.saving_share,
        "choices": [asdict(choice) for choice in comparison.choices],
    }


def _bill(bill: Breakdown) -> dict[str, Any]:
    return {
        "total": bill.total,
        "per_student": bill.per_student,
        "groups": {group.value: bill.group(group) for group in Group},
        "lines": bill.lines_as_json(),
    }
