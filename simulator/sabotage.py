"""The planted bugs: each replaces one or two functions by worse ones, as a hurried change could.

A worse function gets the right one as its first argument, then the arguments of the call.
"""
# ruff: noqa: SLF001 (a bug is planted in the middle of a module)

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from contract.agent import AgentPhase, AgentStatus
from contract.errors import ApraNovaError
from contract.names import TaskState, WorkspaceState
from manager.domain import reconcile
from manager.domain.lifecycle import binding, idle, starts
from manager.domain.lifecycle import reconcile as lifecycle
from manager.domain.lifecycle.actions import FinishLaunch, GiveUpStart, StartAgain, StopOrphan
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.reconcile import RetireTask
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases import apply, ending, finish_launch, launch, lifetime, reconcile_pass, records
from manager.use_cases.world import ProcessMemory
from simulator.agents import SimulatedAgents
from simulator.engine import EcsEngine, MachineEngine
from simulator.homes import SimulatedHomes
from simulator.moving import Slot, Slots
from simulator.store import SimulatedStore

Worse = Callable[..., Any]
Place = tuple[Any, str]
"""A module or a class, and the name of a function in it."""


@dataclass(frozen=True)
class PlantedBug:
    name: str
    effect: str
    """What a person would notice."""
    replaced: list[tuple[Place, Worse]]

    def also(self, *places: Place) -> Callable[[Worse], None]:
        """Replace these too, by another function."""
        return lambda worse: self.replaced.extend((place, worse) for place in places)

    @contextlib.contextmanager
    def plant(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for (owner, name), worse in self.replaced:
                stack.enter_context(patch.object(owner, name, _in_place_of(getattr(owner, name), worse)))
            yield


BUGS: list[PlantedBug] = []


def planted(name: str, effect: str, *places: Place) -> Callable[[Worse], PlantedBug]:
    def plants(worse: Worse) -> PlantedBug:
        BUGS.append(PlantedBug(name, effect, [(place, worse) for place in places]))
        return BUGS[-1]

    return plants


def _in_place_of(right: Any, worse: Worse) -> Any:
    if isinstance(right, property):
        return property(lambda self: worse(right, self))
    return lambda *arguments, **named: worse(right, *arguments, **named)


def _nothing(_right: Worse, *_: Any, **_named: Any) -> tuple[()]:
    return ()


def _without(action_type: type) -> Worse:
    return lambda right, *given: (action for action in right(*given) if not isinstance(action, action_type))


def _never_due(right: Worse, *given: Any, **named: Any) -> Any:
    return replace(right(*given, **named), due_at=None)


# Launches


@planted("claim in two writes", "the task is a student's, the student does not have it", (launch, "_try_bind"))
def _claim_in_two_writes(_right: Worse, world: Any, task: Task, workspace: Workspace, *, now: float) -> Any:
    bound = binding.bind(
        task,
        workspace,
        now=now,
        new_home_id=world.ids.home_id(),
        launch_secret=world.ids.secret(),
        policy=world.policy,
    )
    try:
        world.store.write(bound.task)
        world.store.write(bound.workspace)
    except launch.VersionConflict:
        return None
    return binding.Binding(records.stored(bound.task), records.stored(bound.workspace))


@planted("unconditional writes", "of two managers, the slower one wins", (SimulatedStore, "write"))
def _unconditional(right: Worse, self: SimulatedStore, *written: Any, delete: Any = ()) -> None:
    def current(record: Any) -> Any:
        found = self._stored(record)
        return replace(record, version=found.version if found else 0)

    right(self, *map(current, written), delete=[current(record) for record in delete if self._stored(record)])


@planted("started before the record", "after a crash nobody knows the task", (launch, "_try_bind"))
def _started_first(right: Worse, world: Any, task: Task, workspace: Workspace, *, now: float) -> Any:
    if task.version == 0:
        with contextlib.suppress(ApraNovaError):
            finish_launch.start_task(world, task)
    return right(world, task, workspace, now=now)


@planted("no look at the memory", "the machine's memory is full, and everybody's programs end", (launch, "_spare_mib"))
def _no_look_at_the_memory(_right: Worse, _world: Any) -> float:
    return math.inf


planted("no take-over of a claim", "after a crash nothing opens", (lifecycle, "_claimed"))(_without(FinishLaunch))
planted("no second start", "after a crash nothing starts", (reconcile, "reconcile_lifecycle"))(_without(StartAgain))


# Tasks that the engine lists, or not


@planted("failed look-up taken as empty", "the engine is silent once, and all work ends", (reconcile_pass, "_observed"))
def _silence_is_empty(right: Worse, *given: Any) -> Any:
    return right(*given) or ()


@planted("failed look-up ends a session", "a click ends the work", (launch, "_existing"))
def _silence_ends_sessions(right: Worse, world: Any, workspace: Workspace) -> Workspace:
    try:
        world.runner.find_tasks((workspace.task_id or "",))
    except ApraNovaError:
        ending.record_gone(world, records.get_task(world, workspace), workspace, "it was not found")
        raise launch.VersionConflict from None
    return right(world, workspace)


@planted("orphans without a second look", "a task that a pass did not read is ended", (reconcile_pass, "_unaccounted"))
def _orphans_unless_in_the_snapshot(_right: Worse, world: Any, tasks: Any, _now: float) -> Any:
    return _listed_without(world, tasks), ()


@planted(
    "second look before the list, and a later clock",
    "a paused manager ends new tasks",
    (reconcile_pass, "_unaccounted"),
)
def _second_look_first(_right: Worse, world: Any, _tasks: Any, begun: float) -> Any:
    """Reads records before the list, and ages by the later clock: either alone is harmless."""
    known = {task.task_id for task in world.store.list_tasks(limit=1_000)}
    listed = _listed_without(world, known)
    held_up_s = world.clock.now() - begun
    return tuple(replace(seen, started_at=seen.started_at - held_up_s) for seen in listed), ()


def _listed_without(world: Any, known: Any) -> Any:
    try:
        return tuple(seen for seen in world.runner.list_tasks() if seen.alive and seen.task_id not in known)
    except ApraNovaError:
        return ()


@planted("orphan killer without grace", "a task that was started a moment ago is ended", (lifecycle, "_orphans"))
def _orphans_at_once(_right: Worse, fleet: Any, *_: Any) -> Iterator[StopOrphan]:
    return (StopOrphan(seen.task_id) for seen in fleet.strangers)


planted("orphans are never stopped", "a task nobody knows is paid for forever", (lifecycle, "_orphans"))(_nothing)


# Stops and saves


@planted("stop without save", "what was in the editor is lost", (Task, "stopping"))
def _stop_without_save(right: Worse, self: Task, **named: Any) -> Task:
    return right(self, **named | {"must_save": False})


@planted("failed save ignored", "the disk was full for a minute, the work is lost", (ending, "_save"))
def _failed_save_ignored(right: Worse, *given: Any) -> str:
    right(*given)
    return ""


@planted("SIGTERM ends the task at once", "Spot takes a task and unsaved work", (SimulatedAgents, "terminated"))
def _ends_at_sigterm(_right: Worse, self: SimulatedAgents, instance: Any) -> None:
    self._engine.leave(instance)


planted("SIGTERM is ignored", "as above: two minutes pass and nothing is saved", (SimulatedAgents, "terminated"))(
    _nothing
)


@planted("STOPPED before the task is gone", "two tasks write into one home", (ending, "end_task"))
def _stopped_too_early(right: Worse, world: Any, task: Task, workspace: Workspace | None) -> None:
    if task.must_save and task.saved_at is None:
        right(world, task, workspace)
        return
    ending._record_end(world, task, workspace, failure="")
    world.runner.stop(task.task_id, grace_s=world.policy.stop_grace_s)


@planted("start without idempotency token", "a repeated launch is paid twice", (MachineEngine, "start"))
def _starts_twice(right: Worse, self: MachineEngine, spec: Any) -> None:
    if spec.task_id in self.instances:
        self._run(spec)
    else:
        right(self, spec)


@planted("a stop does not bar a late start", "a stopped workspace has a task", (MachineEngine, "stop"))
def _late_start(right: Worse, self: MachineEngine, task_id: str, *, grace_s: float) -> None:
    if task_id in self.instances:
        right(self, task_id, grace_s=grace_s)


@planted("gone without asking the engine", "as above, from the manager's side", (ending, "record_gone"))
def _gone_unasked(_right: Worse, world: Any, task: Task, workspace: Workspace | None, because: str) -> None:
    ending._record_end(world, task, workspace, failure=because or "it ended by itself")


# Homes


@planted("purge without grace", "a delete cannot be reversed", (Workspace, "request_deletion"))
def _purged_without_grace(right: Worse, self: Workspace, *, now: float, grace_s: float) -> Workspace:  # noqa: ARG001
    return right(self, now=now, grace_s=0.0)


@planted("home removed before that is recorded", "an undelete gives an empty home", (lifetime, "purge"))
def _home_removed_first(right: Worse, world: Any, workspace: Workspace) -> None:
    if workspace.home_id is not None and workspace.state is WorkspaceState.DELETED:
        world.homes.purge(workspace.home_id)
    right(world, workspace)


@planted("the slot's use is not looked at", "a late call puts a home into another's task", (Slots, "_is_over"))
def _use_ignored(*_: Any) -> bool:
    return False


@planted("a home goes back while its task still ends", "the last files are lost", (ending, "end_task"))
def _released_first(right: Worse, world: Any, task: Task, workspace: Workspace | None) -> None:
    if not task.must_save or task.saved_at is not None:
        world.runner.release(task.task_id)
    right(world, task, workspace)


planted("STOPPED before the home is back", "a launch misses its home", (EcsEngine, "release"))(_nothing)


@planted("a clearance that was begun counts as done", "as above, after the mover died", (Slots, "_is_cleared"))
def _half_is_enough(_right: Worse, _self: Slots, slot: Slot, next_use: int) -> bool:
    return slot.use >= next_use


@planted("the mover copies", "two versions of each file", (SimulatedHomes, "move"))
def _copied(_right: Worse, self: SimulatedHomes, home_id: str, _source: str, target: str) -> None:
    self.places[home_id].add(target)


@planted("a task that has gone keeps the home", "the student waits forever", (ending, "record_gone"))
def _gone_with_the_home(_right: Worse, world: Any, task: Task, workspace: Workspace | None, because: str) -> None:
    world.runner.stop(task.task_id, grace_s=0.0)
    ending._record_end(world, task, workspace, failure=because or "it ended by itself")


planted("no deadline for a start", "a student waits forever", (reconcile, "reconcile_lifecycle"))(_without(GiveUpStart))


# Idleness


@planted("silent agent taken for idle, twice", "a workspace in use is stopped", (idle, "judge"))
def _silence_is_idle(right: Worse, workspace: Workspace, status: AgentStatus | None, **named: Any) -> Any:
    if status is None:
        status = AgentStatus(task_id=workspace.task_id or "", phase=AgentPhase.CLAIMED)
        workspace = replace(workspace, activity=None, running_since=0.0)
    return right(workspace, status, **named)


@_silence_is_idle.also((apply, "_stop"))
def _silence_stops(right: Worse, world: Any, workspace: Workspace, task: Task, verdict: Any) -> None:
    try:
        right(world, workspace, task, verdict)
    except AgentUnreachable:
        records.begin_stop(world, workspace, reason=verdict.workspace.stops_reason, task=task)


@planted("an idle stop asks nobody", "a student who just came back has a dead tab", (ending, "_wanted_if_back"))
def _nobody_comes_back(_right: Worse, _world: Any, _task: Task, workspace: Workspace) -> Workspace:
    return workspace


@planted("idle never stops", "an open tab costs money all night", (idle, "judge"))
def _idle_never(right: Worse, *given: Any, **named: Any) -> Any:
    return replace(right(*given, **named), stop_now=False)


# The warm pool


@planted("old image handed out", "an update never reaches students", (launch, "candidates"))
def _old_image(_right: Worse, tasks: Any, workspace: Workspace, *, image: str, policy: Any) -> list[Task]:  # noqa: ARG001
    return [task for task in tasks if binding.can_serve(task, workspace, policy)]


@planted("retires a claimed task", "a workspace ends as it opens", (apply, "_perform"))
def _retires_claimed(right: Worse, world: Any, action: Any) -> None:
    if not isinstance(action, RetireTask):
        right(world, action)
        return
    current = world.store.find_task(action.task.task_id)
    if current is not None and current.state in (TaskState.STARTING, TaskState.READY, TaskState.CLAIMED):
        now = world.clock.now()
        world.store.write(current.stopping(now=now, deadline=now))


@planted("pool counts only ready tasks", "the pool grows with every pass", (reconcile, "reconcile_pool"))
def _only_ready(right: Worse, fleet: Any, *given: Any) -> Any:
    ready = tuple(task for task in fleet.tasks if not (task.warm and task.state is TaskState.STARTING))
    return right(replace(fleet, tasks=ready), *given)


@planted("no back-off", "a broken image is started again and again", (starts, "back_off_until"))
def _no_back_off(*_: Any, **_named: Any) -> float:
    return 0.0


@planted("request to launch forgotten", "a click while it stops does nothing", (Workspace, "ended"))
def _request_forgotten(right: Worse, self: Workspace, **named: Any) -> Workspace:
    return right(replace(self, launch_wanted_at=None), **named)


@planted("a launch is tried again forever", "tasks fail without a message", (Workspace, "may_try_again"))
def _tries_forever(*_: Any) -> bool:
    return True


@planted("home recorded but never made", "the first launch fails", (finish_launch, "_make_home"))
def _home_never_made(right: Worse, world: Any, workspace: Workspace) -> str:
    if workspace.home_created_at is None and workspace.home_id is not None:
        return workspace.home_id
    return right(world, workspace)


@planted("one error stops the pass", "one broken workspace holds up all others", (apply, "_guarded"))
def _unguarded(_right: Worse, world: Any, action: Any, key: str) -> None:
    apply._perform(world, action)
    world.in_flight.end(key)
    world.wake()


# The index that a pass reads instead of everything

planted("STOPPING is never due", "a workspace stops forever", (Task, "stopping"))(_never_due)
planted("a reserved task is never due", "a student waits for a ready task", (Task, "reserved"))(_never_due)
planted("a claimed workspace is never due", "after a crash nothing opens", (Workspace, "task_claimed"))(_never_due)
planted("an ended task is never due", "its record is kept forever", (Task, "stopped"))(_never_due)
planted("the pool trusts a lagging index", "it starts the same tasks twice", (ProcessMemory, "starts_since"))(_nothing)
