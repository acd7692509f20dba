"""The simulated adapters pass the ports' own suites, like the real ones."""

from __future__ import annotations

import itertools

import pytest

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from manager.adapters.tests import test_task_runner_contract as runner_suite
from manager.ports.task_runner import TaskSpec
from manager.tests import test_store as store_suite
from simulator.engine import NEVER, EcsEngine, MachineEngine, TaskLife
from simulator.homes import SimulatedHomes
from simulator.loop import EventLoop
from simulator.store import SimulatedStore

START = 1_790_000_000.0


class Healthy:
    """Chance that grants everything."""

    def life(self, task_id: str) -> TaskLife:
        return TaskLife(ready_after_s=30.0)

    def has_capacity(self) -> bool:
        return True

    def lingers_s(self) -> float:
        return 0.0

    def mover_is_late_s(self) -> float | None:
        return None

    def mover_dies(self) -> bool:
        return False


@pytest.fixture
def store() -> SimulatedStore:
    return SimulatedStore(EventLoop(START), index_lag_s=lambda: 0.0)


@pytest.fixture(params=[MachineEngine, EcsEngine])
def subject(request: pytest.FixtureRequest) -> runner_suite.Subject:
    engine = request.param(EventLoop(START), Healthy())
    homes, count = SimulatedHomes(), itertools.count()
    if isinstance(engine, EcsEngine):
        engine.slots.homes = homes

    def new_home() -> str:
        homes.create(name := f"home-{next(count)}")
        return name

    return runner_suite.Subject(engine, new_home=new_home)


def _of(suite: object, fixture: str) -> dict[str, object]:
    """The tests of a suite that ask for nothing but the fixture which this module has too."""
    return {
        name: test
        for name, test in vars(suite).items()
        if name.startswith("test_") and set(test.__annotations__) - {"return"} == {fixture}
    }


WITH_THREADS = "test_fifty_threads_racing_for_one_task_have_one_winner"
"""A simulation has no threads, and its store no lock: interleaving is the event loop's business."""

globals().update({name: test for name, test in _of(store_suite, "store").items() if name != WITH_THREADS})
globals().update(
    {
        name: test
        for name, test in _of(runner_suite, "subject").items()
        if name != "test_a_started_task_becomes_reachable"  # it has no sockets
    }
)


def test_the_suites_are_really_there() -> None:
    assert sum(name.startswith("test_") for name in globals()) >= 16


def ecs() -> tuple[EventLoop, EcsEngine]:
    loop = EventLoop(START)
    return loop, EcsEngine(loop, Healthy())


def spec(number: int) -> TaskSpec:
    return TaskSpec(f"task-{number}", WorkspaceKind.VSCODE, "vscode-1", "token")


def test_ecs_takes_twenty_calls_at_once_and_twenty_a_second() -> None:
    loop, engine = ecs()
    for number in range(20):
        engine.start(spec(number))
    with pytest.raises(ApraNovaError) as refusal:
        engine.start(spec(20))
    assert refusal.value.reason is Reason.INTERNAL  # try again, nothing is final
    loop.run_until(START + 0.06)
    engine.start(spec(20))
    assert len(engine.instances) == 21


def test_ecs_launches_at_most_a_hundred_at_once_and_twenty_a_second_after_that() -> None:
    loop, engine = ecs()
    engine._calls.left = engine._calls.burst = 1_000.0
    for number in range(100):
        engine.start(spec(number))
    with pytest.raises(ApraNovaError):
        engine.start(spec(100))
    loop.run_until(START + 1.0)
    for number in range(100, 120):
        engine.start(spec(number))


def test_an_ended_task_is_forgotten_only_after_the_time_that_the_port_promises() -> None:
    loop = EventLoop(START)
    engine = MachineEngine(loop, Healthy())
    engine.start(spec(1))
    engine.stop("task-1", grace_s=0.0)
    loop.run_until(START + 599.0)
    assert [seen.alive for seen in engine.find_tasks(("task-1",))] == [False]
    loop.run_until(START + 601.0)
    assert engine.find_tasks(("task-1",)) == ()
    engine.start(spec(1))
    assert engine.find_tasks(("task-1",)) == ()  # tasks are single-use, however long ago


def test_a_new_task_may_be_missing_from_ecs_lists_at_first() -> None:
    loop = EventLoop(START)

    class Lagging(Healthy):
        def life(self, task_id: str) -> TaskLife:
            return TaskLife(ready_after_s=NEVER, visible_after_s=3.0)

    engine = EcsEngine(loop, Lagging())
    engine.start(spec(1))
    assert (engine.list_tasks(), engine.find_tasks(("task-1",))) == ((), ())
    loop.run_until(START + 3.0)
    assert [seen.task_id for seen in engine.list_tasks()] == ["task-1"]
    assert [seen.task_id for seen in engine.find_tasks(("task-1",))] == ["task-1"]


def test_ecs_lists_its_tasks_in_pages_that_go_round() -> None:
    _, engine = ecs()
    for number in range(6):
        engine.start(spec(number))
    pages = [[seen.task_id[-1] for seen in engine.list_tasks()] for _ in range(3)]
    assert pages == [["0", "1", "2", "3"], ["4", "5"], ["0", "1", "2", "3"]]


def test_the_index_of_due_workspaces_lags_but_ends_up_right() -> None:
    loop = EventLoop(START)
    store = SimulatedStore(loop, index_lag_s=lambda: 1.0)
    store.write(store_suite.workspace(due_at=START))
    assert store.list_due_workspaces(START, limit=10) == ()
    loop.run_until(START + 1.0)
    (found,) = store.list_due_workspaces(START, limit=10)
    store.write(store_suite.workspace(version=1, due_at=None))
    assert store.list_due_workspaces(START, limit=10) == (found,)  # stale, and its version tells
    loop.run_until(START + 2.0)
    assert store.list_due_workspaces(START, limit=10) == ()
    assert store.find_next_due_at() is None


def test_index_entries_that_overtake_each_other_leave_the_newest() -> None:
    loop, lags = EventLoop(START), [2.0, 1.0]
    store = SimulatedStore(loop, index_lag_s=lambda: lags.pop(0))
    store.write(store_suite.workspace(due_at=START))
    store.write(store_suite.workspace(version=1, due_at=None))
    loop.run_until(START + 5.0)
    assert store.list_due_workspaces(START, limit=10) == ()


def test_the_index_of_tasks_lags_too_and_a_look_up_by_key_does_not() -> None:
    loop = EventLoop(START)
    store = SimulatedStore(loop, index_lag_s=lambda: 1.0)
    warm = store_suite.task()
    store.write(warm)
    assert (store.list_warm_tasks(limit=10), store.list_due_tasks(START, limit=10)) == ((), ())
    (stored,) = store.find_tasks((warm.task_id,))
    loop.run_until(START + 1.0)
    assert store.list_warm_tasks(limit=10) == (stored,)
    store.write(stored.stopping(now=START, deadline=START))
    assert (store.list_warm_tasks(limit=10), store.list_due_tasks(START, limit=10)) == ((stored,), ())
    loop.run_until(START + 2.0)
    assert store.list_warm_tasks(limit=10) == ()
    assert [task.version for task in store.list_due_tasks(START, limit=10)] == [2]
    store.write(delete=store.find_tasks((warm.task_id,)))
    loop.run_until(START + 3.0)
    assert store.list_due_tasks(START, limit=10) == ()
    assert store.find_next_due_at() is None
