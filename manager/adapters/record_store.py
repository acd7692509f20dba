"""Expresses `WorkspaceStore`'s look-ups by the few that each technology implements."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from typing import TypeVar

from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.outlook import Outlook
from manager.ports.workspace_store import Record

Kept = TypeVar("Kept", Workspace, Task, Demand, Cohort, Outlook)
Due = TypeVar("Due", Workspace, Task, Cohort)
Listed = TypeVar("Listed", Workspace, Task)

KEYS: dict[type[Record], str] = {
    Workspace: "workspace_id",
    Task: "task_id",
    Demand: "demand_id",
    Cohort: "cohort_id",
    Outlook: "outlook_id",
}
"""The attribute that names a record among those of its type."""


def id_of(record: Record) -> str:
    return getattr(record, KEYS[type(record)])


class RecordStore(abc.ABC):
    def find_workspace(self, workspace_id: str) -> Workspace | None:
        return self._find(Workspace, workspace_id)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        return self._find_many(Workspace, workspace_ids)

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        return self._list(Workspace, limit)

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        return self._list_due(Workspace, now, limit)

    def find_demand(self) -> Demand:
        return self._find(Demand, Demand().demand_id) or Demand()

    def find_outlook(self) -> Outlook:
        return self._find(Outlook, Outlook().outlook_id) or Outlook()

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        return self._find(Cohort, cohort_id)

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        return self._list_due(Cohort, now, limit)

    def find_task(self, task_id: str) -> Task | None:
        return self._find(Task, task_id)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        return self._find_many(Task, task_ids)

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        return self._list_due(Task, now, limit)

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        return self._list(Task, limit)

    def _find(self, record_type: type[Kept], record_id: str) -> Kept | None:
        return next(iter(self._find_many(record_type, (record_id,))), None)

    @abc.abstractmethod
    def _find_many(self, record_type: type[Kept], record_ids: Iterable[str]) -> tuple[Kept, ...]:
        """The existing ones, in the order of the ids."""

    @abc.abstractmethod
    def _list(self, record_type: type[Listed], limit: int) -> tuple[Listed, ...]:
        """Workspaces by id; tasks oldest first."""

    @abc.abstractmethod
    def _list_due(self, record_type: type[Due], now: float, limit: int) -> tuple[Due, ...]:
        """Longest due first."""
