"""One contract for every store, and what only a file can be asked: several processes."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.manager import Activity, LaunchStep
from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.domain.binding import bind
from manager.domain.demand import Demand
from manager.domain.task import Task
from manager.domain.workspace import Workspace
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
        steps=(LaunchStep("requested", NOW, "You asked – «grüß»"),),
        activity=Activity(NOW, "typed"),
        state=WorkspaceState.STARTING,
        launch_secret="secret",
    )
    store.write(full, task(home_id="home-1"))
    assert store.find_workspace(full.workspace_id) == replace(full, version=1)
    assert store.find_task(task().task_id) == task(home_id="home-1", version=1)


def test_the_record_of_past_launches_is_conditional_like_any_other(store: WorkspaceStore) -> None:
    assert store.find_demand() == Demand()
    counted = Demand().with_launch(WorkspaceKind.SUPERSET, at=NOW, now=NOW)
    store.write(task())
    store.write(counted, delete=(task(version=1),))
    assert store.find_demand() == replace(counted, version=1)
    with pytest.raises(VersionConflict):
        store.write(counted)
    store.write(store.find_demand().with_launch(WorkspaceKind.VSCODE, at=NOW, now=NOW))
    assert store.find_demand().by_kind(NOW) == {WorkspaceKind.SUPERSET: 1, WorkspaceKind.VSCODE: 1}


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
    binding = bind(found_task, found, now=NOW, new_home_id="home", launch_secret="", deadline=NOW)
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
    """Add to one counter (a task's save_attempts) by read and conditional write; how often it had to try again."""
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
