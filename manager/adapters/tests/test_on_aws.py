"""What a launch asks of DynamoDB, ECS and EFS. The tasks are real processes with the real agent.

Whole sessions are in manager/tests/test_function_on_aws.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from contract.manager import CreateRequest
from contract.names import LaunchPath, WorkspaceKind, WorkspaceState
from manager.adapters.agent_http.agent import HttpTaskAgent
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.memory.clock import FakeClock, MemoryMetrics
from manager.adapters.system.clock import RandomIds
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.adapters.tests.ecs_under_test import EcsUnderTest
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolSchedule
from manager.use_cases import lifetime
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_pass
from manager.use_cases.world import World
from tests.waiting import until

NO_POOL = PoolSchedule(base=0, peak=0, off=0, weekend=0)


@dataclass
class School:
    aws: AwsEmulator
    schedule: PoolSchedule = NO_POOL
    clock: FakeClock = field(default_factory=lambda: FakeClock(time.time()))
    """Starts now, because the agents have a real clock, and runs ahead of theirs."""

    def __post_init__(self) -> None:
        self.ecs = EcsUnderTest(self.aws, clock=self.clock)
        self.store = DynamoDbWorkspaceStore(self.ecs.dynamodb, self.ecs.table)
        self.policy = Policy(schedule=self.schedule, kinds=(WorkspaceKind.VSCODE,), memory_max_mib=None)
        self.world = self.another_instance()

    def another_instance(self) -> World:
        """As a new Lambda instance: it knows only what AWS tells it."""
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

    def sweep_until(self, found: Callable[[], Any], what: str) -> Any:
        """One pass after the other, each in a new instance, until `found` is true; returns that."""

        def looked() -> Any:
            reconcile_pass(self.another_instance())
            self.clock.advance(2.0)
            return found()

        return until(looked, what)

    def sweep_until_state(self, workspace_id: str, state: WorkspaceState) -> Workspace:
        self.sweep_until(lambda: self.get(workspace_id).state is state, f"{workspace_id} to be {state}")
        return self.get(workspace_id)


@pytest.fixture
def school(aws: AwsEmulator) -> Iterator[School]:
    made = School(aws)
    yield made
    made.ecs.close()


CLAIM = ["GetItem", "Query", "TransactWriteItems", "PutItem"]
"""The workspace; the pool; the claim; RUNNING. In between the mover is called once."""
ONE_WARM = PoolSchedule(base=1, peak=1, off=1, weekend=1)


def wait_for_warm(school: School) -> Task:
    def warm() -> list[Task]:
        return [task for task in school.store.list_warm_tasks(limit=10) if task.ready_at is not None]

    return school.sweep_until(warm, "a warm task")[0]


def visits(school: School, workspace_id: str) -> int:
    """How often the student's files have seen a session; they must be at rest."""
    home_id = school.get(workspace_id).home_id
    return len((school.aws.files / "homes" / str(home_id) / "visits").read_text().split())


def test_everybody_claims_a_warm_task_with_four_requests_and_one_call_of_the_mover_and_finds_their_files(
    aws: AwsEmulator,
) -> None:
    """A newcomer, the same student returning, and another one."""
    school = School(aws, schedule=ONE_WARM)
    anna, ben = school.create("a"), school.create("b")
    for number, workspace_id in enumerate((anna, anna, ben, anna), 1):
        task = wait_for_warm(school)
        school.ecs.functions.moves.clear()
        with school.ecs.records.counted() as sent:
            launched = launch(school.another_instance(), workspace_id)
        assert (launched.state, launched.launch_path) == (WorkspaceState.RUNNING, LaunchPath.WARM)
        assert sent == CLAIM
        (moved,) = school.ecs.functions.moves
        assert (moved["bring"], f"{moved['slot']}/{moved['use']}") == (launched.home_id, task.slot)
        school.clock.advance(school.policy.idle_timeout_s)
        school.sweep_until_state(workspace_id, WorkspaceState.STOPPED)
        assert number == visits(school, anna) + (visits(school, ben) if number > 2 else 0)
    assert school.ecs.places_of(school.get(anna).home_id or "") == ["homes"]
    school.ecs.close()


def ran_before(school: School) -> str:
    workspace_id = school.create("a")
    launch(school.world, workspace_id)
    school.sweep_until_state(workspace_id, WorkspaceState.RUNNING)
    school.clock.advance(school.policy.idle_timeout_s)
    school.sweep_until_state(workspace_id, WorkspaceState.STOPPED)
    return workspace_id


def test_a_cold_launch_takes_four_requests_and_a_second_click_two(school: School) -> None:
    workspace_id = ran_before(school)
    with school.ecs.records.counted() as sent:
        assert launch(school.world, workspace_id).launch_path is LaunchPath.COLD
    assert sent == ["GetItem", "Query", "TransactWriteItems", "TransactWriteItems"]
    """The workspace; the pool; the claim of a new task; its intent record and its slot."""
    school.sweep_until_state(workspace_id, WorkspaceState.RUNNING)
    with school.ecs.records.counted() as sent:
        launch(school.world, workspace_id)
    assert sent == ["GetItem", "BatchGetItem"]


def test_a_task_that_died_unnoticed_is_found_at_the_next_click(school: School) -> None:
    workspace_id = school.create("a")
    launch(school.world, workspace_id)
    running = school.sweep_until_state(workspace_id, WorkspaceState.RUNNING)
    school.ecs.close()
    school.clock.advance(120.0)
    assert launch(school.another_instance(), workspace_id).state is WorkspaceState.STARTING
    revived = school.sweep_until_state(workspace_id, WorkspaceState.RUNNING)
    assert revived.task_id != running.task_id
    assert revived.home_id == running.home_id
