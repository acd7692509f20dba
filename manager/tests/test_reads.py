"""What a pass and a launch read: what is due, warm or named, however large the school is; and how
many requests they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.manager import Activity
from contract.names import LaunchPath, TaskState, WorkspaceKind, WorkspaceState
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.homes import MemoryHomeVolumes
from manager.adapters.memory.runner import MemoryTaskRunner
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.actions import ActOnUse
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_volumes import HomeOwner
from manager.ports.task_runner import TaskSpec
from manager.tests.school import ANNA, BEN, School, enrolled
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_pass
from manager.use_cases.stop import stop

WORKSPACES = 10_000
RUNNING = 2_000
DUE = 50
WARM = 3
SCAN_PAGE = 100


class CountingStore:
    """Counts requests by name, and the records that they answer with."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.requests: Counter[str] = Counter()
        self.records = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._real, name)

        def request(*arguments: Any, **named: Any) -> Any:
            answer = real(*arguments, **named)
            self.requests[name] += 1
            self.records += len(answer) if isinstance(answer, tuple) else answer is not None and name != "write"
            return answer

        return request

    def begin(self) -> None:
        self.requests.clear()
        self.records = 0


class RunnerThatListsInPages(MemoryTaskRunner):
    """As ECS does: a page of its tasks a call, and the next call goes on after it."""

    asked = 0

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        whole = super().list_tasks()
        pages = max(1, -(-len(whole) // SCAN_PAGE))
        start = self.asked % pages * SCAN_PAGE
        self.asked += 1
        return whole[start : start + SCAN_PAGE]


def large_school() -> tuple[School, CountingStore]:
    """10,000 workspaces, 2,000 of them running, 50 of these due; three warm tasks; nothing else to
    do."""
    store, clock = MemoryWorkspaceStore(), FakeClock()
    school = School(runner=RunnerThatListsInPages(clock), store=store, pool=WARM, memory_max_mib=None)
    now = school.clock.now()
    for number in range(WORKSPACES):
        workspace_id = f"ws-{number:010d}"
        plain = Workspace(workspace_id, f"owner {number}", WorkspaceKind.VSCODE, home_id=f"home-{number}")
        if number >= RUNNING:
            store.write(plain)
            continue
        task_id = f"task-{number:016d}"
        due_at = now if number < DUE else now + 600.0
        running = replace(
            plain,
            state=WorkspaceState.RUNNING,
            task_id=task_id,
            running_since=now,
            person_active_at=now,
            activity=Activity(now, "typed"),
            due_at=due_at,
        )
        task = Task(task_id, WorkspaceKind.VSCODE, "vscode-1", now - 600.0, "token", TaskState.CLAIMED)
        store.write(running, replace(task, workspace_id=workspace_id, ready_at=now, state_since=now))
        school.runner.start(TaskSpec(task_id, WorkspaceKind.VSCODE, "vscode-1", "token"))
        school.runner.tasks[task_id].started_at = now - 600.0
    counting = CountingStore(store)
    school.world = replace(school.world, store=counting)
    return school, counting


@pytest.fixture(scope="module")
def large() -> tuple[School, CountingStore]:
    school, counting = large_school()
    school.settle()  # the pool is filled
    return school, counting


def test_a_pass_over_ten_thousand_workspaces_reads_the_fifty_that_are_due(large: tuple[School, CountingStore]) -> None:
    school, counting = large
    for number in range(DUE):
        workspace = school.workspace(f"ws-{number:010d}")
        school.store.write(replace(workspace, due_at=school.clock.now()))
    counting.begin()
    plan = reconcile_pass(school.world)
    assert len(plan.actions) == DUE
    assert counting.requests["write"] == DUE
    assert counting.records == DUE + DUE + WARM + 2  # workspaces, their tasks, the pool, past launches, outlook
    del counting.requests["write"]
    assert counting.requests == {
        "list_warm_tasks": 1, "list_due_tasks": 1, "list_due_workspaces": 1, "find_tasks": 1, "find_demand": 1,
        "find_outlook": 1, "list_due_cohorts": 1,
    }  # fmt: skip


def test_a_pass_in_which_nothing_is_due_reads_the_pool_alone(large: tuple[School, CountingStore]) -> None:
    school, counting = large
    reconcile_pass(school.world)
    counting.begin()
    assert reconcile_pass(school.world).actions == ()
    assert counting.records == WARM + 2


def test_the_search_for_orphans_reads_a_page_of_the_engine_s_tasks_now_and_then(
    large: tuple[School, CountingStore],
) -> None:
    school, counting = large
    school.later(school.world.policy.orphan_scan_s)
    counting.begin()
    assert {type(action) for action in reconcile_pass(school.world).actions} == {
        ActOnUse
    }  # what is not due is no orphan
    assert 2 * DUE + WARM + 2 < counting.records <= 2 * DUE + WARM + 2 + SCAN_PAGE
    counting.begin()
    reconcile_pass(school.world)
    assert counting.records == WARM + 2


def test_an_orphan_among_two_thousand_running_tasks_is_found_within_one_round(
    large: tuple[School, CountingStore],
) -> None:
    school, counting = large
    lost = TaskSpec("task-lost", WorkspaceKind.VSCODE, "vscode-1", "a lost token")
    school.runner.start(lost)
    for _ in range(RUNNING // SCAN_PAGE + 2):
        school.later(school.world.policy.orphan_scan_s)
        counting.begin()
        reconcile_pass(school.world)
        assert counting.records <= WORKSPACES // 4
    assert not school.runner.tasks[lost.task_id].alive
    assert sum(task.alive for task in school.runner.tasks.values()) == RUNNING + WARM


def test_a_launch_in_a_large_school_reads_the_workspace_and_the_pool(large: tuple[School, CountingStore]) -> None:
    school, counting = large
    reconcile_pass(school.world)
    counting.begin()
    assert launch(school.world, f"ws-{WORKSPACES - 1:010d}").launch_path is LaunchPath.WARM
    assert counting.records == 1 + WARM
    counting.begin()
    assert launch(school.world, f"ws-{RUNNING - 1:010d}").launch_path is LaunchPath.EXISTING
    assert (counting.records, dict(counting.requests)) == (1, {"find_workspace": 1})


def test_a_pass_that_only_records_use_asks_for_no_other(large: tuple[School, CountingStore]) -> None:
    """On AWS a requested pass is an invocation, and in a busy school each records use."""
    school, _ = large
    school.settle()
    woken: list[None] = []
    world = replace(school.world, wake=lambda: woken.append(None))
    now = school.clock.now()
    school.store.write(replace(school.workspace(f"ws-{DUE:010d}"), due_at=now))
    plan = reconcile_pass(world)
    assert [type(action) for action in plan.actions] == [ActOnUse]
    assert (woken, plan.look_again_at) == ([], now + world.policy.pass_interval_s)
    due_at = school.workspace(f"ws-{DUE:010d}").due_at
    assert due_at is not None
    assert due_at > now  # it says itself when it is due


def counted(school: School) -> CountingStore:
    counting = CountingStore(school.store)
    school.world = replace(school.world, store=counting)
    return counting


def test_a_launch_of_what_runs_makes_one_request() -> None:
    school = School(memory_max_mib=None)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.settle()
    counting = counted(school)
    assert launch(school.world, ANNA).launch_path is LaunchPath.EXISTING
    assert dict(counting.requests) == {"find_workspace": 1}


@pytest.mark.parametrize("first", [True, False])
def test_a_warm_launch_makes_four_requests_and_its_claim_is_one_transaction(first: bool) -> None:
    school = School(pool=1, memory_max_mib=None)
    school.enrol(ANNA, BEN)
    if not first:
        launch(school.world, ANNA)
        stop(school.world, ANNA)
    school.settle()
    counting = counted(school)
    assert launch(school.world, ANNA).state is WorkspaceState.RUNNING
    assert dict(counting.requests) == {"find_workspace": 1, "list_warm_tasks": 1, "write": 2}
    workspace = school.workspace()
    assert workspace.home_created_at is not None
    names = [step.name for step in workspace.steps]
    assert names[:1] + names[-1:] == ["requested", "application_ready"]


@pytest.mark.parametrize("memory_max_mib", [None, 32_768])
def test_a_cold_launch_makes_three_requests_and_one_more_where_memory_is_limited(memory_max_mib: int | None) -> None:
    school = School(memory_max_mib=memory_max_mib)
    school.enrol(ANNA)
    counting = counted(school)
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING
    limited = {"count_live_tasks": 1} if memory_max_mib else {}
    assert dict(counting.requests) == {"find_workspace": 1, "list_warm_tasks": 1, "write": 1, **limited}
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


@pytest.mark.parametrize(
    ("old", "path", "lists"), [(0, LaunchPath.WARM, 1), (59, LaunchPath.WARM, 2), (60, LaunchPath.COLD, 2)]
)
def test_a_launch_reads_the_oldest_of_a_large_pool_and_the_rest_only_if_none_of_them_serves(
    old: int, path: LaunchPath, lists: int
) -> None:
    school = enrolled(pool=60, warming_max=60, memory_max_mib=None)
    for task in school.store.list_warm_tasks(limit=old):
        school.store.write(replace(task, image="vscode-0"))
    counting = counted(school)
    assert launch(school.world, ANNA).launch_path is path
    assert counting.requests["list_warm_tasks"] == lists
    assert counting.records == 1 + (50 if lists == 1 else 50 + 60)


class HomesThatDieWithTheirFirstCaller(MemoryHomeVolumes):
    """The home is made, and the process ends before it learns so."""

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:
        first = home_id not in self.files
        super().create(home_id, owner)
        if first:
            raise KeyboardInterrupt


def test_a_home_that_was_made_but_not_recorded_is_the_same_one_when_the_launch_goes_on() -> None:
    school = enrolled(pool=1)
    homes = HomesThatDieWithTheirFirstCaller()
    school.world = replace(school.world, homes=homes)
    with pytest.raises(KeyboardInterrupt):
        launch(school.world, ANNA)
    made = set(homes.files)
    school.crash()
    school.settle(after_s=school.world.policy.takeover_s)
    workspace = school.workspace()
    assert workspace.state is WorkspaceState.RUNNING
    assert {workspace.home_id} == made == set(homes.files)
