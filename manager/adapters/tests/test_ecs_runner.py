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
from manager.adapters.ecs.definitions import Definitions
from manager.adapters.ecs.references import LEASE_S, References
from manager.adapters.ecs.slots import PER_PASS_MAX, Slot, SlotItems, SlotUse
from manager.adapters.memory.clock import FakeClock
from manager.adapters.tests.aws_emulator import CRASHING_IMAGE, NEWER_IMAGE, VSCODE_IMAGE, AwsEmulator, refusal
from manager.adapters.tests.ecs_under_test import EcsUnderTest
from manager.adapters.tests.engine_under_test import new_task_id
from manager.adapters.tests.test_dynamodb_store import lost_answer
from manager.ports.home_volumes import HomeMissing
from manager.ports.task_runner import ObservedTask, StillEnding, TaskSpec
from tests.waiting import until

NO_CAPACITY = refusal(400, "ClientException", "Capacity is unavailable at this time. Please try again later")
TOKEN = "the-token-of-this-task"


@dataclass
class Subject(EcsUnderTest):
    aws: AwsEmulator
    spot_percent: int = 0
    slots: int = 4

    def __post_init__(self) -> None:
        self.fake_clock = FakeClock()
        super().__init__(self.aws, clock=self.fake_clock, spot_percent=self.spot_percent, slots=self.slots)

    def spec(self) -> TaskSpec:
        return TaskSpec(new_task_id(), WorkspaceKind.VSCODE, VSCODE_IMAGE, TOKEN)

    def points(self) -> list[Any]:
        return self.efs.describe_access_points(FileSystemId=self.settings.file_system)["AccessPoints"]

    def free(self) -> list[Slot]:
        return SlotItems(self.dynamodb, self.table).list_free(WorkspaceKind.VSCODE)

    def ready(self, spec: TaskSpec | None = None) -> ObservedTask:
        """A task that runs; its agent may still be starting."""
        spec = spec or self.spec()
        self.runner.start(spec)
        until(lambda: self.runner.find_tasks([spec.task_id])[0].control_address, spec.task_id)
        return self.runner.find_tasks([spec.task_id])[0]

    def end(self, task_id: str) -> None:
        self.runner.stop(task_id, grace_s=0)
        self.runner.release(task_id)

    def asked(self, operation: str) -> list[Any]:
        pairs = zip(self.requests.sent, self.requests.bodies, strict=True)
        return [body for name, body in pairs if name == operation]


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
    assert held_up.record_intent(spec.task_id, ecs.free()[0])  # and now its process hangs before RunTask's answer
    with pytest.raises(StillEnding):
        ecs.runner.stop(spec.task_id, grace_s=0)
    ecs.fake_clock.advance(LEASE_S)
    ecs.runner.stop(spec.task_id, grace_s=0)
    ecs.runner.start(spec)
    assert not ecs.asked("RunTask")


def test_a_start_that_was_held_up_asks_nothing_of_ecs_and_is_repeated_after_the_lease(
    ecs: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, record = ecs.spec(), References.record_intent

    def slowly(*given: Any) -> Any:
        intent = record(*given)
        ecs.fake_clock.advance(LEASE_S / 2)
        return intent

    with monkeypatch.context() as held_up:
        held_up.setattr(References, "record_intent", slowly)
        with pytest.raises(ApraNovaError) as refused:
            ecs.runner.start(spec)
    assert (refused.value.reason, ecs.asked("RunTask")) == (Reason.MANAGER_UNAVAILABLE, [])
    ecs.fake_clock.advance(LEASE_S)
    ecs.runner.start(spec)
    assert len(ecs.asked("RunTask")) == 1


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
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE
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


def test_aws_shows_no_agent_token_and_the_task_s_role_is_for_its_mount(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    (task,) = ecs.ecs_tasks()
    definition = ecs.ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    assert TOKEN not in json.dumps([task, definition, ecs.requests.bodies], default=str)
    assert definition["taskRoleArn"] == ecs.settings.task_role_arn
    volume = definition["volumes"][0]["efsVolumeConfiguration"]
    assert (volume["transitEncryption"], volume["authorizationConfig"]["iam"]) == ("ENABLED", "ENABLED")
    (point,) = [one for one in ecs.points() if one["AccessPointId"] == volume["authorizationConfig"]["accessPointId"]]
    slot = ecs.runner.find_tasks([spec.task_id])[0].slot.partition("/")[0]
    assert point["RootDirectory"] == {"Path": f"/slots/{slot}"}
    assert point["PosixUser"] == {"Uid": 1000, "Gid": 1000}


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
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE


def test_where_spot_has_run_out_the_task_runs_on_demand(aws: AwsEmulator) -> None:
    subject = Subject(aws, spot_percent=100)
    subject.requests.refuse("RunTask", NO_CAPACITY)
    subject.runner.start(subject.spec())
    providers = [asked["capacityProviderStrategy"][0]["capacityProvider"] for asked in subject.asked("RunTask")]
    tokens = {asked["clientToken"] for asked in subject.asked("RunTask")}
    assert providers == ["FARGATE_SPOT", "FARGATE"]
    assert len(tokens) == 2
    subject.close()


def test_a_crash_is_reported_with_its_exit_code(ecs: Subject) -> None:
    spec = ecs.spec()
    crashing = ecs.another_runner(replace(ecs.settings, images={WorkspaceKind.VSCODE: CRASHING_IMAGE}))
    crashing.prepare()
    crashing.start(spec)

    def ended() -> bool:
        (seen,) = ecs.runner.find_tasks([spec.task_id])
        return not seen.alive

    until(ended, "the crash")
    assert ecs.runner.find_tasks([spec.task_id])[0].ended_because == "exited with code 3"


def test_a_stop_never_waits(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
    for status in ("RUNNING", "DEPROVISIONING"):  # then the mount of its slot may still be there
        ecs.requests.refuse("StopTask", refusal(200, "", task={"lastStatus": status, "desiredStatus": "STOPPED"}))
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
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE


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
            "its slot could not be mounted",
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


def test_only_a_running_task_has_an_address_and_only_a_stopped_one_has_ended(ecs: Subject) -> None:
    attachment = {"details": [{"name": "privateIPv4Address", "value": "10.0.11.7"}]}
    task = {"startedBy": new_task_id(), "lastStatus": "PENDING", "attachments": [attachment]}
    (pending, running, leaving, ended) = (
        answers.observed({**task, "lastStatus": status})
        for status in ("PENDING", "RUNNING", "DEPROVISIONING", "STOPPED")
    )
    assert pending is not None
    assert running is not None
    assert leaving is not None
    assert ended is not None
    assert (pending.alive, pending.address) == (True, "")
    assert (running.control_address, running.cluster) == ("10.0.11.7:8080", "original_dst")
    assert (leaving.alive, ended.alive) == (True, False)  # the mount of its slot may still be there


# Slots


def test_slots_are_made_ahead_and_a_start_takes_one_with_a_single_request(ecs: Subject) -> None:
    assert len(ecs.free()) == ecs.settings.slots_ahead
    registered = len(ecs.asked("RegisterTaskDefinition"))
    with ecs.records.counted() as sent:
        ecs.runner.start(ecs.spec())
    assert sent == ["TransactWriteItems"]
    with ecs.records.counted() as sent:
        ecs.another_runner().start(ecs.spec())  # another instance looks for free ones first
    assert sent == ["Query", "TransactWriteItems"]
    assert len(ecs.asked("RegisterTaskDefinition")) == registered == len(ecs.points())
    assert len(ecs.free()) == ecs.settings.slots_ahead - 2


def test_no_two_tasks_have_a_slot_and_without_a_free_one_the_start_is_left_to_a_pass(ecs: Subject) -> None:
    other = ecs.another_runner()
    specs = [ecs.spec() for _ in range(ecs.settings.slots_ahead + 1)]
    for runner, spec in zip([ecs.runner, other] * 3, specs[:-1], strict=False):
        runner.start(spec)
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.start(specs[-1])
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE
    slots = [seen.slot for seen in ecs.runner.find_tasks([spec.task_id for spec in specs])]
    assert len(set(slots)) == len(slots) == ecs.settings.slots_ahead
    ecs.fake_clock.advance(60.0)
    ecs.prepare()
    ecs.runner.start(specs[-1])
    assert ecs.runner.find_tasks([specs[-1].task_id])[0].alive


def test_few_slots_are_made_in_one_pass(aws: AwsEmulator) -> None:
    subject = Subject(aws, slots=PER_PASS_MAX + 2)
    assert len(subject.free()) == PER_PASS_MAX + 2
    subject.fake_clock.advance(60.0)
    newer = subject.another_runner(replace(subject.settings, memory_mib=4096))
    assert [newer.prepare(), newer.prepare(), newer.prepare()] == [True, False, False]
    subject.close()


def test_a_release_renews_the_definitions_of_free_slots_and_of_the_others_when_they_come_back(ecs: Subject) -> None:
    task, before = ecs.ready(), ecs.free()[0]
    newer = ecs.another_runner(replace(ecs.settings, images={WorkspaceKind.VSCODE: NEWER_IMAGE}))
    newer.prepare()
    assert len({slot.digest for slot in ecs.free()}) == 1
    active = ecs.ecs.list_task_definitions(status="ACTIVE", familyPrefix=f"apranova-vscode-{before.slot_id}")
    assert [arn.rpartition(":")[2] for arn in active["taskDefinitionArns"]] == ["2"]
    ecs.end(task.task_id)
    assert len({slot.digest for slot in ecs.free()}) == 2
    ecs.fake_clock.advance(60.0)
    newer.prepare()
    assert len({slot.digest for slot in ecs.free()}) == 1


def test_what_the_school_tells_its_workspaces_is_in_each_definition_and_a_change_renews_them(ecs: Subject) -> None:
    told = {"APRANOVA_GITHUB_URL": "https://github.com", "APRANOVA_GITHUB_CLIENT_ID": "Ov23li"}
    before = ecs.free()[0]
    ecs.another_runner(replace(ecs.settings, of_the_school=told)).prepare()
    for arn, wanted in ((before.definition, {}), (ecs.free()[0].definition, told)):
        definition = ecs.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        (container,) = definition["containerDefinitions"]
        assert {one["name"]: one["value"] for one in container.get("environment", ())} == wanted


def test_a_slot_taken_while_it_is_renewed_keeps_the_definition_that_its_task_starts_from(
    ecs: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot, spec, register = ecs.free()[0], ecs.spec(), Definitions.register

    def overtaken(*given: Any) -> str:
        References(ecs.dynamodb, ecs.table, ecs.fake_clock).record_intent(spec.task_id, slot)
        return register(*given)

    monkeypatch.setattr(Definitions, "register", overtaken)
    ecs.another_runner(replace(ecs.settings, images={WorkspaceKind.VSCODE: NEWER_IMAGE})).prepare()
    active = ecs.ecs.list_task_definitions(status="ACTIVE", familyPrefix=f"apranova-vscode-{slot.slot_id}")
    assert active["taskDefinitionArns"] == [slot.definition]


def test_a_home_comes_to_its_task_and_goes_back_when_that_has_ended(ecs: Subject) -> None:
    home_id, task = ecs.new_home(), ecs.ready()
    slot = SlotUse.parse(task.slot)
    with ecs.records.counted() as sent:
        for _ in range(2):
            ecs.runner.attach_home(task.task_id, home_id, slot=task.slot)
    assert sent == []
    assert ecs.places_of(home_id) == [f"slots/{slot.slot_id}"]
    for _ in range(2):
        ecs.end(task.task_id)
    assert ecs.places_of(home_id) == ["homes"]
    (freed,) = [one for one in ecs.free() if one.slot_id == slot.slot_id]
    assert freed.use == slot.use + 1


def test_a_call_of_the_mover_that_comes_too_late_finds_another_use(ecs: Subject) -> None:
    home_id, task = ecs.new_home(), ecs.ready()
    ecs.end(task.task_id)
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.attach_home(task.task_id, home_id, slot=task.slot)
    assert refused.value.reason is Reason.LAUNCH_FAILED
    assert ecs.places_of(home_id) == ["homes"]


@pytest.mark.parametrize("fate", ["before", "after"])
def test_a_mover_that_fails_or_whose_answer_is_lost_is_asked_again(ecs: Subject, fate: str) -> None:
    home_id, task = ecs.new_home(), ecs.ready()
    ecs.functions.fails = [fate]
    with pytest.raises(ApraNovaError) as refused:
        ecs.runner.attach_home(task.task_id, home_id, slot=task.slot)
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE
    ecs.runner.attach_home(task.task_id, home_id, slot=task.slot)
    ecs.runner.stop(task.task_id, grace_s=0)
    ecs.functions.fails = [fate]
    with pytest.raises(ApraNovaError):
        ecs.runner.release(task.task_id)
    ecs.runner.release(task.task_id)
    assert ecs.places_of(home_id) == ["homes"]
    assert len(ecs.free()) == ecs.settings.slots_ahead


def test_a_missing_home_is_never_replaced_by_an_empty_one_and_a_new_one_is_made(ecs: Subject) -> None:
    task, home_id = ecs.ready(), "home-qqqqqqqqqqqqqqqq"
    assert ecs.homes.exists(home_id)  # only the mover can tell
    with pytest.raises(HomeMissing):
        ecs.runner.attach_home(task.task_id, home_id, slot=task.slot)
    assert ecs.places_of(home_id) == []
    ecs.homes.create(home_id)
    ecs.runner.attach_home(task.task_id, home_id, slot=task.slot)
    assert ecs.places_of(home_id) == [f"slots/{SlotUse.parse(task.slot).slot_id}"]


def test_a_slot_that_cannot_be_mounted_serves_no_other_task(ecs: Subject) -> None:
    spec = ecs.spec()
    ecs.runner.start(spec)
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
    before = {point["AccessPointId"] for point in ecs.points()}
    ecs.end(spec.task_id)
    assert len(before) - len(ecs.points()) == 1
    assert SlotUse.parse(seen.slot).slot_id not in {slot.slot_id for slot in ecs.free()}


def test_a_definition_that_somebody_removed_spoils_its_slot(ecs: Subject) -> None:
    ecs.requests.refuse("RunTask", refusal(400, "ClientException", "TaskDefinition is inactive"))
    spec = ecs.spec()
    with pytest.raises(ApraNovaError):
        ecs.runner.start(spec)
    ecs.end(spec.task_id)
    assert len(ecs.free()) == ecs.settings.slots_ahead - 1 == len(ecs.points())
