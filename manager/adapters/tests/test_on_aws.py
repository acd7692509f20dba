"""The manager's use cases over DynamoDB, ECS and EFS, with tasks that are real processes and the real agent in them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from contract.manager import CreateRequest, ExpectRequest
from contract.names import LaunchPath, StopReason, TaskState, WorkspaceKind, WorkspaceState
from manager.adapters.agent_http.agent import HttpTaskAgent
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.memory.clock import FakeClock, MemoryMetrics
from manager.adapters.system.clock import RandomIds
from manager.adapters.tests.aws_emulator import AwsEmulator, refusal
from manager.adapters.tests.ecs_under_test import EcsUnderTest
from manager.adapters.tests.engine_under_test import wait_for
from manager.adapters.tests.test_dynamodb_store import CANCELLED_FOR_A_CONFLICT
from manager.domain.policy import Policy
from manager.domain.pool import PoolSchedule
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.use_cases import lifetime
from manager.use_cases.expect import expect
from manager.use_cases.launch import launch
from manager.use_cases.sweep import sweep
from manager.use_cases.world import World

NO_POOL = PoolSchedule(base=0, peak=0, off=0, weekend=0)


@dataclass
class School:
    aws: AwsEmulator
    schedule: PoolSchedule = NO_POOL
    clock: FakeClock = field(default_factory=lambda: FakeClock(time.time()))
    """Begins now, because the agents have a real clock, and runs ahead of theirs."""

    def __post_init__(self) -> None:
        self.ecs = EcsUnderTest(self.aws, clock=self.clock)
        self.store = DynamoDbWorkspaceStore(self.ecs.dynamodb, self.ecs.table)
        self.policy = Policy(schedule=self.schedule, kinds=(WorkspaceKind.VSCODE,), tasks_max=None)
        self.world = self.another_instance()

    def another_instance(self) -> World:
        """As a Lambda instance that has just started: it knows nothing but what AWS tells it."""
        return World(
            store=self.store,
            runner=self.ecs.another_runner(),
            homes=self.ecs.homes,
            agent=HttpTaskAgent(),
            clock=self.clock,
            ids=RandomIds(),
            metrics=MemoryMetrics(),
            policy=self.policy,
        )

    def create(self, name: str) -> str:
        workspace_id = f"ws-{name * 10}"
        lifetime.create(self.world, CreateRequest(workspace_id, f"owner {name}", WorkspaceKind.VSCODE))
        return workspace_id

    def get(self, workspace_id: str) -> Workspace:
        found = self.store.find_workspace(workspace_id)
        assert found is not None
        return found

    def sweep_until(self, workspace_id: str, state: WorkspaceState) -> Workspace:
        """A sweep after the other, each in an instance of its own, some seconds apart."""

        def there() -> bool:
            sweep(self.another_instance())
            self.clock.advance(2.0)
            return self.get(workspace_id).state is state

        wait_for(there, f"{workspace_id} to be {state}: {self.get(workspace_id)}")
        return self.get(workspace_id)


@pytest.fixture
def school(aws: AwsEmulator) -> Iterator[School]:
    made = School(aws)
    yield made
    made.ecs.close()


def test_a_workspace_lives_from_its_creation_over_an_idle_stop_to_its_resume_with_the_same_home(school: School) -> None:
    workspace_id = school.create("a")
    launched = launch(school.world, workspace_id)
    assert (launched.state, launched.launch_path) == (WorkspaceState.STARTING, LaunchPath.COLD)
    running = school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    assert running.address.endswith(":8080")
    again = launch(school.another_instance(), workspace_id)
    assert again.launch_path is LaunchPath.EXISTING

    school.clock.advance(school.policy.idle_timeout_s)
    stopped = school.sweep_until(workspace_id, WorkspaceState.STOPPED)
    assert stopped.stop_reason is StopReason.IDLE
    assert [step.name for step in stopped.steps][-3:] == ["saving", "saved", "task_stopped"]
    assert school.ecs.ecs_tasks() == []

    launch(school.world, workspace_id)
    resumed = school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    assert resumed.home_id == running.home_id
    assert resumed.task_id != running.task_id
    assert len(school.ecs.ecs_tasks()) == 1


def test_a_newcomer_claims_a_warm_task_with_four_requests_one_of_them_a_transaction_and_adopts_its_home(
    aws: AwsEmulator,
) -> None:
    school = School(aws, schedule=PoolSchedule(base=1, peak=1, off=1, weekend=1))
    workspace_id = school.create("a")

    def warm() -> bool:
        sweep(school.another_instance())
        school.clock.advance(2.0)
        return any(task.ready_at is not None for task in school.store.list_warm_tasks(limit=10))

    wait_for(warm, "a warm task")
    (task,) = school.store.list_warm_tasks(limit=10)
    with school.ecs.records.counted() as sent:
        launched = launch(school.world, workspace_id)
    assert (launched.state, launched.launch_path) == (WorkspaceState.RUNNING, LaunchPath.WARM)
    assert launched.home_id == task.home_id
    assert sent == ["GetItem", "Query", "TransactWriteItems", "PutItem"]
    school.ecs.close()


def ran_before(school: School) -> str:
    workspace_id = school.create("a")
    launch(school.world, workspace_id)
    school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    school.clock.advance(school.policy.idle_timeout_s)
    school.sweep_until(workspace_id, WorkspaceState.STOPPED)
    return workspace_id


def signs_in(school: School, workspace_id: str) -> Task:
    """The task that is then started ahead with their home, ready."""
    expect(school.world, ExpectRequest(workspace_id, "signed in"))
    found: list[Task] = []

    def ready() -> bool:
        sweep(school.another_instance())
        school.clock.advance(2.0)
        found[:] = [task for task in school.store.list_warm_tasks(limit=10) if task.state is TaskState.READY]
        return bool(found)

    wait_for(ready, "a task of their own")
    return found[0]


RESUME = ["GetItem", "TransactWriteItems", "GetItem", "UpdateItem"]
"""The workspace; the claim of a new task; where the home is; what ECS is asked."""


def test_a_resume_asks_dynamodb_four_times_homes_included_and_a_second_click_twice(school: School) -> None:
    workspace_id = ran_before(school)
    with school.ecs.records.counted() as sent:
        launch(school.another_instance(), workspace_id)
    assert sent == RESUME
    school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    with school.ecs.records.counted() as sent:
        launch(school.world, workspace_id)
    assert sent == ["GetItem", "BatchGetItem"]


def test_a_claim_of_a_task_that_was_started_ahead_asks_four_times_and_the_resume_after_it_as_well(
    school: School,
) -> None:
    workspace_id = ran_before(school)
    ahead = signs_in(school, workspace_id)
    with school.ecs.records.counted() as sent:
        launched = launch(school.another_instance(), workspace_id)
    assert (launched.task_id, launched.launch_path) == (ahead.task_id, LaunchPath.WARM)
    assert sent == ["GetItem", "GetItem", "TransactWriteItems", "PutItem"]
    school.clock.advance(school.policy.idle_timeout_s)
    school.sweep_until(workspace_id, WorkspaceState.STOPPED)
    with school.ecs.records.counted() as sent:
        launch(school.another_instance(), workspace_id)
    assert sent == RESUME


def test_a_resume_of_somebody_who_came_too_late_for_the_task_started_ahead_asks_four_times(school: School) -> None:
    workspace_id = ran_before(school)
    ahead = signs_in(school, workspace_id)
    school.clock.advance(school.policy.hint_s)

    def gone() -> bool:
        sweep(school.another_instance())
        school.clock.advance(2.0)
        found = school.store.find_task(ahead.task_id)
        return found is None or not found.live

    wait_for(gone, "the end of the task that nobody claimed")
    with school.ecs.records.counted() as sent:
        launch(school.another_instance(), workspace_id)
    assert sent == RESUME


def test_a_newcomer_s_cold_launch_asks_four_times_and_makes_the_home(school: School) -> None:
    workspace_id = school.create("a")
    with school.ecs.records.counted() as sent:
        launched = launch(school.world, workspace_id)
    assert launched.launch_path is LaunchPath.COLD
    assert sent == ["GetItem", "Query", "TransactWriteItems", "TransactWriteItems"]
    """The workspace; the pool; the claim; the home's place together with what ECS is asked."""


def test_throttling_and_conflicts_cost_time_and_nothing_else(school: School) -> None:
    workspace_id = school.create("a")
    throttled = refusal(400, "ThrottlingException", "Rate exceeded")
    school.ecs.requests.refuse("RunTask", throttled)
    school.ecs.requests.refuse("DescribeTasks", throttled)
    school.ecs.records.refuse("TransactWriteItems", CANCELLED_FOR_A_CONFLICT, times=2)
    school.ecs.records.refuse("GetItem", refusal(400, "ProvisionedThroughputExceededException"))
    launch(school.world, workspace_id)
    school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    assert len(school.ecs.ecs_tasks()) == 1


def test_a_launch_without_capacity_ends_with_its_reason_and_can_be_tried_again(school: School) -> None:
    workspace_id = school.create("a")
    school.ecs.requests.refuse("RunTask", refusal(400, "ClientException", "Capacity is unavailable at this time"))
    launch(school.world, workspace_id)
    failed = school.sweep_until(workspace_id, WorkspaceState.STOPPED)
    assert "no room" in failed.failure
    launch(school.world, workspace_id)
    school.sweep_until(workspace_id, WorkspaceState.RUNNING)


def test_a_task_that_died_while_nobody_was_told_is_noticed_at_the_students_next_click(school: School) -> None:
    workspace_id = school.create("a")
    launch(school.world, workspace_id)
    running = school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    school.ecs.close()
    school.clock.advance(120.0)
    assert launch(school.another_instance(), workspace_id).state is WorkspaceState.STARTING
    revived = school.sweep_until(workspace_id, WorkspaceState.RUNNING)
    assert revived.task_id != running.task_id
    assert revived.home_id == running.home_id
