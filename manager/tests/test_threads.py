"""The manager as it runs on one machine: SQLite, threads, the pass's own loop and the real clock;
only tasks are pretended."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.errors import ApraNovaError, Reason
from contract.names import LaunchPath, WorkspaceKind, WorkspaceState
from manager.adapters.memory.runner import MemoryTaskRunner
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.system.background import ThreadBackground
from manager.adapters.system.clock import RandomIds, SystemClock
from manager.domain.lifecycle.task import ObservedTask
from manager.entrypoints.engine_watch import EngineWatch
from manager.entrypoints.sweep_loop import SweepLoop, pause_s
from manager.tests.school import ANNA, School, pool_of
from manager.use_cases.launch import launch
from manager.use_cases.stop import stop
from tests.waiting import until

STUDENTS = tuple(f"ws-{letter * 10}" for letter in "abcdefghijklmnopqrstuvwxyz2345")


class Fleet:
    def __init__(self, path: Path, *, pool: int) -> None:
        self.school = School(store=SqliteWorkspaceStore(path))
        self.background = ThreadBackground()
        self.wake = threading.Event()
        plain, clock = self.school.world, SystemClock()
        self.school.runner.clock = clock
        self.school.runner.ready_after_s = 0.2
        self.world = replace(
            plain,
            clock=clock,
            ids=RandomIds(),
            background=self.background,
            wake=self.wake.set,
            policy=replace(plain.policy, schedule=pool_of(pool)),
        )
        self.school.world = self.world
        self.school.enrol(*STUDENTS)
        self.loop = SweepLoop(self.world, self.wake)

    @property
    def runner(self) -> MemoryTaskRunner:
        return self.school.runner

    def states(self) -> list[WorkspaceState]:
        return [found.state for found in self.world.store.find_workspaces(STUDENTS)]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "manager.sqlite3", pool=3)
    fleet.loop.start()
    until(lambda: sum(task.state == "ready" for task in fleet.world.store.list_tasks(limit=99)) == 3)
    yield fleet
    fleet.loop.stop()
    fleet.background.close()


def test_thirty_students_at_once_all_get_in_and_no_two_share_a_task(fleet: Fleet) -> None:
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda student: launch(fleet.world, student), STUDENTS))
    assert all(answer.state in (WorkspaceState.STARTING, WorkspaceState.RUNNING) for answer in answers)
    until(lambda: fleet.states() == [WorkspaceState.RUNNING] * 30)
    bound = [found.task_id for found in fleet.world.store.find_workspaces(STUDENTS)]
    assert len(set(bound)) == 30
    assert sum(answer.launch_path is LaunchPath.WARM for answer in answers) >= 1
    homes = [task.home_id for task in fleet.runner.tasks.values() if task.claim is not None]
    assert len(set(homes)) == 30


def test_fifty_clicks_at_once_by_one_student_make_one_task(fleet: Fleet) -> None:
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: launch(fleet.world, ANNA), range(50)))
    assert len({answer.task_id for answer in answers}) == 1
    assert len(fleet.runner.serving(ANNA)) == 1


def test_a_short_idle_timeout_stops_on_time_and_a_stop_is_carried_out_soon(fleet: Fleet) -> None:
    """The next pass is planned for the moment when something is due."""
    launch(fleet.world, ANNA)
    until(lambda: len(fleet.runner.serving(ANNA)) == 1)
    stop(fleet.world, ANNA)
    until(lambda: fleet.states()[0] is WorkspaceState.STOPPED, within_s=20)
    assert fleet.loop.healthy()


def test_the_loop_meets_a_deadline_between_two_passes(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "manager.sqlite3", pool=0)
    fleet.world = replace(fleet.world, policy=replace(fleet.world.policy, idle_timeout_s=1.0))
    fleet.loop = SweepLoop(fleet.world, fleet.wake)
    fleet.loop.start()
    try:
        launch(fleet.world, ANNA)
        until(lambda: fleet.school.workspace().stop_reason is not None, within_s=20)
        assert fleet.school.workspace().stop_reason == "idle"
    finally:
        fleet.loop.stop()
        fleet.background.close()


def test_a_pass_does_not_wait_for_agents_that_a_screen_asks() -> None:
    background, silent, asked = ThreadBackground(askers_max=2), threading.Event(), threading.Barrier(3)

    def wait_for_silent_agent(_: int) -> None:
        asked.wait(20)
        silent.wait(20)

    wall = threading.Thread(target=background.map, args=(wait_for_silent_agent, (1, 2)))
    wall.start()
    try:
        asked.wait(20)
        with concurrent.futures.ThreadPoolExecutor() as caller:
            answers = caller.submit(background.map, lambda it: it + 1, (1, 2), for_pass=True)
            try:
                assert answers.result(timeout=10) == [2, 3]
            finally:
                silent.set()
    finally:
        silent.set()
        wall.join()
        background.close()


@pytest.mark.parametrize(("took_s", "pause"), [(0.0, 0.02), (0.05, 0.15), (5.0, 0.3)])
def test_passes_leave_most_of_the_time_to_launches_but_never_keep_a_start_waiting_long(
    took_s: float, pause: float
) -> None:
    assert pause_s(took_s) == pytest.approx(pause)


@pytest.mark.parametrize("forgotten", [False, True], ids=["died", "the engine restarted"])
def test_a_task_that_dies_is_noticed_long_before_its_workspace_is_due(fleet: Fleet, forgotten: bool) -> None:
    watch = EngineWatch(fleet.runner, fleet.world.policy.kinds, fleet.loop.notify)
    launch(fleet.world, ANNA)
    until(lambda: fleet.states()[0] is WorkspaceState.RUNNING)
    watch.look()
    (task_id,) = fleet.runner.serving(ANNA)
    if forgotten:
        del fleet.runner.tasks[task_id]
    else:
        fleet.runner.tasks[task_id].alive = False
    watch.look()
    until(lambda: fleet.states()[0] is WorkspaceState.STOPPED, within_s=20)


def test_an_engine_that_does_not_answer_has_lost_no_task() -> None:
    named: list[frozenset[str]] = []
    runner = RunnerThatAnswersNow()
    watch = EngineWatch(runner, [WorkspaceKind.VSCODE], lambda ids: named.append(frozenset(ids)))
    runner.alive = {"task-1", "task-2"}
    watch.look()
    named.clear()
    runner.answers = False
    watch.look()
    assert named == []
    runner.answers, runner.alive = True, {"task-2", "task-3"}
    watch.look()
    watch.look()
    assert named == [{"task-1"}]


def test_an_application_that_is_installed_meanwhile_gets_its_warm_tasks_at_once(tmp_path: Path) -> None:
    """The pool was filled with the next pass, up to five minutes later."""
    fleet = Fleet(tmp_path / "manager.sqlite3", pool=1)
    image = fleet.runner.images.pop(WorkspaceKind.VSCODE)
    watch = EngineWatch(fleet.runner, fleet.world.policy.kinds, fleet.loop.notify)
    fleet.loop.start()
    try:
        watch.look()
        until(lambda: fleet.loop.last_sweep_at is not None)
        watch.look()
        assert fleet.runner.tasks == {}
        fleet.runner.images[WorkspaceKind.VSCODE] = image
        watch.look()
        until(lambda: len(fleet.runner.tasks) == 1, within_s=20)
    finally:
        fleet.loop.stop()
        fleet.background.close()


class RunnerThatAnswersNow(MemoryTaskRunner):
    """Lists what it is told to, or does not answer."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.alive: set[str] = set()
        self.answers = True

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        if not self.answers:
            raise ApraNovaError(Reason.INTERNAL, "The engine does not answer")
        return tuple(ObservedTask(task_id, alive=True, started_at=0.0) for task_id in self.alive)
