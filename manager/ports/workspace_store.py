"""The port to the records of workspaces and tasks: SQLite on one machine, DynamoDB on AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeAlias

from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.task import Task
from manager.domain.workspace import Workspace

Record: TypeAlias = Workspace | Task | Demand | Cohort

WRITE_MAX = 25
"""Records in one write: what one transaction of every store can carry."""


class VersionConflict(Exception):
    """A record is not at the version that was read: someone else changed it. Nothing of the write was stored."""


class WorkspaceStore(Protocol):
    """Keeps workspaces, tasks and one record of past launches, and changes them in one way only: all records of a `write`, or none.

    The shape fits a single DynamoDB table: `write` is TransactWriteItems with a condition on each version, look-ups
    are by key, and `list_due_workspaces` is a query of a sparse index on `due_at`. Reads see every write that returned before
    they began (consistent reads), but two reads are two moments.
    """

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        """Store each record as version + 1 and remove those in `delete`, if every one of them is still at its version.

        A record with version 0 must not exist yet. At most `WRITE_MAX` records. Raises `VersionConflict`, and then
        nothing was changed. After any other error the outcome is unknown: read before trying again.
        """

    def find_workspace(self, workspace_id: str) -> Workspace | None: ...

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        """Those of at most 100 ids that exist, in the order asked for; one read."""
        ...

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]: ...

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        """Workspaces whose `due_at` has come, longest due first."""
        ...

    def find_next_due_at(self) -> float | None:
        """The earliest `due_at` of all workspaces; None when nothing is ever due."""
        ...

    def find_demand(self) -> Demand:
        """The record of past launches; an empty one with version 0 as long as nothing was counted."""
        ...

    def find_cohort(self, cohort_id: str) -> Cohort | None: ...

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        """Cohorts whose `due_at` has come, longest due first. `find_next_due_at` leaves them out: a class is prepared
        so early that the usual sweep is in time."""
        ...

    def find_task(self, task_id: str) -> Task | None: ...

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        """All records of tasks, ended ones too until they are forgotten; oldest first."""
        ...
