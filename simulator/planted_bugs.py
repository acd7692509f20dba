"""Bugs put into the manager on purpose, one at a time: proof that the simulator would find them.

`python -m simulator.planted_bugs` looks for each and prints in which run it was found. Every bug here is one that a
hurried change could make: a check left out, two writes for one, an error taken for an answer.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from contract.agent import AgentPhase, AgentStatus
from contract.errors import ApraNovaError
from contract.names import TaskState, WorkspaceState
from manager.domain import binding, idle, pool, reconcile
from manager.domain.plan import EndTask, FinishLaunch, RetireTask, StopOrphan
from manager.domain.task import Task, TaskOffer
from manager.domain.workspace import Workspace
from manager.use_cases import apply, ending, finish_launch, launch, lifetime, records, stop, sweep
from simulator.engine import MachineEngine
from simulator.fleet import run_seed
from simulator.homes import SimulatedHomes
from simulator.invariants import Violation
from simulator.store import SimulatedStore

RUNS_MAX = 2_000


@dataclass(frozen=True)
class PlantedBug:
    name: str
    story: str
    """What a person would notice."""
    plant: Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Finding:
    bug: PlantedBug
    runs: int
    violation: Violation | None
    seconds: float


def _replaced(where: Any, name: str, by: Callable[[Any], Any]) -> AbstractContextManager[object]:
    """Replace a function by one made from the right one."""
    return patch.object(where, name, by(getattr(where, name)))


def _claim_in_two_writes() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def try_bind(world: Any, task: Task, workspace: Workspace, *, now: float) -> Workspace | None:
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
            return replace(bound.workspace, version=bound.workspace.version + 1)

        return try_bind

    return _replaced(launch, "_try_bind", by)


def _unconditional_writes() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def write(self: SimulatedStore, *written: Any, delete: Any = ()) -> None:
            def current(record: Any) -> Any:
                found = self._find(record)
                return replace(record, version=found.version if found else 0)

            right(self, *map(current, written), delete=[current(record) for record in delete if self._find(record)])

        return write

    return _replaced(SimulatedStore, "write", by)


def _start_before_the_record() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def try_bind(world: Any, task: Task, workspace: Workspace, *, now: float) -> Any:
            if task.version == 0 and task.home_id is None:
                with contextlib.suppress(ApraNovaError):
                    finish_launch.start_task(world, task, None)
            return right(world, task, workspace, now=now)

        return try_bind

    return _replaced(launch, "_try_bind", by)


def _no_take_over() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def claimed(*arguments: Any) -> Iterator[Any]:
            return (action for action in right(*arguments) if not isinstance(action, FinishLaunch))

        return claimed

    return _replaced(reconcile, "_claimed", by)


def _no_second_start() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def not_started(*arguments: Any) -> Iterator[Any]:
            return (action for action in right(*arguments) if not isinstance(action, reconcile.StartAgain))

        return not_started

    return _replaced(reconcile, "_not_started", by)


def _failed_look_up_is_empty() -> AbstractContextManager[object]:
    return _replaced(sweep, "_observed", lambda right: lambda world: right(world) or ())


def _failed_look_up_ends_launches() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def existing(world: Any, workspace: Workspace) -> Workspace:
            try:
                world.runner.list_tasks()
            except ApraNovaError:
                ending.record_gone(world, records.get_task(world, workspace), workspace, "it was not found")
                raise launch.VersionConflict from None
            return right(world, workspace)

        return existing

    return _replaced(launch, "_existing", by)


def _orphans_without_a_second_look() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def perform(world: Any, action: Any) -> None:
            if isinstance(action, StopOrphan):
                world.runner.stop(action.task_id, grace_s=0.0)
            else:
                right(world, action)

        return perform

    return _replaced(apply, "_perform", by)


def _orphans_at_once() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def orphans(snapshot: Any, tasks: Any, *_: Any) -> Iterator[StopOrphan]:
            return (StopOrphan(seen.task_id) for seen in snapshot.observed or () if seen.alive and seen.task_id not in tasks)

        return orphans

    return _replaced(reconcile, "_orphans", by)


def _orphans_never() -> AbstractContextManager[object]:
    return _replaced(reconcile, "_orphans", lambda _: lambda *_arguments: ())


def _stop_without_save() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def stopping(self: Task, **named: Any) -> Task:
            return right(self, **{**named, "must_save": False})

        return stopping

    return _replaced(Task, "stopping", by)


def _failed_save_is_ignored() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def save(world: Any, task: Task) -> str:
            right(world, task)
            return ""

        return save

    return _replaced(ending, "_save", by)


def _stopped_before_it_is_gone() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def end_task(world: Any, task: Task, workspace: Workspace | None) -> None:
            if task.must_save and task.saved_at is None:
                right(world, task, workspace)
                return
            ending._record_end(world, task, workspace, failure="")
            world.runner.stop(task.task_id, grace_s=world.policy.stop_grace_s)

        return end_task

    return _replaced(ending, "end_task", by)


def _start_is_not_idempotent() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def start(self: MachineEngine, spec: Any) -> None:
            if spec.task_id in self.instances:
                self._run(spec)
            else:
                right(self, spec)

        return start

    return _replaced(MachineEngine, "start", by)


def _late_start_after_a_stop() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def stop_task(self: MachineEngine, task_id: str, *, grace_s: float) -> None:
            if task_id in self.instances:
                right(self, task_id, grace_s=grace_s)

        return stop_task

    return _replaced(MachineEngine, "stop", by)


def _gone_without_asking_the_engine() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        def record_gone(world: Any, task: Task, workspace: Workspace | None, because: str) -> None:
            ending._record_end(world, task, workspace, failure=because or "it ended by itself")

        return record_gone

    return _replaced(ending, "record_gone", by)


def _purged_without_grace() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def delete_wanted(self: Workspace, *, now: float, grace_s: float) -> Workspace:
            del grace_s
            return right(self, now=now, grace_s=0.0)

        return delete_wanted

    return _replaced(Workspace, "delete_wanted", by)


def _home_before_purging_is_recorded() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def purge(world: Any, workspace: Workspace) -> None:
            if workspace.home_id is not None and workspace.state is WorkspaceState.DELETED:
                world.homes.purge(workspace.home_id)
            right(world, workspace)

        return purge

    return _replaced(lifetime, "purge", by)


def _adopted_home_is_purged() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def perform(world: Any, action: Any) -> None:
            if isinstance(action, apply.ForgetTask) and action.task.offer is TaskOffer.SLOT and action.task.home_id:
                world.homes.purge(action.task.home_id)
            right(world, action)

        return perform

    return _replaced(apply, "_perform", by)


def _no_deadline() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def give_up(*_: Any) -> Iterator[Any]:
            return iter(())

        del right
        return give_up

    return _replaced(reconcile, "_give_up", by)


def _silence_is_idleness() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def judge(workspace: Workspace, status: AgentStatus | None, **named: Any) -> Any:
            if status is None:
                status = AgentStatus(task_id=workspace.task_id or "", phase=AgentPhase.CLAIMED)
                workspace = replace(workspace, activity=None, running_since=0.0)
            return right(workspace, status, **named)

        return judge

    return _replaced(idle, "judge", by)


def _idle_never() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def judge(*arguments: Any, **named: Any) -> Any:
            return replace(right(*arguments, **named), stop_now=False)

        return judge

    return _replaced(idle, "judge", by)


def _any_home_will_do() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def can_serve(task: Task, workspace: Workspace) -> bool:
            slot = task.warm and task.kind is workspace.kind and task.offer is TaskOffer.SLOT
            return slot or right(task, workspace)

        return can_serve

    return _both(_replaced(pool, "can_serve", by), _replaced(binding, "can_serve", by))


def _old_image_is_handed_out() -> AbstractContextManager[object]:
    def by(_right: Any) -> Any:
        return lambda tasks, workspace, *, image: [task for task in tasks if pool.can_serve(task, workspace)]  # noqa: ARG005

    return _replaced(launch, "candidates", by)


def _retires_what_was_claimed() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def perform(world: Any, action: Any) -> None:
            if isinstance(action, RetireTask):
                current = world.store.find_task(action.task.task_id)
                if current is not None and current.state in (TaskState.STARTING, TaskState.READY, TaskState.CLAIMED):
                    now = world.clock.now()
                    world.store.write(current.stopping(now=now, deadline=now))
            else:
                right(world, action)

        return perform

    return _replaced(apply, "_perform", by)


def _pool_counts_only_ready() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def reconcile_pool(snapshot: Any, now: float, policy: Any) -> Any:
            tasks = tuple(task for task in snapshot.tasks if not (task.warm and task.state is TaskState.STARTING))
            return right(replace(snapshot, tasks=tasks), now, policy)

        return reconcile_pool

    return _replaced(reconcile, "_reconcile_pool", by)


def _no_back_off() -> AbstractContextManager[object]:
    return _replaced(pool, "back_off_until", lambda _: lambda *_arguments, **_named: 0.0)


def _wish_to_launch_is_forgotten() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def ended(self: Workspace, **named: Any) -> Workspace:
            return right(replace(self, launch_wanted_at=None), **named)

        return ended

    return _replaced(Workspace, "ended", by)


def _home_is_made_again_when_missing() -> AbstractContextManager[object]:
    def by(right: Any) -> Any:
        def with_home(world: Any, workspace: Workspace) -> Workspace:
            if workspace.home_created_at is None and workspace.home_id is not None:
                return records.save_workspace(world, workspace.home_created(now=world.clock.now()))
            return right(world, workspace)

        return with_home

    return _replaced(finish_launch, "_with_home", by)


def _one_error_stops_the_pass() -> AbstractContextManager[object]:
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


BUGS = (
    PlantedBug("claim in two writes", "the task is a student's, the student does not have it", _claim_in_two_writes),
    PlantedBug("unconditional writes", "of two managers, the slower one wins", _unconditional_writes),
    PlantedBug("started before the record", "after a crash nobody knows the task", _start_before_the_record),
    PlantedBug("no take-over of a claim", "after a crash a ready workspace does not open", _no_take_over),
    PlantedBug("no second start", "after a crash nothing starts, until the deadline", _no_second_start),
    PlantedBug("failed look-up taken as empty", "the engine is silent once, and all work ends", _failed_look_up_is_empty),
    PlantedBug("failed look-up ends a session", "a click while the engine is silent ends the work", _failed_look_up_ends_launches),
    PlantedBug("orphan killer without second look", "a paused manager ends what it does not know yet", _orphans_without_a_second_look),
    PlantedBug("orphan killer without grace", "a task that was started a moment ago is ended", _orphans_at_once),
    PlantedBug("orphans are never stopped", "a task nobody knows is paid for ever", _orphans_never),
    PlantedBug("stop without save", "what was in the editor is lost", _stop_without_save),
    PlantedBug("failed save ignored", "the disk was full for a minute, the work is lost", _failed_save_is_ignored),
    PlantedBug("STOPPED before the task is gone", "two tasks write into one home", _stopped_before_it_is_gone),
    PlantedBug("start without idempotency token", "every launch that is repeated is paid twice", _start_is_not_idempotent),
    PlantedBug("a stop does not bar a late start", "a task starts for a workspace that was stopped", _late_start_after_a_stop),
    PlantedBug("gone without asking the engine", "as above, from the manager's side", _gone_without_asking_the_engine),
    PlantedBug("purge without grace", "a delete cannot be taken back", _purged_without_grace),
    PlantedBug("home removed before that is recorded", "an undelete gives an empty home", _home_before_purging_is_recorded),
    PlantedBug("forgetting a task removes its adopted home", "a student's first home is gone", _adopted_home_is_purged),
    PlantedBug("no deadline for a start", "a student waits for ever", _no_deadline),
    PlantedBug("a silent agent taken for idle", "a workspace in use is stopped", _silence_is_idleness),
    PlantedBug("idle never stops", "an open tab costs money all night", _idle_never),
    PlantedBug("any home will do", "a student is in another, empty home", _any_home_will_do),
    PlantedBug("old image handed out", "an update never reaches students", _old_image_is_handed_out),
    PlantedBug("retires what was claimed meanwhile", "a workspace ends as it opens", _retires_what_was_claimed),
    PlantedBug("pool counts only ready tasks", "the pool grows with every pass", _pool_counts_only_ready),
    PlantedBug("no back-off", "a broken image is started again and again", _no_back_off),
    PlantedBug("wish to launch forgotten", "a click while it stops does nothing", _wish_to_launch_is_forgotten),
    PlantedBug("home recorded but never made", "the first launch fails", _home_is_made_again_when_missing),
    PlantedBug("one error stops the pass", "one broken workspace holds up all others", _one_error_stops_the_pass),
)


def find(bug: PlantedBug, *, runs_max: int = RUNS_MAX, first_seed: int = 0) -> Finding:
    """Run seed after seed until the bug shows."""
    began = time.process_time()
    with bug.plant():
        for run in range(1, runs_max + 1):
            violation = run_seed(first_seed + run - 1).violation
            if run % 50 == 0:
                gc.collect()
            if violation is not None:
                return Finding(bug, run, violation, time.process_time() - began)
    return Finding(bug, runs_max, None, time.process_time() - began)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulator.planted_bugs", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS_MAX, help="give up on a bug after so many runs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--only", default="", help="only bugs whose name contains this")
    arguments = parser.parse_args()
    missed = 0
    print("| planted bug | what a person would notice | found in run | by |")
    print("|---|---|---|---|")
    for bug in BUGS:
        if arguments.only not in bug.name:
            continue
        finding = find(bug, runs_max=arguments.runs, first_seed=arguments.seed)
        missed += finding.violation is None
        where = f"not in {finding.runs}" if finding.violation is None else str(finding.runs)
        said = finding.violation or "–"
        print(f"| {bug.name} | {bug.story} | {where} | {said} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
