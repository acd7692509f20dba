"""`TaskRunner` over pretended tasks: one machine's engine, and ECS with its limits."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from contract.agent import ClaimRequest
from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import WorkspaceKind
from manager.ports.task_runner import ObservedTask, StillEnding, TaskSpec
from simulator.loop import EventLoop
from simulator.moving import Slots

NEVER = float("inf")
NOTICE_S = 120.0
"""From Spot's notice, which is the agent's SIGTERM, to the end of the task."""


@dataclass
class TaskLife:
    """What becomes of a task, drawn when it starts."""

    ready_after_s: float
    """NEVER: it comes up and never gets ready."""
    fails: str = ""
    """Instead of becoming ready, its application fails with this."""
    dies_after_s: float = NEVER
    dies_because: str = ""
    notice_after_s: float = NEVER
    """When Spot gives notice. The agent ends the task itself, or NOTICE_S later Spot does."""
    visible_after_s: float = 0.0
    """Lists are eventually consistent: a new task may be missing from them at first."""


@dataclass
class Instance:
    """A task that the engine runs and somebody pays for."""

    spec: TaskSpec
    life: TaskLife
    started: float
    """By the simulation's clock, like `ready_at`, `visible_at` and `ended`."""
    started_at: float
    """By the engine's own clock, as it tells it."""
    ready_at: float
    visible_at: float
    home_id: str | None
    address: str = ""
    slot: str = ""
    alive: bool = True
    ended: float = NEVER
    ended_because: str = ""
    claim: ClaimRequest | None = None
    hangs_until: float = 0.0
    lingers_s: float | None = None
    """How long it lives on after it was told to end; None: not told yet."""
    refuses_claims: str = ""
    unsaved: bool = False
    """A student's work is in the editor and not yet in the home."""
    taken_back_at: float | None = None
    """Spot has given notice, and ends the task then."""
    save_failed_at: float | None = None
    """When the agent tried in vain to save after that notice."""
    active_at: float | None = None
    """When a person last did something in it; the agent knows."""
    busy: str = ""
    keep_running_wish_until: float | None = None
    seen: ObservedTask | None = None
    """What a list says of it; cached, because lists are read far more often than tasks change."""

    @property
    def task_id(self) -> str:
        return self.spec.task_id


class Chance(Protocol):
    """What the engine leaves to chance."""

    def life(self, task_id: str) -> TaskLife: ...
    def has_capacity(self) -> bool: ...
    def lingers_s(self) -> float: ...
    def mover_is_late_s(self) -> float | None: ...
    def mover_dies(self) -> bool: ...


@dataclass
class Watchers:
    """Who learns what happens to tasks: the invariants at once, the managers by lossy events."""

    started: Callable[[Instance], None] = lambda _: None
    attached: Callable[[Instance], None] = lambda _: None
    ending: Callable[[Instance, bool], None] = lambda _instance, _by_manager: None
    noticed: Callable[[Instance], None] = lambda _: None
    """Spot's notice has reached the agent."""
    leaving: Callable[[Instance], None] = lambda _: None
    """It ends because of that notice, by itself or because its time is up."""
    changed: Callable[[str], None] = lambda _: None


class MachineEngine:
    """One machine: starts fast, attaches homes late, remembers ended tasks for ten minutes."""

    LOCAL = frozenset({"kind_status", "enforced", "prepare"})
    isolation = "simulated"
    remembers_s = 600.0
    latencies_s = {  # noqa: RUF012 (read only)
        "start": 0.02,
        "attach_home": 0.01,
        "stop": 0.6,
        "release": 0.001,
        "find_tasks": 0.01,
        "list_tasks": 0.01,
        "image": 0.001,
    }

    def __init__(self, loop: EventLoop, chance: Chance, *, clock_offset_s: float = 0.0) -> None:
        self.instances: dict[str, Instance] = {}
        self.by_address: dict[str, Instance] = {}
        self.images: dict[WorkspaceKind, str] = {WorkspaceKind.VSCODE: "vscode-1"}
        self.watchers = Watchers()
        self.clock_offset_s = clock_offset_s
        self._loop = loop
        self._chance = chance
        self._spent: set[str] = set()
        """Ended, or stopped before they started: a later start does nothing."""
        self._free_addresses: collections.deque[str] = collections.deque()
        self._addresses = 0

    def latency_s(self, method: str, arguments: tuple) -> float:  # noqa: ARG002 (each adapter decides what counts)
        return self.latencies_s[method]

    def start(self, spec: TaskSpec) -> None:
        if self.images.get(spec.kind) is None:
            raise ApraNovaError(Reason.KIND_NOT_READY, "It is not installed")
        if spec.task_id in self.instances or spec.task_id in self._spent:
            return
        if not self._chance.has_capacity():
            raise ApraNovaError(Reason.NO_CAPACITY, "Capacity is unavailable at this time")
        self._run(spec)

    def attach_home(
        self,
        task_id: str,
        home_id: str,
        *,
        slot: str = "",  # noqa: ARG002 (it mounts)
        limits: object = None,  # noqa: ARG002
        shared: str = "",  # noqa: ARG002
    ) -> None:
        instance = self.instances.get(task_id)
        if instance is None or not instance.alive or instance.home_id not in (None, home_id):
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The task is gone, or cannot have this home")
        instance.home_id = home_id
        self.watchers.attached(instance)

    def stop(self, task_id: str, *, grace_s: float) -> None:  # noqa: ARG002 (how long it takes is in `latency_s`)
        self._spent.add(task_id)
        instance = self.instances.get(task_id)
        if instance is not None and instance.alive:
            self.end(instance, "", by_manager=True)

    def release(self, task_id: str) -> None:
        """The mount ended with the task."""

    def prepare(self) -> bool:
        return False

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        now = self._loop.now
        found = (self.instances.get(task_id) for task_id in dict.fromkeys(task_ids))
        return tuple(
            self._observed(instance) for instance in found if instance is not None and instance.visible_at <= now
        )

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        now = self._loop.now
        return tuple(self._observed(instance) for instance in self.instances.values() if instance.visible_at <= now)

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        return KindView(kind, ready=kind in self.images, text="" if kind in self.images else "It is not installed")

    def image(self, kind: WorkspaceKind) -> str:
        if kind not in self.images:
            raise ApraNovaError(Reason.KIND_NOT_READY, "It is not installed")
        return self.images[kind]

    def enforced(self) -> dict[str, str]:
        return {"memory": "not enforced: nothing runs"}

    def end(self, instance: Instance, because: str, *, by_manager: bool = False) -> None:
        """End the task: by a manager's stop, a crash, or an interruption."""
        if not instance.alive:
            return
        self.watchers.ending(instance, by_manager)
        instance.alive, instance.ended, instance.ended_because = False, self._loop.now, because
        self._spent.add(instance.task_id)
        self.by_address.pop(instance.address, None)
        self._free_addresses.append(instance.address)
        self._loop.after(self.remembers_s, lambda: self.instances.pop(instance.task_id, None))
        if not by_manager:
            self.watchers.changed(instance.task_id)

    def leave(self, instance: Instance) -> None:
        """End after Spot's notice: the agent is done, or the two minutes are over."""
        if instance.alive:
            self.watchers.leaving(instance)
            self.end(instance, "the Spot capacity was taken back")

    def run_unasked(self, spec: TaskSpec) -> Instance:
        """A task that no manager started, as after a restore of the store."""
        return self._run(spec)

    def _run(self, spec: TaskSpec) -> Instance:
        now = self._loop.now
        life = self._chance.life(spec.task_id)
        instance = Instance(
            spec=spec,
            life=life,
            started=now,
            started_at=now + self.clock_offset_s,
            ready_at=now + life.ready_after_s,
            visible_at=now + life.visible_after_s,
            home_id=None,
            address=self._address(),
            slot=self._slot(spec.task_id),
        )
        self.instances[spec.task_id] = instance
        self.by_address[instance.address] = instance
        self.watchers.started(instance)
        if life.dies_after_s != NEVER:
            self._loop.after(
                life.dies_after_s, lambda: life.dies_after_s != NEVER and self.end(instance, life.dies_because)
            )
        if life.notice_after_s != NEVER:
            self._loop.after(life.notice_after_s, lambda: life.notice_after_s != NEVER and self._give_notice(instance))
        if life.ready_after_s != NEVER:
            self._loop.after(life.ready_after_s, lambda: instance.alive and self.watchers.changed(spec.task_id))
        return instance

    def _give_notice(self, instance: Instance) -> None:
        if instance.alive:
            instance.taken_back_at = self._loop.now + NOTICE_S
            self._loop.after(NOTICE_S, lambda: self.leave(instance))
            self.watchers.noticed(instance)

    def _slot(self, task_id: str) -> str:  # noqa: ARG002 (the engine mounts)
        return ""

    def _address(self) -> str:
        """Addresses are used again at once, for the next student's task."""
        if self._free_addresses:
            return self._free_addresses.popleft()
        self._addresses += 1
        return f"10.0.0.{self._addresses}:8080"

    def _observed(self, instance: Instance) -> ObservedTask:
        if instance.seen is None or instance.seen.alive is not instance.alive:
            instance.seen = ObservedTask(
                task_id=instance.task_id,
                alive=instance.alive,
                started_at=instance.started_at,
                control_address=instance.address,
                cluster=instance.task_id,
                address=instance.address,
                slot=instance.slot,
                ended_because=instance.ended_because,
            )
        return instance.seen


@dataclass
class Bucket:
    """A token bucket: `burst` at once, `per_s` sustained."""

    burst: float
    per_s: float
    left: float = field(init=False)
    filled_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, now: float) -> bool:
        self.left = min(self.burst, self.left + (now - self.filled_at) * self.per_s)
        self.filled_at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class EcsEngine(MachineEngine):
    """ECS on Fargate: slow starts, limits on calls and launches, lists that lag.

    A call of the port starts one task, so the limit of 20 calls a second is the tighter one.
    """

    page_size = 4
    """ECS has 100; runs have a dozen tasks, and a page must not hold them all."""

    remembers_s = 3_600.0
    latencies_s = MachineEngine.latencies_s | {
        "start": 0.4,
        "stop": 4.0,
        "attach_home": 0.2,
        "release": 0.3,
        "find_tasks": 0.08,
        "list_tasks": 0.16,
        "image": 0.02,
    }

    def __init__(self, loop: EventLoop, chance: Chance, *, clock_offset_s: float = 0.0) -> None:
        super().__init__(loop, chance, clock_offset_s=clock_offset_s)
        self._calls = Bucket(burst=20.0, per_s=20.0)
        self._launches = Bucket(burst=100.0, per_s=20.0)
        self._pages_listed = 0
        self.slots = Slots(loop, chance)

    def start(self, spec: TaskSpec) -> None:
        if not self._calls.take(self._loop.now) or not self._launches.take(self._loop.now):
            raise ApraNovaError(Reason.INTERNAL, "ThrottlingException: rate exceeded")
        super().start(spec)

    def attach_home(
        self,
        task_id: str,  # noqa: ARG002 (the mover knows no task)
        home_id: str,
        *,
        slot: str = "",
        limits: object = None,  # noqa: ARG002
        shared: str = "",  # noqa: ARG002
    ) -> None:
        if not slot:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This task has no slot for a home")
        self.slots.bring(home_id, slot)

    def stop(self, task_id: str, *, grace_s: float) -> None:
        """It may hang, and be killed two minutes later."""
        instance = self.instances.get(task_id)
        if instance is None or not instance.alive:
            super().stop(task_id, grace_s=grace_s)
            return
        self._spent.add(task_id)
        if instance.lingers_s is None:
            instance.lingers_s = self._chance.lingers_s()
            if instance.lingers_s:
                self._loop.after(instance.lingers_s, lambda: self.end(instance, "", by_manager=True))
        if instance.lingers_s:
            raise StillEnding(task_id, "ECS says DEACTIVATING")
        super().stop(task_id, grace_s=grace_s)

    def release(self, task_id: str) -> None:
        self.slots.release(task_id)

    def _slot(self, task_id: str) -> str:
        return self.slots.take(task_id)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        """The next page. All managers share one cursor, and a page whose answer is lost is skipped:
        nobody may rely on seeing every task in one round."""
        running = tuple(seen for seen in super().list_tasks() if seen.alive)
        pages = max(1, -(-len(running) // self.page_size))
        start = self._pages_listed % pages * self.page_size
        self._pages_listed += 1
        return running[start : start + self.page_size]
