"""`TaskRunner` and `TaskAgent` in memory, over pretended tasks, and misbehaving variants."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.agent import (
    AgentPhase,
    AgentStatus,
    ClaimRequest,
    EndVisitsRequest,
    HomeUseRequest,
    SaveAnswer,
    WarnRequest,
)
from contract.collect import CollectAnswer, CollectRequest, CollectState
from contract.errors import ApraNovaError, Reason
from contract.hand_out import HandOutAnswer, HandOutRequest, HandOutState
from contract.history import LookAnswer, LookRequest, WriteAnswer, WriteRequest
from contract.manager import KindView
from contract.names import WorkspaceKind
from contract.show import ShowRequest
from contract.sizes import SizeLimits
from manager.ports.clock import Clock
from manager.ports.task_agent import AgentUnreachable
from manager.ports.task_runner import ObservedTask, TaskSpec


@dataclass
class PretendedTask:
    spec: TaskSpec
    started_at: float
    alive: bool = True
    ended_because: str = ""
    home_id: str | None = None
    limits: SizeLimits | None = None
    claim: ClaimRequest | None = None
    last_activity_at: float | None = None
    activity_reason: str = ""
    busy: str = ""
    keep_running_wish_until: float | None = None
    ports: tuple[int, ...] = ()
    programs: tuple[str, ...] = ()
    memory_bytes: int = 0
    failure: str = ""
    saves: int = 0
    warnings: list[WarnRequest] = field(default_factory=list)
    home_uses: list[HomeUseRequest] = field(default_factory=list)
    handed_out: list[HandOutRequest] = field(default_factory=list)
    visits_ended: list[int] = field(default_factory=list)
    """Ports."""
    shown: list[ShowRequest] = field(default_factory=list)


class MemoryTaskRunner:
    """An engine without faults: tasks are ready after `ready_after_s` and end only on request."""

    isolation = "memory"

    def __init__(self, clock: Clock, *, ready_after_s: float = 0.0) -> None:
        self.clock = clock
        self.ready_after_s = ready_after_s
        self.tasks: dict[str, PretendedTask] = {}
        self.shared: dict[str, str] = {}
        self.images: dict[WorkspaceKind, str] = {WorkspaceKind.VSCODE: "vscode-1"}
        self._stopped: set[str] = set()
        self._lock = threading.Lock()

    def start(self, spec: TaskSpec) -> None:
        with self._lock:
            if spec.task_id not in self.tasks and spec.task_id not in self._stopped:
                self.tasks[spec.task_id] = PretendedTask(spec, self.clock.now())

    def attach_home(
        self,
        task_id: str,
        home_id: str,
        *,
        slot: str = "",  # noqa: ARG002 (it has none)
        limits: SizeLimits | None = None,
        shared: str = "",
    ) -> None:
        self.shared[task_id] = shared
        with self._lock:
            task = self.tasks.get(task_id)
            if task is None or not task.alive or task.home_id not in (None, home_id):
                raise ApraNovaError(Reason.LAUNCH_FAILED, "The task is gone, or has another home")
            task.home_id = home_id
            task.limits = task.spec.limits or limits

    def stop(self, task_id: str, *, grace_s: float) -> None:  # noqa: ARG002 (ends at once)
        self._stopped.add(task_id)
        self.end(task_id, "")

    def release(self, task_id: str) -> None:
        """The home went nowhere."""

    def prepare(self) -> bool:
        return False

    def end(self, task_id: str, because: str) -> None:
        """What a crash inside the task does, or a kill from outside."""
        with self._lock:
            task = self.tasks.get(task_id)
            if task is not None and task.alive:
                task.alive, task.ended_because = False, because

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        with self._lock:
            found = ((task_id, self.tasks.get(task_id)) for task_id in dict.fromkeys(task_ids))
            return tuple(_observed(task_id, task) for task_id, task in found if task is not None)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        with self._lock:
            return tuple(_observed(task_id, task) for task_id, task in self.tasks.items())

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        return KindView(kind, ready=kind in self.images, text="" if kind in self.images else "It is not installed")

    def image(self, kind: WorkspaceKind) -> str:
        if kind not in self.images:
            raise ApraNovaError(Reason.KIND_NOT_READY, "It is not installed")
        return self.images[kind]

    def enforced(self) -> dict[str, str]:
        return {"memory": "not enforced: nothing runs"}

    def is_ready(self, task: PretendedTask) -> bool:
        return self.clock.now() - task.started_at >= self.ready_after_s

    def serving(self, workspace_id: str) -> list[str]:
        """Live tasks that serve the workspace. More than one breaks the first rule."""
        return [
            task_id
            for task_id, task in self.tasks.items()
            if task.alive and task.claim is not None and task.claim.workspace_id == workspace_id
        ]


def _observed(task_id: str, task: PretendedTask) -> ObservedTask:
    return ObservedTask(
        task_id=task_id,
        alive=task.alive,
        started_at=task.started_at,
        control_address=f"memory:{task_id}",
        cluster=task_id,
        ended_because=task.ended_because,
    )


class RunnerThatLosesTasks(MemoryTaskRunner):
    """Forgets a task when it ends, as an engine does after its own restart."""

    def end(self, task_id: str, because: str) -> None:
        super().end(task_id, because)
        with self._lock:
            self.tasks.pop(task_id, None)


class RunnerThatDoesNotAnswer(MemoryTaskRunner):
    """Its look-ups fail while `silent`; everything else works."""

    silent = True

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        if self.silent:
            raise ApraNovaError(Reason.INTERNAL, "The engine does not answer")
        return super().find_tasks(task_ids)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        if self.silent:
            raise ApraNovaError(Reason.INTERNAL, "The engine does not answer")
        return super().list_tasks()


class RunnerWithoutRoom(MemoryTaskRunner):
    """Refuses every start while `full`."""

    full = True

    def start(self, spec: TaskSpec) -> None:
        if self.full:
            raise ApraNovaError(Reason.NO_CAPACITY, "There is no room for another task")
        super().start(spec)


class MemoryTaskAgent:
    """The agents of a `MemoryTaskRunner`'s tasks."""

    def __init__(self, runner: MemoryTaskRunner) -> None:
        self.runner = runner
        self.save_failure = ""
        self.written: list[WriteRequest] = []
        self.looked: list[LookRequest] = []
        self.seen = LookAnswer()
        """What it answers to who looks."""

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        task = self._task(control_address, agent_token)
        return self._status(task)

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        task = self._task(control_address, agent_token)
        if task.claim is not None and (task.claim.workspace_id, task.claim.launch_secret) != (
            request.workspace_id,
            request.launch_secret,
        ):
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The task serves another workspace")
        if task.home_id is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The task has no home")
        if task.failure:
            raise ApraNovaError(Reason.LAUNCH_FAILED, task.failure)
        task.claim = request
        return self._status(task)

    def warn(self, control_address: str, agent_token: str, request: WarnRequest) -> None:
        self._task(control_address, agent_token).warnings.append(request)

    def end_visits(self, control_address: str, agent_token: str, request: EndVisitsRequest) -> None:
        self._task(control_address, agent_token).visits_ended.append(request.port)

    def show_home_use(self, control_address: str, agent_token: str, request: HomeUseRequest) -> None:
        self._task(control_address, agent_token).home_uses.append(request)

    def show(self, control_address: str, agent_token: str, request: ShowRequest) -> None:
        self._task(control_address, agent_token).shown.append(request)

    def hand_out(self, control_address: str, agent_token: str, request: HandOutRequest) -> HandOutAnswer:
        self._task(control_address, agent_token).handed_out.append(request)
        return HandOutAnswer(HandOutState.DONE)

    def collect(self, control_address: str, agent_token: str, request: CollectRequest) -> CollectAnswer:
        self._task(control_address, agent_token)
        return CollectAnswer(CollectState.DONE, files=f"{request.folder} of a home that runs")

    def look(self, control_address: str, agent_token: str, request: LookRequest) -> LookAnswer:
        self._task(control_address, agent_token)
        self.looked.append(request)
        return self.seen

    def write_files(self, control_address: str, agent_token: str, request: WriteRequest) -> WriteAnswer:
        self._task(control_address, agent_token)
        self.written.append(request)
        return WriteAnswer()

    def save(self, control_address: str, agent_token: str) -> SaveAnswer:
        task = self._task(control_address, agent_token)
        if self.save_failure:
            return SaveAnswer(saved=False, failure=self.save_failure)
        task.saves += 1
        return SaveAnswer(saved=True)

    def _task(self, control_address: str, agent_token: str) -> PretendedTask:
        task = self.runner.tasks.get(control_address.removeprefix("memory:"))
        if task is None or not task.alive or task.spec.agent_token != agent_token:
            raise AgentUnreachable(control_address)
        return task

    def _status(self, task: PretendedTask) -> AgentStatus:
        phase = AgentPhase.READY if self.runner.is_ready(task) else AgentPhase.WARMING
        if task.failure:
            phase = AgentPhase.FAILED
        elif task.claim is not None:
            phase = AgentPhase.CLAIMED
        return AgentStatus(
            task_id=task.spec.task_id,
            phase=phase,
            workspace_id=task.claim.workspace_id if task.claim else None,
            last_activity_at=task.last_activity_at,
            activity_reason=task.activity_reason,
            busy=task.busy,
            keep_running_wish_until=task.keep_running_wish_until,
            failure=task.failure,
            ports=task.ports,
            programs=task.programs,
            memory_bytes=task.memory_bytes,
        )
