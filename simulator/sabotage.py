"""The bugs of planted_bugs.py: each a context in which one function of the manager is replaced by a worse one."""
# ruff: noqa: SLF001 (a bug is planted in the middle of a module)

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from contract.agent import AgentPhase, AgentStatus
from contract.errors import ApraNovaError
from contract.names import TaskState, WorkspaceState
from manager.domain import binding, idle, pool, reconcile
from manager.domain.plan import FinishLaunch, RetireTask, StopOrphan, StopWorkspace
from manager.domain.task import Task, TaskOffer
from manager.domain.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases import apply, ending, finish_launch, launch, lifetime, records, sweep
from manager.use_cases.world import Recent
from simulator.agents import SimulatedAgents
from simulator.engine import Instance, MachineEngine
from simulator.store import SimulatedStore


def _replaced(where: Any, name: str, by: Callable[[Any], Any]) -> AbstractContextManager[object]:
    """Replace a function by one made from the right one."""
    return patch.object(where, name, by(getattr(where, name)))


def claim_in_two_writes() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def try_bind(world: Any, task: Task, workspace: Workspace, *, now: float) -> binding.Binding | None:
            bound = binding.bind(
                task,
                workspace,
                now=now,
                new_home_id=world.ids.home_id(),
                launch_secret=world.ids.secret(),
                deadline=now + world.policy.launch_timeout_s,
            )
            try:
                world.store.write(bound.task)
                world.store.write(bound.workspace)
            except launch.VersionConflict:
                return None
            return binding.Binding(records.stored(bound.task), records.stored(bound.workspace))

        return try_bind

    return _replaced(launch, "_try_bind", by)


def unconditional_writes() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def write(self: SimulatedStore, *written: Any, delete: Any = ()) -> None:
            def current(record: Any) -> Any:
                found = self._find(record)
                return replace(record, version=found.version if found else 0)

            right(self, *map(current, written), delete=[current(record) for record in delete if self._find(record)])

        return write

    return _replaced(SimulatedStore, "write", by)


def start_before_the_record() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def try_bind(world: Any, task: Task, workspace: Workspace, *, now: float) -> Any:
            if task.version == 0 and task.home_id is None:
                with contextlib.suppress(ApraNovaError):
                    finish_launch.start_task(world, task, None)
            return right(world, task, workspace, now=now)

        return try_bind

    return _replaced(launch, "_try_bind", by)


def no_take_over() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def claimed(*arguments: Any) -> Iterator[Any]:
            return (action for action in right(*arguments) if not isinstance(action, FinishLaunch))

        return claimed

    return _replaced(reconcile, "_claimed", by)


def no_second_start() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def not_started(*arguments: Any) -> Iterator[Any]:
            return (action for action in right(*arguments) if not isinstance(action, reconcile.StartAgain))

        return not_started

    return _replaced(reconcile, "_not_started", by)


def failed_look_up_is_empty() -> AbstractContextManager[object]:
    return _replaced(sweep, "_observed", lambda right: lambda *arguments: right(*arguments) or ())


def failed_look_up_ends_launches() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def existing(world: Any, workspace: Workspace) -> Workspace:
            try:
                world.runner.find_tasks((workspace.task_id or "",))
            except ApraNovaError:
                ending.record_gone(world, records.get_task(world, workspace), workspace, "it was not found")
                raise launch.VersionConflict from None
            return right(world, workspace)

        return existing

    return _replaced(launch, "_existing", by)


def orphans_without_a_second_look() -> AbstractContextManager[object]:
    """What is not in the pass's own snapshot counts as unknown."""

    def by(_right: Any) -> Any:
        def unaccounted(world: Any, tasks: Any, _now: float) -> Any:
            return _listed_without(world, tasks), ()

        return unaccounted

    return _replaced(sweep, "_unaccounted", by)


def second_look_before_the_engine() -> AbstractContextManager[object]:
    """The records of all tasks are read first, and what the engine lists after that is compared with them; and what it lists is as old
    as it is then, not as it was when the pass began: either alone ends nothing that is not an orphan."""

    def by(_right: Any) -> Any:
        def unaccounted(world: Any, _tasks: Any, begun: float) -> Any:
            known = {task.task_id for task in world.store.list_tasks(limit=1_000)}
            listed = _listed_without(world, known)
            held_up_s = world.clock.now() - begun
            return tuple(replace(seen, started_at=seen.started_at - held_up_s) for seen in listed), ()

        return unaccounted

    return _replaced(sweep, "_unaccounted", by)


def _listed_without(world: Any, known: Any) -> Any:
    try:
        return tuple(seen for seen in world.runner.list_tasks() if seen.alive and seen.task_id not in known)
    except ApraNovaError:
        return ()


def orphans_at_once() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def orphans(snapshot: Any, *_: Any) -> Iterator[StopOrphan]:
            return (StopOrphan(seen.task_id) for seen in snapshot.strangers)

        return orphans

    return _replaced(reconcile, "_orphans", by)


def orphans_never() -> AbstractContextManager[object]:
    return _replaced(reconcile, "_orphans", lambda _: lambda *_arguments: ())


def stop_without_save() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def stopping(self: Task, **named: Any) -> Task:
            return right(self, **{**named, "must_save": False})

        return stopping

    return _replaced(Task, "stopping", by)


def failed_save_is_ignored() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def save(world: Any, task: Task) -> str:
            right(world, task)
            return ""

        return save

    return _replaced(ending, "_save", by)


def terminated_without_save() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def terminated(self: SimulatedAgents, instance: Instance) -> None:
            self._engine.leave(instance)

        return terminated

    return _replaced(SimulatedAgents, "terminated", by)


def deaf_to_the_notice() -> AbstractContextManager[object]:
    return _replaced(SimulatedAgents, "terminated", lambda _: lambda *_arguments: None)


def stopped_before_it_is_gone() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def end_task(world: Any, task: Task, workspace: Workspace | None) -> None:
            if task.must_save and task.saved_at is None:
                right(world, task, workspace)
                return
            ending._record_end(world, task, workspace, failure="")
            world.runner.stop(task.task_id, grace_s=world.policy.stop_grace_s)

        return end_task

    return _replaced(ending, "end_task", by)


def start_is_not_idempotent() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def start(self: MachineEngine, spec: Any) -> None:
            if spec.task_id in self.instances:
                self._run(spec)
            else:
                right(self, spec)

        return start

    return _replaced(MachineEngine, "start", by)


def late_start_after_a_stop() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def stop_task(self: MachineEngine, task_id: str, *, grace_s: float) -> None:
            if task_id in self.instances:
                right(self, task_id, grace_s=grace_s)

        return stop_task

    return _replaced(MachineEngine, "stop", by)


def gone_without_asking_the_engine() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def record_gone(world: Any, task: Task, workspace: Workspace | None, because: str) -> None:
            ending._record_end(world, task, workspace, failure=because or "it ended by itself")

        return record_gone

    return _replaced(ending, "record_gone", by)


def purged_without_grace() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def delete_wanted(self: Workspace, *, now: float, grace_s: float) -> Workspace:
            del grace_s
            return right(self, now=now, grace_s=0.0)

        return delete_wanted

    return _replaced(Workspace, "delete_wanted", by)


def home_before_purging_is_recorded() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def purge(world: Any, workspace: Workspace) -> None:
            if workspace.home_id is not None and workspace.state is WorkspaceState.DELETED:
                world.homes.purge(workspace.home_id)
            right(world, workspace)

        return purge

    return _replaced(lifetime, "purge", by)


def adopted_home_is_purged() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def forget_launches(world: Any, tasks: tuple[Task, ...]) -> None:
            for task in tasks:
                if task.offer is TaskOffer.SLOT and task.home_id:
                    world.homes.purge(task.home_id)
            right(world, tasks)

        return forget_launches

    return _replaced(ending, "forget_launches", by)


def no_deadline() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def give_up(*_: Any) -> Iterator[Any]:
            return iter(())

        del right
        return give_up

    return _replaced(reconcile, "_give_up", by)


@contextlib.contextmanager
def silence_is_idleness() -> Iterator[None]:
    """By the judge, and by the question that a stop asks once more: either alone keeps the workspace up."""

    def by_the_judge(right: Any) -> Any:
        def judge(workspace: Workspace, status: AgentStatus | None, **named: Any) -> Any:
            if status is None:
                status = AgentStatus(task_id=workspace.task_id or "", phase=AgentPhase.CLAIMED)
                workspace = replace(workspace, activity=None, running_since=0.0)
            return right(workspace, status, **named)

        return judge

    def by_the_stop(right: Any) -> Any:
        def stop(world: Any, action: StopWorkspace) -> None:
            try:
                right(world, action)
            except AgentUnreachable:
                records.begin_stop(world, action.workspace, reason=action.verdict.reason, task=action.task)

        return stop

    with _replaced(idle, "judge", by_the_judge), _replaced(apply, "_stop", by_the_stop):
        yield


def tries_for_ever() -> AbstractContextManager[object]:
    return _replaced(Workspace, "may_try_again", lambda _: property(lambda _self: True))


def nobody_comes_back() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        del right
        return lambda world, task, workspace: workspace  # noqa: ARG005 (the agent is not asked)

    return _replaced(ending, "_wanted_if_back", by)


def idle_never() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def judge(*arguments: Any, **named: Any) -> Any:
            return replace(right(*arguments, **named), stop_now=False)

        return judge

    return _replaced(idle, "judge", by)


def any_home_will_do() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def can_serve(task: Task, workspace: Workspace) -> bool:
            slot = task.warm and task.kind is workspace.kind and task.offer is TaskOffer.SLOT
            return slot or right(task, workspace)

        return can_serve

    served = _both(_replaced(pool, "can_serve", by), _replaced(binding, "can_serve", by))
    return _both(served, _replaced(launch, "only_its_own", lambda _: lambda *_arguments: False))


def personal_tasks_for_anyone() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def can_serve(task: Task, workspace: Workspace) -> bool:
            kept = task.warm and task.kind is workspace.kind and task.offer is TaskOffer.PERSONAL
            return kept or right(task, workspace)

        return can_serve

    return _both(_replaced(pool, "can_serve", by), _replaced(binding, "can_serve", by))


def cold_start_beside_a_personal_task() -> AbstractContextManager[object]:
    return _replaced(launch, "held_task", lambda _: lambda *_arguments: None)


def old_image_is_handed_out() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        return lambda tasks, workspace, *, image: [task for task in tasks if pool.can_serve(task, workspace)]  # noqa: ARG005

    return _replaced(launch, "candidates", by)


def retires_what_was_claimed() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def perform(world: Any, action: Any) -> None:
            if isinstance(action, RetireTask):
                current = world.store.find_task(action.task.task_id)
                if current is not None and current.state in (TaskState.STARTING, TaskState.READY, TaskState.CLAIMED):
                    now = world.clock.now()
                    world.store.write(current.stopping(now=now, deadline=now, failure=action.failure))
            else:
                right(world, action)

        return perform

    return _replaced(apply, "_perform", by)


def pool_counts_only_ready() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def reconcile_pool(fleet: Any, facts: Any, **named: Any) -> Any:
            ready = [task for task in fleet.warm if task.state is not TaskState.STARTING]
            return right(replace(fleet, warm=ready), facts, **named)

        return reconcile_pool

    return _replaced(reconcile, "reconcile_pool", by)


def no_back_off() -> AbstractContextManager[object]:
    return _replaced(pool, "back_off_until", lambda _: lambda *_arguments, **_named: 0.0)


def wish_to_launch_is_forgotten() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def ended(self: Workspace, **named: Any) -> Workspace:
            return right(replace(self, launch_wanted_at=None), **named)

        return ended

    return _replaced(Workspace, "ended", by)


def home_is_made_again_when_missing() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def make_home(world: Any, workspace: Workspace) -> str:
            if workspace.home_created_at is None and workspace.home_id is not None:
                return workspace.home_id
            return right(world, workspace)

        return make_home

    return _replaced(finish_launch, "_make_home", by)


def stopping_is_never_due() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def stopping(self: Task, **named: Any) -> Task:
            return replace(right(self, **named), due_at=None)

        return stopping

    return _replaced(Task, "stopping", by)


def reserved_is_never_due() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def reserved(self: Task, workspace_id: str, **named: Any) -> Task:
            return replace(right(self, workspace_id, **named), due_at=None)

        return reserved

    return _replaced(Task, "reserved", by)


def claimed_workspace_is_never_due() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def task_claimed(self: Workspace, **named: Any) -> Workspace:
            return replace(right(self, **named), due_at=None)

        return task_claimed

    return _replaced(Workspace, "task_claimed", by)


def ended_is_never_forgotten() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def stopped(self: Task, **named: Any) -> Task:
            return replace(right(self, **named), due_at=None)

        return stopped

    return _replaced(Task, "stopped", by)


@contextlib.contextmanager
def waiting_is_never_looked_at() -> Iterator[None]:
    """Neither when it expires nor now and then."""

    def by_ready(right: Any) -> Any:
        def ready(self: Task, *arguments: Any, **named: Any) -> Task:
            return replace(right(self, *arguments, **named), due_at=None)

        return ready

    def by_tasks(right: Any) -> Any:
        def tasks(world: Any, now: float) -> dict[str, Task]:
            return right(replace(world, policy=replace(world.policy, waiting_look_s=math.inf)), now)

        return tasks

    with _replaced(Task, "ready", by_ready), _replaced(sweep, "_tasks", by_tasks):
        yield


def pool_forgets_what_it_just_started() -> AbstractContextManager[object]:
    return _replaced(Recent, "starts_since", lambda _: lambda *_arguments: [])


def one_error_stops_the_pass() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def guarded(world: Any, action: Any, key: str, work: Callable[[], None]) -> None:
            del action
            work()
            world.in_flight.end(key)
            world.wake()

        return guarded

    return _replaced(apply, "_guarded", by)


@contextlib.contextmanager
def _both(*plants: AbstractContextManager[object]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for plant in plants:
            stack.enter_context(plant)
        yield
