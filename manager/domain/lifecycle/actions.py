"""What the lifecycle may ask for: a closed union of plain data, carried out by use_cases/apply.py.

An action carries the records that were observed. Every write is conditional on their versions, so
an action that comes too late changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from manager.domain.lifecycle.idle import IdleVerdict
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace


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
    """Bind the ready task to its workspace, or complete a claim that was cut short."""

    workspace: Workspace
    task: Task
    observed: ObservedTask


@dataclass(frozen=True)
class NoteProgress:
    """Tell the person who waits for a long claim what is being done."""

    workspace: Workspace
    text: str


@dataclass(frozen=True)
class GiveUpStart:
    """A start has failed, and with it the launch that waits for it. The back-off counts it."""

    task: Task
    workspace: Workspace | None
    because: str


@dataclass(frozen=True)
class ActOnUse:
    """Stop or warn a running workspace, or only record its use, as the verdict says."""

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
    """The engine says that the task is not alive."""

    task: Task
    workspace: Workspace | None
    because: str


@dataclass(frozen=True)
class StopOrphan:
    """The engine runs it, and had no record when that was read by key afterwards."""

    task_id: str


@dataclass(frozen=True)
class Forget:
    """Remove records of ended tasks; those that served a workspace are counted as launches."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class LaunchAgain:
    """A person asked for it while it was stopping."""

    workspace: Workspace


@dataclass(frozen=True)
class PurgeWorkspace:
    workspace: Workspace


@dataclass(frozen=True)
class AskBackupWorker:
    """A restore is unfinished: the notification was lost, or the backup worker died."""

    workspace: Workspace


LifecycleAction: TypeAlias = (
    StartAgain | MarkReady | FinishLaunch | NoteProgress | GiveUpStart | ActOnUse | EndTask | RecordTaskGone
    | StopOrphan | Forget | LaunchAgain | PurgeWorkspace | AskBackupWorker
)  # fmt: skip
