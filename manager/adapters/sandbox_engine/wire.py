"""What the runner and the sandbox engine say to each other: one JSON line each way, one call a connection."""

from __future__ import annotations

from dataclasses import dataclass

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from manager.ports.task_runner import ObservedTask

LINE_MAX_BYTES = 1 << 20
"""40 tasks make some 12 kB; a line beyond this is a mistake, not a fleet."""


@dataclass(frozen=True)
class CallName:
    """The part of `{"call": …, "arguments": {…}}` that all calls share. The answer is `{"value"}` or `{"failure"}`."""

    call: str


@dataclass(frozen=True)
class AttachHome:
    task_id: str
    home_id: str


@dataclass(frozen=True)
class Stop:
    task_id: str
    grace_s: float


@dataclass(frozen=True)
class OfKind:
    kind: WorkspaceKind


@dataclass(frozen=True)
class Nothing:
    """Arguments of a call that needs none, and the answer of a call that has nothing to say."""


@dataclass(frozen=True)
class TaskIds:
    task_ids: tuple[str, ...]


@dataclass(frozen=True)
class Tasks:
    tasks: tuple[ObservedTask, ...]


@dataclass(frozen=True)
class Image:
    image: str


@dataclass(frozen=True)
class Enforced:
    limits: dict[str, str]


@dataclass(frozen=True)
class Failure:
    reason: Reason
    message: str
    detail: str = ""

    def as_error(self) -> ApraNovaError:
        return ApraNovaError(self.reason, self.message, detail=self.detail)
