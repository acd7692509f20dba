"""What a reconcile pass observed of tasks and workspaces."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.agent import AgentStatus
from contract.names import TaskState
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace


@dataclass(frozen=True)
class Fleet:
    """What is due, warm or named. Records were read first, then the engine, then the agents: a task
    that the engine should know can only be missing because it has ended. A pass concludes nothing
    about the rest of the fleet."""

    tasks: tuple[Task, ...] = ()
    """The pool's, the due ones, and those of the due workspaces."""
    workspaces: tuple[Workspace, ...] = ()
    """Those that are due, and those of `tasks`."""
    observed: tuple[ObservedTask, ...] | None = ()
    """The engine's answer about every live one of `tasks`: what it does not name is gone.
    None: it did not answer, and nothing may be concluded about any task."""
    statuses: Mapping[str, AgentStatus] = field(default_factory=dict)
    """By task id; absent when the agent was not asked or did not answer."""
    strangers: tuple[ObservedTask, ...] = ()
    """Alive in the engine's list, and without a record when that was read by key afterwards."""
    latecomers: tuple[ObservedTask, ...] = ()
    """Alive in the engine's list although their record says STOPPED: they started too late."""

    @functools.cached_property
    def warm(self) -> tuple[Task, ...]:
        """Most of what a pass over a large pool reads; few of them need anything."""
        return tuple(task for task in self.tasks if task.warm)

    @functools.cached_property
    def observed_by_id(self) -> Mapping[str, ObservedTask]:
        return {seen.task_id: seen for seen in self.observed or ()}

    def gone(self, task: Task) -> bool:
        """Whether the engine answered and does not have the task alive. It cannot know one that is
        still to be started."""
        seen = self.observed_by_id.get(task.task_id)
        if seen is None:
            return self.observed is not None and task.state is not TaskState.STARTING
        return not seen.alive
