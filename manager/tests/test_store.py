"""One contract for every store, and what only a file can be asked: several processes."""

from __future__ import annotations

import concurrent.futures
import json
import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract import wire
from contract.manager import Activity, ClassTime, LaunchStep
from contract.names import StepName, TaskState, WorkspaceKind, WorkspaceSize, WorkspaceState
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.domain.lifecycle.binding import bind
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, Shape
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.ports.workspace_store import VersionConflict, WorkspaceStore

NOW = 1_790_000_000.0


def workspace(name: str = "a", **changes: object) -> Workspace:
    return replace(Workspace(f"ws-{name * 10}", f"owner {name}", WorkspaceKind.VSCODE), **changes)


def task(number: int = 1, **changes: object) -> Task:
    plain = Task(f"task-{number:016d}", WorkspaceKind.VSCODE, "vscode-1", NOW + number, "a token")
    return replace(plain, **changes)


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WorkspaceStore]:
    if request.param == "memory":
        yield MemoryWorkspaceStore()
        return
    if request.param == "dynamodb":
        aws: AwsEmulator = request.getfixturevalue("aws")
        yield DynamoDbWorkspaceStore(aws.client("dynamodb"), aws.make_table())
        return
    sqlite = SqliteWorkspaceStore(tmp_path / "manager.sqlite3")
    yield sqlite
    sqlite.close()


def test_a_record_comes_back_whole_and_one_version_on(store: WorkspaceStore) -> None:
    full = workspace(
        due_at=NOW,
        steps=(LaunchStep(StepName.REQUESTED, NOW, "You asked – «grüß»"),),
        activity=Activity(NOW, "typed"),
        state=WorkspaceState.STARTING,
        launch_secret="secret",
    )
    store.write(full, task(slot="slot-1"))
    assert store.find_workspace(full.workspace_id) == replace(full, version=1)
    assert store.find_task(task().task_id) == task(slot="slot-1", version=1)


def test_the_record_of_past_launches_is_conditional_like_any_other(store: WorkspaceStore) -> None:
    assert store.find_demand() == Demand()
    counted = Demand().with_launch(Shape(WorkspaceKind.SUPERSET), at=NOW, now=NOW)
    store.write(task())
    store.write(counted, delete=(task(version=1),))
    assert store.find_demand() == replace(counted, version=1)
    with pytest.raises(VersionConflict):
        store.write(counted)
    store.write(store.find_demand().with_launch(Shape(WorkspaceKind.VSCODE), at=NOW, now=NOW))
    assert store.find_demand().by_shape() == {Shape(WorkspaceKind.SUPERSET): 1, Shape(WorkspaceKind.VSCODE): 1}


def test_unknown_records_are_none(store: WorkspaceStore) -> None:
    assert store.find_workspace("ws-unknown") is None
    assert store.find_task("task-unknown") is None
    assert store.find_workspaces(()) == ()
    assert store.find_next_due_at() is None


def test_a_record_is_created_once(store: WorkspaceStore) -> None:
    store.write(workspace())
    with pytest.raises(VersionConflict):
        store.write(workspace(owner_id="someone else"))
    found = store.find_workspace(workspace().workspace_id)
    assert found is not None
    assert found.owner_id == "owner a"


def test_a_write_from_an_old_version_is_refused_and_writes_nothing_at_all(store: WorkspaceStore) -> None:
    store.write(workspace(), task())
    store.write(workspace(version=1, failure="newer"))
    with pytest.raises(VersionConflict):
        store.write(task(version=1, image="never stored"), workspace(version=1, failure="never stored"))
    kept = store.find_task(task().task_id)
    assert kept is not None
    assert (kept.version, kept.image) == (1, "vscode-1")


def test_a_delete_is_conditional_too_and_part_of_the_same_transaction(store: WorkspaceStore) -> None:
    store.write(workspace(), task())
    with pytest.raises(VersionConflict):
        store.write(workspace(version=1, failure="never stored"), delete=(task(version=7),))
    assert store.find_workspace(workspace().workspace_id) == workspace(version=1)
    store.write(delete=(task(version=1),))
    assert store.find_task(task().task_id) is None
    with pytest.raises(VersionConflict):
        store.write(task(version=1))


def test_only_what_is_due_is_listed_longest_due_first(store: WorkspaceStore) -> None:
    store.write(
        workspace("a", due_at=NOW + 5), workspace("b", due_at=NOW - 5), workspace("c"), workspace("d", due_at=NOW)
    )
    assert [item.owner_id for item in store.list_due_workspaces(NOW, limit=10)] == ["owner b", "owner d"]
    assert [item.owner_id for item in store.list_due_workspaces(NOW, limit=1)] == ["owner b"]
    assert store.find_next_due_at() == NOW - 5
    store.write(workspace("b", version=1, due_at=None))
    assert store.find_next_due_at() == NOW


def test_cohorts_are_records_like_any_other_and_only_what_is_due_is_listed(store: WorkspaceStore) -> None:
    classes = (ClassTime(NOW, NOW + 60),)
    late = Cohort("a", "A", WorkspaceKind.VSCODE, classes=classes, members=("ws-aaaaaaaaaa",), due_at=NOW + 5)
    store.write(late, replace(late, cohort_id="b", due_at=NOW - 5), replace(late, cohort_id="c", due_at=None))
    assert store.find_cohort("a") == replace(late, version=1)
    assert [item.cohort_id for item in store.list_due_cohorts(NOW, limit=10)] == ["b"]
    assert [item.cohort_id for item in store.list_due_cohorts(NOW + 5, limit=10)] == ["b", "a"]
    assert len(store.list_due_cohorts(NOW + 5, limit=1)) == 1
    with pytest.raises(VersionConflict):
        store.write(late)
    store.write(delete=(replace(late, version=1),))
    assert store.find_cohort("a") is None


def test_a_record_leaves_the_due_ones_when_its_time_moves_and_when_it_is_deleted(store: WorkspaceStore) -> None:
    store.write(workspace("a", due_at=NOW), task(1, due_at=NOW))
    store.write(workspace("a", version=1, due_at=NOW + 60), task(1, version=1, due_at=NOW + 30))
    assert (store.list_due_workspaces(NOW, limit=10), store.list_due_tasks(NOW, limit=10)) == ((), ())
    assert store.find_next_due_at() == NOW + 30
    store.write(
        workspace("a", version=2, due_at=NOW), task(1, version=2, due_at=NOW)
    )  # and back to a time it had before
    assert len(store.list_due_workspaces(NOW, limit=10)) == len(store.list_due_tasks(NOW, limit=10)) == 1
    store.write(delete=(workspace("a", version=3), task(1, version=3)))
    assert (store.list_due_workspaces(NOW, limit=10), store.list_due_tasks(NOW, limit=10)) == ((), ())
    assert store.find_next_due_at() is None


def ended(number: int, *, after_s: float, **changes: object) -> Task:
    return task(number, state=TaskState.STOPPED, ended_at=NOW + after_s, **changes)


def test_due_tasks_are_those_that_start_for_somebody_or_stop_and_those_to_be_forgotten(store: WorkspaceStore) -> None:
    warm = task(1)
    store.write(
        warm,
        task(2).ready(observed(2), now=NOW),
        task(3).reserved("ws-aaaaaaaaaa", now=NOW, deadline=NOW),
        task(4).stopping(now=NOW - 1, deadline=NOW),
        task(5).stopping(now=NOW, deadline=NOW).stopped(now=NOW, forget_at=NOW + 900),
        task(6).ready(observed(6), now=NOW).claimed("ws-bbbbbbbbbb", now=NOW),
    )
    assert [item.task_id[-1] for item in store.list_due_tasks(NOW, limit=10)] == ["4", "3"]
    assert [item.task_id[-1] for item in store.list_due_tasks(NOW, limit=1)] == ["4"]
    assert [item.task_id[-1] for item in store.list_due_tasks(NOW + 900, limit=10)] == ["4", "3", "5"]
    assert store.find_next_due_at() == NOW - 1
    store.write(task(4, version=1), task(3, version=1))
    assert store.find_next_due_at() == NOW + 900


def observed(number: int) -> ObservedTask:
    return ObservedTask(task(number).task_id, alive=True, started_at=NOW)


def test_the_pools_list_has_warm_tasks_and_failures_that_count_oldest_first(
    store: WorkspaceStore,
) -> None:
    store.write(
        task(3),
        task(1, state=TaskState.READY),
        task(4, workspace_id="ws-aaaaaaaaaa"),
        task(5, state=TaskState.CLAIMED, workspace_id="ws-bbbbbbbbbb"),
        ended(6, after_s=1, failure="no room"),
        ended(7, after_s=2, failure="no room", workspace_id="ws-cccccccccc"),
        ended(8, after_s=3, failure="killed", ready_at=NOW),
    )
    assert [item.task_id[-1] for item in store.list_warm_tasks(limit=10)] == ["1", "3", "6", "7"]
    assert [item.task_id[-1] for item in store.list_warm_tasks(limit=1)] == ["1"]
    store.write(task(1, version=1, state=TaskState.CLAIMED, workspace_id="ws-dddddddddd"), delete=(task(6, version=1),))
    assert [item.task_id[-1] for item in store.list_warm_tasks(limit=10)] == ["3", "7"]


def test_live_tasks_are_counted_by_their_size(store: WorkspaceStore) -> None:
    large = task(5, size=WorkspaceSize.LARGE)
    store.write(*(task(number) for number in (1, 2, 3)), ended(4, after_s=0), large)
    assert store.count_live_tasks() == {None: 3, WorkspaceSize.LARGE: 1}
    store.write(ended(1, after_s=0, version=1), delete=(task(2, version=1),))
    store.write(replace(large, version=1, size=WorkspaceSize.SMALL))
    counted = store.count_live_tasks()
    assert {size: count for size, count in counted.items() if count} == {None: 1, WorkspaceSize.SMALL: 1}


def test_a_claimed_task_of_the_release_before_sizes_counts_as_small(store: WorkspaceStore) -> None:
    """It goes on through the upgrade; counted as a warm one, it would let too many others in."""
    store.write(task(1, state=TaskState.CLAIMED, workspace_id="ws-aaaaaaaaaa"), task(2))
    assert store.count_live_tasks() == {WorkspaceSize.SMALL: 1, None: 1}


def test_several_tasks_are_found_in_the_order_asked_for(store: WorkspaceStore) -> None:
    store.write(task(1), task(2))
    ids = (task(2).task_id, "task-unknown", task(1).task_id, task(2).task_id)
    assert [item.task_id[-1] for item in store.find_tasks(ids)] == ["2", "1"]
    assert store.find_tasks(()) == ()


def test_lists_are_bounded_and_ordered(store: WorkspaceStore) -> None:
    store.write(*(task(number) for number in (3, 1, 2)), workspace("b"), workspace("a"))
    assert [item.task_id[-1] for item in store.list_tasks(limit=2)] == ["1", "2"]
    assert [item.owner_id for item in store.list_workspaces(limit=1)] == ["owner a"]


def test_several_are_found_in_the_order_asked_for(store: WorkspaceStore) -> None:
    store.write(workspace("a"), workspace("b"))
    ids = ("ws-bbbbbbbbbb", "ws-unknown", "ws-aaaaaaaaaa", "ws-bbbbbbbbbb")
    assert [item.owner_id for item in store.find_workspaces(ids)] == ["owner b", "owner a"]


def claim(store: WorkspaceStore, name: str) -> bool:
    found_task, found = store.find_task(task().task_id), store.find_workspace(workspace(name).workspace_id)
    assert found_task is not None
    assert found is not None
    if not found_task.warm or found.state is not WorkspaceState.STOPPED:
        return False  # someone was faster, this student's other click perhaps
    binding = bind(found_task, found, now=NOW, new_home_id="home", launch_secret="", policy=Policy())
    try:
        store.write(binding.task, binding.workspace)
    except VersionConflict:
        return False
    return True


def test_fifty_threads_racing_for_one_task_have_one_winner(store: WorkspaceStore) -> None:
    names = [chr(ord("a") + index % 25) for index in range(50)]
    store.write(task(), *(workspace(name) for name in sorted(set(names))[:24]))
    store.write(workspace("y"))
    start = threading.Barrier(50)

    def race(name: str) -> bool:
        start.wait()
        return claim(store, name)

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(race, names)) == 1
    taken = store.find_task(task().task_id)
    assert taken is not None
    bound = [item for item in store.list_workspaces(limit=100) if item.task_id is not None]
    assert [item.workspace_id for item in bound] == [taken.workspace_id]


def _count_up(path: Path, times: int) -> int:
    """Add to one counter (a task's save_attempts) by read and conditional write; how often it had
    to try again."""
    store, conflicts = SqliteWorkspaceStore(path), 0
    for _ in range(times):
        while True:
            found = store.find_task(task().task_id)
            assert found is not None
            try:
                store.write(replace(found, save_attempts=found.save_attempts + 1))
                break
            except VersionConflict:
                conflicts += 1
    store.close()
    return conflicts


def test_two_processes_lose_no_write_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "manager.sqlite3"
    store = SqliteWorkspaceStore(path)
    store.write(task())
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        done = [pool.submit(_count_up, path, 60) for _ in range(2)]
        for future in done:
            future.result(timeout=60)
    counted = store.find_task(task().task_id)
    assert counted is not None
    assert (counted.save_attempts, counted.version) == (120, 121)


def test_the_file_is_for_its_owner_alone_and_a_later_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manager.sqlite3"
    store = SqliteWorkspaceStore(path)
    assert path.stat().st_mode & 0o077 == 0
    with store._connection() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="another version"):
        SqliteWorkspaceStore(path)


_VERSION_1 = """
CREATE TABLE workspaces (
  workspace_id TEXT PRIMARY KEY, version INTEGER NOT NULL, due_at REAL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX workspaces_due ON workspaces (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE tasks (
  task_id TEXT PRIMARY KEY, version INTEGER NOT NULL, created_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE demand (
  demand_id TEXT PRIMARY KEY, version INTEGER NOT NULL, counted_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def test_the_file_of_an_installed_school_is_brought_up_to_date_and_loses_nothing(tmp_path: Path) -> None:
    """Version 1 had no index of tasks, and their records no `due_at`."""
    path = tmp_path / "manager.sqlite3"
    old = sqlite3.connect(path)
    old.executescript(_VERSION_1)
    kept = (
        task(1, state=TaskState.STOPPING, state_since=NOW, must_save=True),
        task(2, state=TaskState.READY),
        task(3, workspace_id="ws-aaaaaaaaaa", state_since=NOW + 1),
        task(4, state=TaskState.CLAIMED, workspace_id="ws-bbbbbbbbbb"),
        ended(5, after_s=2),
        ended(6, after_s=3, failure="no room"),
    )
    for item in kept:
        body = {name: value for name, value in wire.to_json(item).items() if name != "due_at"}
        old.execute("INSERT INTO tasks VALUES (?, 7, ?, ?)", (item.task_id, item.created_at, json.dumps(body)))
    someone = workspace("b", home_id="home-1", due_at=NOW + 5)
    old.execute(
        "INSERT INTO workspaces VALUES (?, 3, ?, ?)",
        (someone.workspace_id, someone.due_at, json.dumps(wire.to_json(someone))),
    )
    launches = Demand().with_launch(Shape(WorkspaceKind.VSCODE), at=NOW, now=NOW)
    body = json.dumps({**wire.to_json(launches), "counted_at": NOW})
    old.execute("INSERT INTO demand VALUES (?, 5, ?, ?)", (launches.demand_id, NOW, body))
    old.commit()
    old.close()
    for _ in range(2):  # the second time there is nothing left to do
        store = SqliteWorkspaceStore(path)
        assert [item.task_id[-1] for item in store.list_due_tasks(NOW + 2, limit=10)] == ["1", "3"]
        assert [item.task_id[-1] for item in store.list_due_tasks(NOW + 902, limit=10)] == ["1", "3", "5"]
        assert [item.task_id[-1] for item in store.list_warm_tasks(limit=10)] == ["2", "6"]
        assert store.count_live_tasks() == {None: 2, WorkspaceSize.SMALL: 2}
        assert store.find_task(kept[3].task_id) == replace(kept[3], version=7)
        assert store.find_workspace(someone.workspace_id) == replace(someone, version=3)
        assert store.find_demand() == replace(launches, version=5)
        store.close()
    store = SqliteWorkspaceStore(path)
    (stopping, _) = store.list_due_tasks(NOW + 2, limit=10)
    store.write(stopping.stopped(now=NOW + 3, forget_at=NOW + 903))
    assert [item.task_id[-1] for item in store.list_due_tasks(NOW + 2, limit=10)] == ["3"]
    store.write(store.find_demand().with_launch(Shape(WorkspaceKind.VSCODE), at=NOW, now=NOW))
    assert store.find_demand().by_shape() == {Shape(WorkspaceKind.VSCODE): 2}


def test_no_look_up_of_a_pass_or_a_launch_walks_through_the_whole_file(tmp_path: Path) -> None:
    """Of each query SQLite itself says whether it scans a table."""
    store, plans = SqliteWorkspaceStore(tmp_path / "manager.sqlite3"), []

    def explained(query: str, values: tuple[object, ...]) -> list[tuple]:
        with store._connection() as connection:
            plans.extend((query, row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values))
            return connection.execute(query, values).fetchall()

    store._read = explained  # type: ignore[method-assign]
    store.find_workspaces(("a", "b"))
    store.find_tasks(("a", "b"))
    store.list_due_workspaces(NOW, limit=10)
    store.list_due_tasks(NOW, limit=10)
    store.list_warm_tasks(limit=10)
    store.count_live_tasks()
    store.find_next_due_at()
    steps = [step for _, step in plans if step.startswith(("SCAN ", "SEARCH ")) and "subquery" not in step]
    assert len(steps) >= 7
    assert [step for step in steps if " INDEX " not in step and " PRIMARY KEY " not in step] == []
    store.close()
