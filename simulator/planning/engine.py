"""Tasks as Fargate runs them, with their agents: random start times, limits, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

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
from manager.domain.lifecycle.task import ObservedTask
from manager.ports.home_volumes import HomeOwner
from manager.ports.task_agent import AgentUnreachable
from manager.ports.task_runner import TaskSpec
from simulator.planning.ledger import Ledger
from simulator.planning.load import Load
from simulator.planning.settings import EngineSettings
from simulator.planning.timeline import Timeline

PAGE = 100
"""Tasks in one answer of ECS."""


class Worker:
    """What an agent can see of the person and their job in its task."""

    __slots__ = ("active_at", "at_work", "cohort", "job_until")

    def __init__(self, cohort: int) -> None:
        self.cohort = cohort
        self.at_work = False
        self.active_at: float | None = None
        """Their last key, when they are not at work."""
        self.job_until = 0.0


class Instance:
    """A task that runs and is billed."""

    __slots__ = ("claim", "claimed", "moved_s", "ready", "seen", "spec", "started", "work_began", "worked_s", "worker")

    def __init__(self, spec: TaskSpec, *, started: float, ready: float) -> None:
        self.spec, self.started, self.ready = spec, started, ready
        self.moved_s = 0.0
        """How long its home took to come."""
        self.claim: ClaimRequest | None = None
        self.claimed: float | None = None
        self.worker: Worker | None = None
        self.work_began: float | None = None
        self.worked_s = 0.0
        self.seen = ObservedTask(spec.task_id, True, started)
        """As ECS tells it: the agent has an address only once the task runs."""


class Rate:
    """A limit of AWS: so many at once, then so many a second. What comes too fast waits, as with an
    adapter that repeats throttled calls."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._left, self._at = burst, 0.0

    def wait_s(self, now: float) -> float:
        """Take a place, and say how long until it is free."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        self._left -= 1.0
        return max(0.0, -self._left / self._per_s)


class PlannedEngine:
    """`TaskRunner` and `TaskAgent` in one: an instance's id is its address."""

    isolation = "simulated"

    def __init__(self, timeline: Timeline, settings: EngineSettings, ledger: Ledger, load: Load, *, seed: int) -> None:
        self.settings, self.load = settings, load
        self.run_task = Load(timeline)
        self.instances: dict[str, Instance] = {}
        self.homes: set[str] = set()
        self.workers: dict[str, Worker] = {}
        """By workspace."""
        self.ready: Callable[[str], None] = lambda _: None
        self.delayed = 0
        """Launches that had to wait for one of ECS's limits."""
        self.unready = 0
        self.waiting_warm = 0
        """Ready, and nobody has them."""
        self._timeline, self._ledger = timeline, ledger
        self._launches = Rate(settings.launch_burst, settings.launches_per_s)
        self._calls = Rate(settings.calls_per_s, settings.calls_per_s)
        self._chance = Random(f"{seed}/starts")
        self._moves = Random(f"{seed}/moves")
        self._pages: list[list[str]] = []

    # ── TaskRunner

    def start(self, spec: TaskSpec) -> None:
        if spec.task_id in self.instances:
            return
        self.load.count("RunTask")
        self.run_task.count("RunTask")
        now = self._timeline.time
        delay_s = max(self._calls.wait_s(now), self._launches.wait_s(now))
        self.delayed += delay_s > 0.0
        started = now + delay_s
        ready = started + self._chance.uniform(self.settings.start_min_s, self.settings.start_max_s)
        self.instances[spec.task_id] = Instance(spec, started=started, ready=ready)
        self.unready += 1
        self._timeline.at(ready, self._became_ready, spec.task_id)

    def attach_home(
        self,
        task_id: str,
        home_id: str,
        *,
        slot: str = "",  # noqa: ARG002 (any will do)
        limits: object = None,  # noqa: ARG002
        shared: str = "",  # noqa: ARG002
    ) -> None:
        instance, chance, settings = self.instances.get(task_id), self._moves, self.settings
        if instance is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The task is gone, or cannot have this home", detail=home_id)
        self.load.count("mover")
        slow = chance.random() < settings.slow_move_share
        instance.moved_s = settings.slow_move_s if slow else chance.uniform(settings.move_min_s, settings.move_max_s)

    def stop(self, task_id: str, *, grace_s: float) -> None:  # noqa: ARG002 (nothing here takes long to end)
        if task_id in self.instances:
            self.load.count("StopTask")
            self._end(self.instances.pop(task_id))

    def release(self, task_id: str) -> None:
        """A home is where its student is."""

    def prepare(self) -> bool:
        return False

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        found = tuple(self.instances[task_id].seen for task_id in task_ids if task_id in self.instances)
        self.load.count("DescribeTasks", 1 + len(found) // PAGE)
        return found

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        """A page, and the next one at the next call."""
        self.load.count("ListTasks")
        self.load.count("DescribeTasks")
        if not self._pages:
            ids = list(self.instances)
            self._pages = [ids[first : first + PAGE] for first in range(0, len(ids), PAGE)]
        page = self._pages.pop() if self._pages else []
        return tuple(self.instances[task_id].seen for task_id in page if task_id in self.instances)

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        return KindView(kind, ready=True)

    def image(self, kind: WorkspaceKind) -> str:
        return _IMAGES[kind]

    def enforced(self) -> dict[str, str]:
        return {"memory": "not enforced: nothing runs"}

    # ── HomeVolumes

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:  # noqa: ARG002
        self.homes.add(home_id)

    def exists(self, home_id: str) -> bool:
        return home_id in self.homes

    def copy_folder(self, home_id: str, request: CollectRequest) -> CollectAnswer | None:  # noqa: ARG002
        return CollectAnswer(CollectState.DONE)

    def purge(self, home_id: str) -> None:
        self.homes.discard(home_id)

    # ── TaskAgent

    def status(self, control_address: str, agent_token: str) -> AgentStatus:  # noqa: ARG002 (nobody else asks here)
        self.load.count("agent")
        instance = self._find(control_address)
        now = self._timeline.time
        if instance.claim is None:
            phase = AgentPhase.READY if now >= instance.ready else AgentPhase.WARMING
            return AgentStatus(control_address, phase)
        worker = instance.worker
        return AgentStatus(
            control_address,
            AgentPhase.CLAIMED,
            instance.claim.workspace_id,
            None if worker is None else now if worker.at_work else worker.active_at,
            "typed in the editor",
            "npm" if worker is not None and worker.job_until > now else "",
        )

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        self.load.count("agent")
        instance = self._find(control_address)
        now = self._timeline.time
        if now < instance.ready:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The application is not ready")
        if instance.claim is None:
            self.waiting_warm -= 1
            instance.claim, instance.claimed = request, now
            instance.worker = self.workers[request.workspace_id]
        return self.status(control_address, agent_token)

    def warn(self, control_address: str, agent_token: str, request: WarnRequest) -> None:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)

    def end_visits(self, control_address: str, agent_token: str, request: EndVisitsRequest) -> None:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)

    def show_home_use(self, control_address: str, agent_token: str, request: HomeUseRequest) -> None:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)

    def show(self, control_address: str, agent_token: str, request: ShowRequest) -> None:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)

    def hand_out(self, control_address: str, agent_token: str, request: HandOutRequest) -> HandOutAnswer:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)
        return HandOutAnswer(HandOutState.DONE)

    def collect(self, control_address: str, agent_token: str, request: CollectRequest) -> CollectAnswer:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)
        return CollectAnswer(CollectState.DONE)

    def look(self, control_address: str, agent_token: str, request: LookRequest) -> LookAnswer:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)
        return LookAnswer()

    def write_files(self, control_address: str, agent_token: str, request: WriteRequest) -> WriteAnswer:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)
        return WriteAnswer()

    def save(self, control_address: str, agent_token: str) -> SaveAnswer:  # noqa: ARG002
        self.load.count("agent")
        self._find(control_address)
        return SaveAnswer(saved=True)

    # ── What students do

    def works(self, task_id: str | None) -> None:
        """Its student begins to work in it."""
        instance = self.instances.get(task_id or "")
        if instance is not None and instance.work_began is None:
            instance.work_began = self._timeline.time

    def rests(self, task_id: str | None) -> None:
        instance = self.instances.get(task_id or "")
        if instance is not None:
            self._close_work(instance)

    def end_of_time(self) -> None:
        """Bill what still runs until now."""
        for task_id in list(self.instances):
            self._end(self.instances.pop(task_id))

    def _became_ready(self, task_id: str) -> None:
        instance = self.instances.get(task_id)
        if instance is not None:
            instance.seen = ObservedTask(task_id, True, instance.started, task_id, task_id, "10.0.0.1:8080")
            self.unready -= 1
            self.waiting_warm += 1
            self.ready(task_id)

    def _close_work(self, instance: Instance) -> None:
        if instance.work_began is not None:
            instance.worked_s += self._timeline.time - instance.work_began
            instance.work_began = None

    def _end(self, instance: Instance) -> None:
        now = self._timeline.time
        self._close_work(instance)
        if instance.ready > now:
            self.unready -= 1
        elif instance.claim is None:
            self.waiting_warm -= 1
        if instance.started >= now:
            return  # it still waited for ECS's limit: nothing ran
        self._ledger.close(
            started=instance.started,
            ready=instance.ready,
            claimed=instance.claimed,
            ended=now,
            worked_s=instance.worked_s,
            cohort=None if instance.worker is None else instance.worker.cohort,
            waited_for=instance.spec.wanted_now,
        )

    def _find(self, address: str) -> Instance:
        instance = self.instances.get(address)
        if instance is None:
            raise AgentUnreachable(address)
        return instance


_IMAGES = {kind: f"{kind}-1" for kind in WorkspaceKind}
