"""What every task runner promises, in memory and real."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contract.errors import ApraNovaError, Reason
from contract.names import AGENT_TOKEN_HEADER, WorkspaceKind
from manager.adapters.memory.runner import MemoryTaskRunner
from manager.adapters.system.clock import SystemClock
from manager.adapters.tests.ecs_under_test import EcsUnderTest
from manager.adapters.tests.engine_under_test import EngineUnderTest, OverUnixSocket, new_task_id
from manager.ports.task_runner import ObservedTask, TaskRunner, TaskSpec
from tests.waiting import until


@dataclass
class Subject:
    runner: TaskRunner
    new_home: Callable[[], str]

    def start(self, task_id: str | None = None) -> str:
        task_id = task_id or new_task_id()
        self.runner.start(TaskSpec(task_id, WorkspaceKind.VSCODE, self.runner.image(WorkspaceKind.VSCODE), "token"))
        return task_id

    def start_ready(self) -> str:
        task_id = self.start()
        until(lambda: self.observed(task_id).control_address, task_id)
        return task_id

    def observed(self, task_id: str) -> ObservedTask:
        (task,) = self.runner.find_tasks((task_id,))
        return task


SANDBOXES = ("bubblewrap", "unisolated")
SUBJECTS = [
    "memory",
    "ecs",
    *(pytest.param(f"{technology} as ordinary user", marks=pytest.mark.sandbox) for technology in SANDBOXES),
    *(pytest.param(f"{technology} as root", marks=(pytest.mark.sandbox, pytest.mark.root)) for technology in SANDBOXES),
]


@pytest.fixture(scope="module", params=SUBJECTS)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    technology, _, user = request.param.partition(" as ")
    if technology == "memory":
        yield Subject(MemoryTaskRunner(SystemClock()), new_home=lambda: f"home-{new_task_id()}")
    elif technology == "ecs":
        under_test = EcsUnderTest(request.getfixturevalue("aws"), slots=40)
        yield Subject(under_test.runner, under_test.new_home)
        under_test.close()
    else:
        engine = EngineUnderTest(as_whom=user, isolation="none" if technology == "unisolated" else "bubblewrap")
        yield Subject(engine.runner, engine.new_home)
        engine.close()


def test_a_started_task_becomes_reachable(subject: Subject) -> None:
    task = subject.observed(subject.start_ready())
    assert task.alive
    assert task.cluster or task.address
    assert not task.ended_because
    if subject.runner.isolation != "memory":
        until(lambda: agent_answers(task), "the agent")


def agent_answers(task: ObservedTask) -> bool:
    kind, _, path = task.control_address.partition(":")
    connection = OverUnixSocket(Path(path)) if kind == "unix" else http.client.HTTPConnection(task.control_address)
    try:
        connection.request("GET", "/_agent/status", headers={AGENT_TOKEN_HEADER: "token"})
        return json.loads(connection.getresponse().read())["task_id"] == task.task_id
    except OSError:
        return False
    finally:
        connection.close()


def test_two_tasks_have_different_addresses(subject: Subject) -> None:
    first, second = (subject.observed(subject.start_ready()) for _ in range(2))
    assert first.control_address != second.control_address


def test_starting_a_task_again_starts_nothing(subject: Subject) -> None:
    task_id = subject.start_ready()
    before = subject.observed(task_id)
    subject.start(task_id)
    assert subject.observed(task_id) == before


def test_starting_a_task_that_has_ended_starts_nothing(subject: Subject) -> None:
    task_id = subject.start_ready()
    subject.runner.stop(task_id, grace_s=1)
    subject.start(task_id)
    assert not subject.observed(task_id).alive


def test_a_stopped_task_is_remembered_as_ended_and_has_no_address_for_the_gateway(subject: Subject) -> None:
    task_id = subject.start_ready()
    subject.runner.stop(task_id, grace_s=1)
    assert not subject.observed(task_id).alive


def test_tasks_are_found_by_name_and_one_that_was_never_started_is_not_there(subject: Subject) -> None:
    first, second = subject.start_ready(), subject.start_ready()
    subject.runner.stop(second, grace_s=1)
    found = subject.runner.find_tasks((second, new_task_id(), first, second))
    assert {task.task_id: task.alive for task in found} == {first: True, second: False}
    assert len(found) == 2
    assert subject.runner.find_tasks(()) == ()


def test_every_running_task_comes_in_the_list_and_is_as_a_look_up_says(subject: Subject) -> None:
    """All at once, or page by page."""
    task_id = subject.start_ready()
    for _ in range(20):
        listed = {task.task_id: task for task in subject.runner.list_tasks()}
        if task_id in listed:
            break
    observed = subject.observed(task_id)
    assert replace(listed[task_id], slot=observed.slot) == observed  # a list need not say where homes come


def test_stopping_twice_or_what_nobody_knows_is_no_error(subject: Subject) -> None:
    task_id = subject.start_ready()
    subject.runner.stop(task_id, grace_s=1)
    subject.runner.stop(task_id, grace_s=1)
    subject.runner.stop(new_task_id(), grace_s=1)


def test_a_home_is_attached_once_and_for_good(subject: Subject) -> None:
    task_id, home_id, other = subject.start_ready(), subject.new_home(), subject.new_home()
    slot = subject.observed(task_id).slot
    for _ in range(2):
        subject.runner.attach_home(task_id, home_id, slot=slot)
    with pytest.raises(ApraNovaError) as refusal:
        subject.runner.attach_home(task_id, other, slot=slot)
    assert refusal.value.reason is Reason.LAUNCH_FAILED


def test_a_task_that_is_gone_gets_no_home(subject: Subject) -> None:
    for task_id in (new_task_id(), subject.start_ready()):
        known = subject.runner.find_tasks((task_id,))
        subject.runner.stop(task_id, grace_s=1)
        for _ in range(2):
            subject.runner.release(task_id)
        slot = known[0].slot if known else ""
        with pytest.raises(ApraNovaError) as refusal:
            subject.runner.attach_home(task_id, subject.new_home(), slot=slot)
        assert refusal.value.reason is Reason.LAUNCH_FAILED


def test_a_kind_without_an_image_is_not_ready_and_says_so(subject: Subject) -> None:
    status = subject.runner.kind_status(WorkspaceKind.SUPERSET)
    assert not status.ready
    assert status.text
    assert subject.runner.kind_status(WorkspaceKind.VSCODE).ready
    with pytest.raises(ApraNovaError) as refusal:
        subject.runner.image(WorkspaceKind.SUPERSET)
    assert refusal.value.reason is Reason.KIND_NOT_READY


def test_it_says_what_is_enforced(subject: Subject) -> None:
    assert "memory" in subject.runner.enforced()
    assert all(subject.runner.enforced().values())
