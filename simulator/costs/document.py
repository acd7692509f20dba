"""The architecture document's own arithmetic, with its numbers or the operator's.

The document gives one sum for each group, and derives only the workspaces. So core services and
monitoring stay as it says; storage and data transfer scale with the students. `model` counts all.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.costs.model import task_hour_price
from simulator.costs.price_book import PriceBook
from simulator.costs.stack import WorkspaceTask
from simulator.costs.usage import HOURS_IN_A_MONTH

STUDENTS, HOURS, POOL = 100, 90.0, 3.0
CORE, WORKSPACES, STORAGE, MONITORING, TRANSFER = 193.0, 552.0, 312.0, 20.0, 90.0
"""The document's sums for its 100 students, in dollars a month."""

ROUNDED_TASK_HOUR = 0.04
"""The price that its two lines ($87.60 and $360) use: one vCPU-hour, rounded, without memory."""

INTERNET_GB = 0.09
"""The price that its $90 use, at 10 GB a student: a GB to the internet without CloudFront."""

STATED = {
    "always_on": "$3,604",
    "workspaces": "$552",
    "pool_line": "$87.60",
    "on_demand_line": "$360",
    "saving": "$3,052",
    "saving_share": "84.7 %",
    "total": "$1,167",
    "per_student": "$11.67",
}

DERIVED = (
    *("workspaces", "lines_together", "saving", "saving_share"),
    *("total", "total_always_on", "per_student"),
)
"""The derived figures that the JSON includes."""


@dataclass(frozen=True)
class DocumentFigures:
    """In dollars a month, for on-demand x86 tasks of 1 vCPU and 2 GB."""

    students: int
    task_hour: float
    always_on: float
    pool: float
    on_demand: float
    core: float
    storage: float
    monitoring: float
    transfer: float
    pool_line: float
    on_demand_line: float

    @property
    def workspaces(self) -> float:
        return self.pool + self.on_demand

    @property
    def lines_together(self) -> float:
        """Its two lines added up: $447.60, not $552."""
        return self.pool_line + self.on_demand_line

    @property
    def saving(self) -> float:
        return self.always_on - self.workspaces

    @property
    def saving_share(self) -> float:
        return self.saving / self.always_on if self.always_on else 0.0

    @property
    def others(self) -> float:
        return self.core + self.storage + self.monitoring + self.transfer

    @property
    def total(self) -> float:
        return self.others + self.workspaces

    @property
    def total_always_on(self) -> float:
        return self.others + self.always_on

    @property
    def per_student(self) -> float:
        return self.total / self.students


def work_out(book: PriceBook, *, students: int = STUDENTS, hours: float = HOURS, pool: float = POOL) -> DocumentFigures:
    """`hours`: of one student in the month. `pool`: warm tasks around the clock."""
    task_hour = task_hour_price(WorkspaceTask(), book)
    return DocumentFigures(
        students=students,
        task_hour=task_hour,
        always_on=task_hour * HOURS_IN_A_MONTH * students,
        pool=task_hour * HOURS_IN_A_MONTH * pool,
        on_demand=task_hour * hours * students,
        core=CORE,
        storage=STORAGE * students / STUDENTS,
        monitoring=MONITORING,
        transfer=TRANSFER * students / STUDENTS,
        pool_line=ROUNDED_TASK_HOUR * HOURS_IN_A_MONTH * pool,
        on_demand_line=ROUNDED_TASK_HOUR * hours * students,
    )
