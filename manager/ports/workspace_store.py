"""The port to the records of workspaces and tasks: SQLite on one machine, DynamoDB on AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

from contract.names import WorkspaceSize
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.outlook import Outlook

Record: TypeAlias = Workspace | Task | Demand | Cohort | Outlook

WRITE_MAX = 25
"""Records in one write: what one transaction of every store can carry."""

FIND_MAX = 100
"""Records in one look-up by key: what one request to every store can carry."""


class VersionConflict(Exception):
    """A record is not at the version that was read: someone else changed it. Nothing of the write
    was stored."""


class WorkspaceStore(Protocol):
    """Keeps workspaces, tasks and one record of past launches, and changes them in one way only:
    all records of a `write`, or none.

    The shape fits a single DynamoDB table with one sparse index, so that no pass and no launch
    reads what exists, only what is due, warm or named:

    | method | request |
    |---|---|
    | `write` | PutItem, DeleteItem or TransactWriteItems, on condition of each version |
    | `find_…` by id | GetItem, BatchGetItem; consistent |
    | `list_due_workspaces` | Query of the index, queue "workspaces", by `Workspace.due_at` |
    | `list_due_tasks` | Query of the index, queue "tasks", by `Task.due_at` |
    | `list_warm_tasks` | Query of the index, queue "pool", by `Task.pool_rank` |
    | `find_next_due_at` | two such queries, one record each |
    | `list_workspaces`, `list_tasks` | Scan; for the operator's view only |

    A record is in at most one queue. Look-ups by key see every write that returned before they
    began; what is read of the index may be some seconds old. Then a record looks as it was, and the
    write that follows from it is refused (`VersionConflict`), or it is missing for a moment. Two
    reads are two moments.
    """

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        """Store each record as version + 1 and remove those in `delete`, if every one of them is
        still at its version.

        A record with version 0 must not exist yet. At most `WRITE_MAX` records. Raises
        `VersionConflict`, and then nothing was changed. After any other error the outcome is
        unknown: read before trying again.
        """

    def find_workspace(self, workspace_id: str) -> Workspace | None: ...

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        """Those of at most `FIND_MAX` ids that exist, in the order asked for; one request."""
        ...

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        """Reads what exists: for the operator's view only."""
        ...

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        """Workspaces whose `due_at` has come, longest due first."""
        ...

    def find_next_due_at(self) -> float | None:
        """The earliest `due_at` of all workspaces and tasks; None when nothing is ever due."""
        ...

    def find_demand(self) -> Demand:
        """The record of past launches; with version 0 as long as nothing was counted."""
        ...

    def find_outlook(self) -> Outlook:
        """What is expected of the next hours; an empty one with version 0 as long as nothing was
        written."""
        ...

    def find_cohort(self, cohort_id: str) -> Cohort | None: ...

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        """Cohorts whose `due_at` has come, longest due first. `find_next_due_at` leaves them out: a
        class is prepared so early that the regular pass is in time."""
        ...

    def find_task(self, task_id: str) -> Task | None: ...

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        """Those of at most `FIND_MAX` ids that exist, in the order asked for; one request."""
        ...

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        """The pool's tasks by `Task.pool_rank`: warm ones and the failed starts that still count,
        oldest first. Whatever runs for a student is not among them, so their number is the pool's,
        not the school's."""
        ...

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        """Tasks whose `due_at` has come, longest due first."""
        ...

    def count_live_tasks(self) -> Mapping[WorkspaceSize | None, int]:
        """How many tasks have not ended, by `Task.counted_size`. Asked only where
        `Policy.memory_max_mib` says so: on one machine. DynamoDB has no index for it; there the
        engine's quota is the limit."""
        ...

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        """All records of tasks, ended ones too until they are forgotten; oldest first. Reads what
        exists: for the operator's view only."""
        ...
