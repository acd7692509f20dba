"""What reconcile may ask for: a closed union of plain data, carried out by use_cases/apply.py.

An action carries the records that were observed; every write it leads to is conditional on their versions, so an action
that comes too late changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from contract.names import WorkspaceKind
from manager.domain.arrivals import Expectation
from manager.domain.cohort import Cohort
from manager.domain.idle import IdleVerdict
from manager.domain.observation import ObservedTask
from manager.domain.outlook import Outlook, TargetLine
from manager.domain.task import Task
from manager.domain.workspace import Workspace


@dataclass(frozen=True)
class StartAgain:
    """The intent was written, but the engine was never asked: its caller died in between."""

    task: Task


@dataclass(frozen=True)
class MarkReady:
    task: Task
    observed: ObservedTask


@dataclass(frozen=True)
class FinishLaunch:
    """Bind the ready task to the workspace that waits for it, or complete a claim whose caller died."""

    workspace: Workspace
    task: Task
    observed: ObservedTask


@dataclass(frozen=True)
class NoteProgress:
    """A claim takes long: the person who waits is told what is being done."""

    workspace: Workspace
    text: str


@dataclass(frozen=True)
class FailLaunch:
    workspace: Workspace
    task: Task
    because: str


@dataclass(frozen=True)
class LaunchAgain:
    """A person asked for it while it was stopping."""

    workspace: Workspace


@dataclass(frozen=True)
class RecordUse:
    workspace: Workspace
    verdict: IdleVerdict


@dataclass(frozen=True)
class Warn:
    workspace: Workspace
    task: Task
    verdict: IdleVerdict


@dataclass(frozen=True)
class StopWorkspace:
    workspace: Workspace
    task: Task
    verdict: IdleVerdict


@dataclass(frozen=True)
class EndTask:
    """Save if there is something to save, end the task, record it."""

    task: Task
    workspace: Workspace | None


@dataclass(frozen=True)
class RecordTaskGone:
    """The engine says that the task is not alive (any more)."""

    task: Task
    workspace: Workspace | None
    because: str


@dataclass(frozen=True)
class RetireTask:
    task: Task
    because: str
    failure: str = ""
    """Not empty: it failed to become ready; counts for the pool's back-off."""


@dataclass(frozen=True)
class StartWarmTask:
    kind: WorkspaceKind
    image: str
    because: str = ""
    """Words for the operator."""
    intended_for: Workspace | None = None
    """The stopped workspace whose home the task starts with; None: it serves anyone, or any newcomer."""


@dataclass(frozen=True)
class ExpectLater:
    """Write down when a workspace is expected to be launched next; None: nothing is known."""

    workspace: Workspace
    expected: Expectation | None


@dataclass(frozen=True)
class RecordPrepared:
    """Classes were prepared, wholly or by a page: what was learned of them, in one write."""

    cohorts: tuple[Cohort, ...]
    outlook: Outlook
    decisions: tuple[str, ...]


@dataclass(frozen=True)
class StopOrphan:
    """The engine runs it, and no record says why, also when it was read by key after the engine had been asked."""

    task_id: str


@dataclass(frozen=True)
class ForgetTask:
    """One that never served anybody."""

    task: Task


@dataclass(frozen=True)
class ForgetLaunches:
    """Tasks that served a workspace: each counts as a launch when it is forgotten, and one write counts many."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class ForgiveFailures:
    """A task became ready since: these no longer hold the pool up."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class PurgeWorkspace:
    workspace: Workspace


@dataclass(frozen=True)
class AskBackupWorker:
    """A restore is still unfinished: the notification may have been lost, or the backup worker may have died."""

    workspace: Workspace


Action: TypeAlias = (
    StartAgain
    | MarkReady
    | FinishLaunch
    | NoteProgress
    | FailLaunch
    | LaunchAgain
    | RecordUse
    | Warn
    | StopWorkspace
    | EndTask
    | RecordTaskGone
    | RetireTask
    | StartWarmTask
    | ExpectLater
    | RecordPrepared
    | StopOrphan
    | ForgetTask
    | ForgetLaunches
    | ForgiveFailures
    | PurgeWorkspace
    | AskBackupWorker
)

SELF_TIMED = (RecordUse, Warn, ExpectLater, NoteProgress, ForgetTask, ForgetLaunches)
"""What these leave behind says itself when it is due, or matters to nobody: no pass need follow them. In a large school most
actions are of these sorts."""


@dataclass(frozen=True)
class PoolNote:
    """What the operator is told of a pass, and what the meter counts."""

    policy: str
    targets: tuple[TargetLine, ...]
    decisions: tuple[str, ...]
    warm: int
    """Warm tasks that are there, of all sorts."""


@dataclass(frozen=True)
class Plan:
    actions: tuple[Action, ...]
    look_again_at: float
    """When the next pass should run if nothing wakes it before; records' own `due_at` may come earlier."""
    pool: PoolNote | None = None
    """What the pool's planner decided; None: the engine did not answer, and nothing was."""
