"""What only ECS does: forgets stops, loses answers, has no capacity, keeps old definitions.

The contract that it shares with the other runners is in test_task_runner_contract.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from manager.adapters.ecs import answers
from manager.adapters.ecs.references import LEASE_S, References
from manager.adapters.memory.clock import FakeClock
from manager.adapters.tests.aws_emulator import CRASHING_IMAGE, NEWER_IMAGE, VSCODE_IMAGE, AwsEmulator, refusal
from manager.adapters.tests.ecs_under_test import EcsUnderTest, RecordingFunctions
from manager.adapters.tests.engine_under_test import new_task_id
from manager.adapters.tests.test_dynamodb_store import lost_answer
from manager.ports.task_runner import StillEnding, TaskSpec
from tests.waiting import until

NO_CAPACITY = refusal(400, "ClientException", "Capacity is unavailable at this time. Please try again later")
TOKEN = "the-token-of-this-task"


@dataclass
class Subject(EcsUnderTest):
    aws: AwsEmulator
    spot_percent: int = 0

    def __post_init__(self) -> None:
        self.fake_clock = FakeClock()
        super().__init__(self.aws, clock=self.fake_clock, spot_percent=self.spot_percent)

    def spec(self, home_id: str | None = None, *, image: str = VSCODE_IMAGE) -> TaskSpec:
        return TaskSpec(new_task_id(), WorkspaceKind.VSCODE, image, TOKEN, home_id or self.new_home())

    def asked(self, operation: str) -> list[Any]:
        pairs = zip(self.requests.sent, self.requests.bodies, strict=True)
        return [body for name, body in pairs if name == operation]


def active_definitions(ecs: Subject, home_id: str) -> list[str]:
    """Their revisions."""
    family = f"apranova-vscode-{home_id}"
    found = ecs.ecs.list_task_definitions(familyPrefix=family, status="ACTIVE")["taskDefinitionArns"]
    return [arn.rpartition(":")[2] for arn in found]


@pytest.fixture
def ecs(aws: AwsEmulator) -> Iterator[Subject]:
    subject = Subject(aws)
    yield subject
    subject.close()


def test_a_start_that_comes_after_its_stop_starts_nothing(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.another_runner().stop(spec.task_id, grace_s=0)
    ecs.runner.start(spec)
    assert not ecs.asked("RunTask")
    assert ecs.runner.find_tasks([spec.task_id]) == ()


def test_a_stop_does_not_report_a_task_gone_while_its_start_is_under_way(ecs: Subject) -> None:
    spec = ecs.spec()
    held_up = References(ecs.dynamodb, ecs.table, ecs.fake_clock)
    assert held_up.record_intent(spec.task_id)  # and now its process hangs before RunTask's answer
    with pytest.raises(StillEnding):
        ecs.runner.stop(spec.task_id, grace_s=0)
    ecs.fake_clock.advance(LEASE_S)
    ecs.runner.stop(spec.task_id, grace_s=0)
    ecs.runner.start(spec)
    assert not ecs.asked("RunTask")


def test_two_starts_at_once_are_one(ecs: Subject) -> None:
    spec = ecs.spec()
    for runner in (ecs.runner, ecs.another_runner()):
        runner.start(spec)
    assert len(ecs.asked("RunTask")) == 1


def test_a_start_whose_answer_was_lost_is_taken_over_without_a_second_task(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.requests.refuse("RunTask", lost_answer)
    ecs.requests.refuse("RunTask", ConnectionClosedError(endpoint_url="http://ecs"))
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(spec)
    assert refused.value.reason is Reason.INTERNAL
    ecs.fake_clock.advance(LEASE_S + 1)
    ecs.another_runner().start(spec)
    assert len(ecs.ecs_tasks()) == 1
    (seen,) = ecs.runner.find_tasks([spec.task_id])
    assert seen.alive


def test_each_start_carries_its_idempotency_token_and_names_its_task(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    (asked,) = ecs.asked("RunTask")
    assert (asked["clientToken"], asked["startedBy"]) == (spec.task_id, spec.task_id)
    assert {"key": "apranova:task", "value": spec.task_id} in asked["tags"]
    assert asked["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"


def test_the_agent_learns_whether_somebody_waits(ecs: Subject) -> None:
    for wanted_now in (True, False):
        ecs.runner.start(replace(ecs.spec(), wanted_now=wanted_now))
        (override,) = ecs.asked("RunTask")[-1]["overrides"]["containerOverrides"]
        assert json.loads(override["environment"][0]["value"])["wanted_now"] is wanted_now


def test_a_start_repeated_once_somebody_waits_is_no_failed_launch(ecs: Subject) -> None:
    """ECS refuses the same token with another request: the first one started the task."""
    ecs.requests.refuse("RunTask", refusal(400, "ConflictException", "The clientToken is already in use"))
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(ecs.spec())
    assert refused.value.reason not in (Reason.LAUNCH_FAILED, Reason.NO_CAPACITY)


def test_aws_shows_no_agent_token_and_the_definition_has_no_role(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    (task,) = ecs.ecs_tasks()
    definition = ecs.ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    assert TOKEN not in json.dumps([task, definition, ecs.requests.bodies], default=str)
    assert not definition.get("taskRoleArn")
    assert definition["volumes"][0]["efsVolumeConfiguration"]["transitEncryption"] == "ENABLED"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (NO_CAPACITY, Reason.NO_CAPACITY),
        (refusal(200, "", tasks=[], failures=[{"reason": "Capacity is unavailable at this time"}]), Reason.NO_CAPACITY),
        (
            refusal(400, "ClientException", "You've reached the limit on the number of vCPUs you can run concurrently"),
            Reason.NO_CAPACITY,
        ),
        (refusal(400, "InvalidParameterException", "No such subnet"), Reason.LAUNCH_FAILED),
    ],
)
def test_a_refusal_has_a_reason_and_a_stop_after_it_need_not_wait(ecs: Subject, answer: Any, reason: Reason) -> None:
    spec = ecs.spec()
    ecs.requests.refuse("RunTask", answer)
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(spec)
    assert refused.value.reason is reason
    ecs.runner.stop(spec.task_id, grace_s=0)


def test_a_throttled_start_is_sent_again_and_then_left_to_the_next_pass(ecs: Subject) -> None:
    throttled = refusal(400, "ThrottlingException", "Rate exceeded")
    ecs.requests.refuse("RunTask", throttled)
    ecs.runner.start(ecs.spec())
    assert len(ecs.asked("RunTask")) == 2
    ecs.requests.refuse("RunTask", throttled, times=2)
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(ecs.spec())
    assert refused.value.reason is Reason.INTERNAL


def test_where_spot_has_run_out_the_task_runs_on_demand(aws: AwsEmulator) -> None:
    subject = Subject(aws, spot_percent=100)
    subject.requests.refuse("RunTask", NO_CAPACITY)
    subject.runner.start(subject.spec())
    providers = [asked["capacityProviderStrategy"][0]["capacityProvider"] for asked in subject.asked("RunTask")]
    tokens = {asked["clientToken"] for asked in subject.asked("RunTask")}
    assert providers == ["FARGATE_SPOT", "FARGATE"]
    assert len(tokens) == 2
    subject.close()


def test_a_definition_is_reused_until_the_image_changes_and_then_the_old_one_goes(ecs: Subject) -> None:
    home_id = ecs.new_home()
    ecs.runner.start(ecs.spec(home_id))
    ecs.runner.start(ecs.spec(home_id))
    ecs.another_runner().start(ecs.spec(home_id))
    assert len(ecs.asked("RegisterTaskDefinition")) == 1
    ecs.runner.start(ecs.spec(home_id, image=NEWER_IMAGE))
    assert active_definitions(ecs, home_id) == ["2"]


def test_no_definition_is_left_of_a_home_that_is_purged_and_those_of_others_stay(ecs: Subject) -> None:
    home_id, other = ecs.new_home(), ecs.new_home()
    for mounted in (home_id, other):
        ecs.runner.start(ecs.spec(mounted))
    for _ in range(2):
        with pytest.raises(ApraNovaError, match="being removed"):
            ecs.homes_with(RecordingFunctions()).purge(home_id)
    assert active_definitions(ecs, home_id) == []
    assert active_definitions(ecs, other) == ["1"]


def test_a_new_home_is_recorded_with_the_intent_of_its_start_or_else_alone(
    ecs: Subject,
) -> None:
    home_id = ecs.new_home()
    with ecs.records.counted() as sent:
        ecs.runner.start(ecs.spec(home_id))
    assert sent == ["TransactWriteItems"]
    recorded = ecs.homes.find_place(home_id)
    assert recorded is not None
    ecs.homes.create(home_id)  # repeated by a pass that does not know how far the launch came
    with ecs.records.counted() as sent:
        ecs.runner.start(ecs.spec(home_id))
    assert sent == ["TransactWriteItems", "UpdateItem", "UpdateItem"]
    assert ecs.homes.find_place(home_id) == recorded
    assert len(ecs.asked("RunTask")) == 2


def test_a_new_home_of_a_task_that_was_stopped_before_it_started_is_not_recorded(ecs: Subject) -> None:
    home_id = ecs.new_home()
    spec = ecs.spec(home_id)
    ecs.runner.stop(spec.task_id, grace_s=0)
    ecs.runner.start(spec)
    assert ecs.asked("RunTask") == []
    assert not ecs.homes.exists(home_id)


def test_a_home_whose_access_point_is_gone_gets_another_one_at_the_next_start(
    ecs: Subject,
) -> None:
    home_id = ecs.new_home()
    spec = ecs.spec(home_id)
    ecs.runner.start(spec)
    before = ecs.homes.find_place(home_id)
    assert before is not None
    ecs.efs.delete_access_point(AccessPointId=before.access_point_id)
    (task,) = ecs.ecs_tasks()
    not_mounted = {
        **{name: task[name] for name in ("taskArn", "taskDefinitionArn", "startedBy")},
        "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes",
    }
    ecs.requests.refuse("DescribeTasks", refusal(200, "", tasks=[not_mounted], failures=[]))
    (seen,) = ecs.runner.find_tasks([spec.task_id])
    assert (seen.alive, seen.ended_because) == (False, answers.NOT_MOUNTED)
    with ecs.records.counted() as sent:
        ecs.runner.start(ecs.spec(home_id))
    assert sent == ["UpdateItem", "GetItem"]  # the intent record, and where the home is: a launch needs no more
    after = ecs.homes.find_place(home_id)
    assert after is not None
    assert after.access_point_id != before.access_point_id
    (registered,) = ecs.asked("RegisterTaskDefinition")[1:]
    mounted = registered["volumes"][0]["efsVolumeConfiguration"]["authorizationConfig"]["accessPointId"]
    assert mounted == after.access_point_id


def test_a_deregistered_definition_is_registered_again_at_the_next_try(ecs: Subject) -> None:
    home_id = ecs.new_home()
    ecs.runner.start(ecs.spec(home_id))
    spec = ecs.spec(home_id)
    ecs.requests.refuse("RunTask", refusal(400, "ClientException", "TaskDefinition is inactive"))
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(spec)
    assert refused.value.reason is Reason.INTERNAL
    described = ecs.requests.sent.count("DescribeTaskDefinition")
    ecs.fake_clock.advance(LEASE_S + 1)
    ecs.runner.start(spec)
    assert ecs.requests.sent.count("DescribeTaskDefinition") == described + 1
    assert len(ecs.ecs_tasks()) == 2


def test_a_missing_home_is_not_replaced_by_a_new_one(ecs: Subject) -> None:
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(ecs.spec("home-aaaaaaaaaaaaaaaa"))
    assert refused.value.reason is Reason.LAUNCH_FAILED
    assert not ecs.asked("RunTask")


def test_a_crash_is_reported_with_its_exit_code(ecs: Subject) -> None:
    spec = ecs.spec(image=CRASHING_IMAGE)
    ecs.runner.start(spec)

    def ended() -> bool:
        (seen,) = ecs.runner.find_tasks([spec.task_id])
        return not seen.alive

    until(ended, "the crash")
    assert ecs.runner.find_tasks([spec.task_id])[0].ended_because == "exited with code 3"


def test_a_stop_never_waits(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    ecs.requests.refuse("StopTask", refusal(200, "", task={"lastStatus": "RUNNING", "desiredStatus": "STOPPED"}))
    with pytest.raises(StillEnding):
        ecs.runner.stop(spec.task_id, grace_s=5)
    ecs.runner.stop(spec.task_id, grace_s=5)
    assert not ecs.runner.find_tasks([spec.task_id])[0].alive


def test_a_task_that_ecs_does_not_know_yet_is_not_reported_gone(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    nothing = refusal(200, "", tasks=[], failures=[{"arn": "arn", "reason": "MISSING"}])
    ecs.requests.refuse("DescribeTasks", nothing)
    with pytest.raises(ApraNovaError, match="just started"):
        ecs.runner.find_tasks([spec.task_id])
    ecs.fake_clock.advance(3_600)
    ecs.requests.refuse("DescribeTasks", nothing)
    assert ecs.runner.find_tasks([spec.task_id]) == ()


def test_an_ecs_that_does_not_answer_says_nothing_about_any_task(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    ecs.requests.refuse("DescribeTasks", refusal(400, "AccessDeniedException", "no"))
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.find_tasks([spec.task_id])
    assert refused.value.reason is Reason.INTERNAL


def test_the_scan_for_orphans_reads_in_pages_and_ignores_foreign_tasks(
    ecs: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [ecs.spec() for _ in range(3)]
    for spec in specs:
        ecs.runner.start(spec)
    (first, *_) = ecs.ecs_tasks()
    ecs.ecs.run_task(cluster=ecs.cluster, taskDefinition=first["taskDefinitionArn"], startedBy="ecs-svc/1")
    monkeypatch.setattr("manager.adapters.ecs.runner._PAGE", 2)
    rounds = [sorted(seen.task_id for seen in ecs.runner.list_tasks()) for _ in range(3)]
    assert sorted(rounds[0] + rounds[1]) == sorted(spec.task_id for spec in specs)
    assert rounds[2] == rounds[0]


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"stopCode": "SpotInterruption"}, "AWS took the spot capacity back"),
        (
            {"stopCode": "EssentialContainerExited", "containers": [{"name": "workspace", "exitCode": 137}]},
            "killed by signal 9",
        ),
        (
            {
                "stopCode": "EssentialContainerExited",
                "containers": [
                    {
                        "name": "workspace",
                        "exitCode": 137,
                        "reason": "OutOfMemoryError: Container killed due to memory usage",
                    }
                ],
            },
            "killed: out of memory",
        ),
        (
            {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: 404"},
            "its image could not be fetched",
        ),
        (
            {
                "stopCode": "TaskFailedToStart",
                "stoppedReason": "ResourceInitializationError: failed to invoke EFS utils",
            },
            "its home could not be mounted",
        ),
        ({"stopCode": "UserInitiated", "stoppedReason": "ended by ApraNova"}, ""),
    ],
)
def test_why_a_task_ended_is_said_in_words(task: Any, words: str) -> None:
    assert answers.why_ended(task) == words


@pytest.mark.parametrize("first", [0, 1])
def test_the_workspace_container_says_why_a_task_ended_not_the_one_that_aws_added(first: int) -> None:
    agent = {"name": "aws-guardduty-agent-abcdef", "exitCode": 0, "reason": "OutOfMemoryError: of the agent"}
    containers = [{"name": "workspace", "exitCode": 139}, agent]
    task = {"stopCode": "EssentialContainerExited", "containers": [containers[first], containers[1 - first]]}
    assert answers.why_ended(task) == "killed by signal 11"


def test_only_a_running_task_has_an_address_and_deprovisioning_means_ended(ecs: Subject) -> None:
    attachment = {"details": [{"name": "privateIPv4Address", "value": "10.0.11.7"}]}
    task = {"startedBy": new_task_id(), "lastStatus": "PENDING", "attachments": [attachment]}
    (pending, running, leaving) = (
        answers.observed({**task, "lastStatus": status}) for status in ("PENDING", "RUNNING", "DEPROVISIONING")
    )
    assert pending is not None
    assert running is not None
    assert leaving is not None
    assert (pending.alive, pending.address) == (True, "")
    assert (running.control_address, running.cluster) == ("10.0.11.7:8080", "original_dst")
    assert not leaving.alive


def test_a_newer_size_is_a_newer_definition(ecs: Subject) -> None:
    home_id = ecs.new_home()
    ecs.runner.start(ecs.spec(home_id))
    ecs.another_runner(replace(ecs.settings, memory_mib=4096)).start(ecs.spec(home_id))
    assert [asked["memory"] for asked in ecs.asked("RegisterTaskDefinition")] == ["2048", "4096"]
