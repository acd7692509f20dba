"""`TaskRunner` on Amazon ECS with Fargate.

A task is found by `startedBy`, which is the manager's task id and also RunTask's client token.
references.py keeps what ECS cannot promise: a start that comes after its stop starts nothing.

The agent gets its configuration in an environment variable, because ECS has no standard input. The
variable holds a digest of the agent's token, not the token. Those who can read it (student code,
DescribeTasks, CloudTrail) can check a token, but have none.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from contract.agent import CONFIG_VARIABLE, TaskConfig
from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import TASK_ID_PATTERN, WorkspaceKind
from contract.wire import to_json
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs import answers
from manager.adapters.ecs.definitions import AGENT_PORT, CONTAINER, Definitions
from manager.adapters.ecs.references import LEASE_S, Reference, References
from manager.adapters.ecs.settings import EcsSettings, HomePlace, NewHomePlaces
from manager.ports.clock import Clock
from manager.ports.task_runner import ObservedTask, StillEnding, TaskSpec

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

log = logging.getLogger(__name__)

RUN_TASK_MAX_S = 60.0
"""More than a RunTask can take with all its tries: 4 of at most 12 s, and the pauses between."""
_PAGE = 100
_FRESH_S = 60.0
"""For so long ECS may not yet know a new task: DescribeTasks is eventually consistent."""
_PROCESSES_MAX = 512
_FINAL = frozenset({Reason.LAUNCH_FAILED, Reason.NO_CAPACITY, Reason.KIND_NOT_READY})

Answer = TypeVar("Answer")


class EcsTaskRunner:
    late_binding = False
    isolation = "ecs"

    def __init__(
        self, client: ECSClient, settings: EcsSettings, *, references: References, homes: NewHomePlaces, clock: Clock
    ) -> None:
        """`client`: botocore's standard retries, at most 4 tries of 12 s (RUN_TASK_MAX_S)."""
        self._client = client
        self._settings = settings
        self._references = references
        self._homes = homes
        self._clock = clock
        self._definitions = Definitions(client, settings)
        self._scan_token: str | None = None

    def start(self, spec: TaskSpec) -> None:
        """A start whose answer was lost is repeated after the lease, with the same client token."""
        if not TASK_ID_PATTERN.fullmatch(spec.task_id):
            raise ApraNovaError(Reason.BAD_REQUEST, "This is not a task's id", detail=spec.task_id)
        if spec.home_id is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "An ECS task needs its home when it starts", detail=spec.task_id)
        new = self._homes.take_new(spec.home_id)
        intent = self._asked(lambda: self._references.record_intent(spec.task_id, home=new.record if new else None))
        if intent is None:
            return
        place = new.place if new else None
        if new and not intent.with_home:
            place = self._homes.record(spec.home_id, new.place)
        if intent.before:
            arn = self._asked(lambda: self._find_arn(spec.task_id))
            if arn:
                self._asked(lambda: self._references.started(spec.task_id, arn))
                return
        try:
            self._run(spec, spec.home_id, place, intended_at=intent.asked_at)
        except ApraNovaError as error:
            if error.reason in _FINAL:
                self._asked(lambda: self._references.given_up(spec.task_id))
            raise

    def attach_home(self, task_id: str, home_id: str) -> None:
        raise ApraNovaError(
            Reason.LAUNCH_FAILED, "An ECS task gets its home when it starts", detail=f"{task_id} ← {home_id}"
        )

    def stop(self, task_id: str, *, grace_s: float) -> None:  # noqa: ARG002 (ECS takes it from the definition: STOP_TIMEOUT_S)
        """Never waits: raises `StillEnding` until the containers have ended."""
        reference = self._asked(lambda: self._references.mark_stopped(task_id))
        arn = reference.arn or self._asked(lambda: self._find_arn(task_id))
        if not arn:
            if reference.may_be_starting(self._clock.now()):
                raise StillEnding(task_id, "it is being started right now")
            return
        try:
            task = self._client.stop_task(cluster=self._settings.cluster, task=arn, reason="ended by ApraNova")["task"]
        except ClientError as error:
            if code_of(error) == "InvalidParameterException":  # ECS has forgotten it
                return
            raise answers.unreachable(str(error)) from error
        except BotoCoreError as error:
            raise answers.unreachable(str(error)) from error
        if task.get("lastStatus") not in answers.ENDED:
            raise StillEnding(task_id, f"ECS says {task.get('lastStatus')}")

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        references = self._asked(lambda: self._references.find(task_ids))
        arns = {}
        for reference in references.values():
            arn = reference.arn or self._arn_of_started(reference)
            if arn:
                arns[arn] = reference
        found = self._describe(arns)
        missing = {arn: reference for arn, reference in arns.items() if arn not in found}
        if any(self._clock.now() - reference.asked_at < _FRESH_S for reference in missing.values()):
            raise answers.unreachable("ECS does not yet know a task that it just started")
        seen = []
        for task in found.values():
            one = answers.observed(task)
            if one is not None:
                seen.append(one)
                if one.ended_because == answers.NOT_MOUNTED:
                    self._fix_home(answers.home_of(task))
        return tuple(seen)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        """One page of what runs in the cluster. The next call continues there, then starts over."""
        request: dict[str, Any] = {"cluster": self._settings.cluster, "maxResults": _PAGE}
        if self._scan_token:
            request["nextToken"] = self._scan_token
        try:
            page = self._asked(lambda: self._client.list_tasks(**request))
        except ApraNovaError:
            self._scan_token = None  # it may have expired: start over
            raise
        self._scan_token = page.get("nextToken")
        seen = (answers.observed(task) for task in self._describe(page["taskArns"]).values())
        return tuple(task for task in seen if task is not None)

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        ready = kind in self._settings.images
        return KindView(kind, ready=ready, text="" if ready else f"{kind.label} has no image in this installation")

    def image(self, kind: WorkspaceKind) -> str:
        if kind not in self._settings.images:
            raise ApraNovaError(Reason.KIND_NOT_READY, f"{kind.label} has no image in this installation")
        return self._settings.images[kind]

    def enforced(self) -> dict[str, str]:
        size = (
            f"Fargate: {self._settings.cpu_units / 1024:g} vCPU, {self._settings.memory_mib} MiB, a machine of its own"
        )
        return {
            "memory": size,
            "cpu": size,
            "processes": f"the agent's own limit ({_PROCESSES_MAX}); Fargate has none",
            "files": "read-only root; only the own home (EFS access point), /tmp and /run can be written",
            "network": "the workspaces' security group and network ACLs",
            "privileges": "uid 1000, no capabilities, no task role",
        }

    # Starting

    def _run(self, spec: TaskSpec, home_id: str, place: HomePlace | None, *, intended_at: float) -> None:
        place = place or self._asked(lambda: self._homes.find_place(home_id))
        if place is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This workspace's home cannot be found", detail=home_id)
        definition = ""
        try:
            definition = self._definitions.find_or_register(spec.kind, spec.image, home_id, place)
            if self._clock.now() - intended_at > LEASE_S - RUN_TASK_MAX_S:
                raise answers.unreachable("registering the task definition took too long; the start will be repeated")
            spot = _on_spot(spec.task_id, self._settings.spot_percent)
            answer = self._run_task(spec, definition, provider="FARGATE_SPOT" if spot else "FARGATE")
            if spot and not answer.get("tasks"):  # Spot runs out first; a student who waits gets an on-demand task
                answer = self._run_task(spec, definition, provider="FARGATE")
        except ClientError as error:
            if "inactive" in str(error) or "Unable to find task definition" in str(error):
                self._definitions.forget(definition)
                raise answers.unreachable(str(error)) from error
            raise answers.refused_start(error) from error
        except BotoCoreError as error:
            raise answers.unreachable(str(error)) from error
        if not answer.get("tasks"):
            raise answers.refused_placement(answer.get("failures", []))

    def _run_task(self, spec: TaskSpec, definition: str, *, provider: str) -> Any:
        request: Any = {
            "cluster": self._settings.cluster,
            "taskDefinition": definition,
            "count": 1,
            "startedBy": spec.task_id,
            # ECS refuses the same token with another request, so each provider has its own.
            "clientToken": spec.task_id if provider == "FARGATE" else f"{spec.task_id}-spot",
            "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": list(self._settings.subnets),
                    "securityGroups": [self._settings.security_group],
                    "assignPublicIp": "DISABLED",
                }
            },
            "overrides": {
                "containerOverrides": [
                    {"name": CONTAINER, "environment": [{"name": CONFIG_VARIABLE, "value": _configuration(spec)}]}
                ]
            },
            "tags": [
                {"key": "apranova:task", "value": spec.task_id},
                {"key": "apranova:kind", "value": str(spec.kind)},
                {"key": "apranova:home", "value": spec.home_id or ""},
            ],
            "enableECSManagedTags": True,
            "enableExecuteCommand": False,
        }
        try:
            return self._client.run_task(**request)
        except ClientError as error:
            refused = answers.refused_start(error)
            if provider == "FARGATE_SPOT" and refused.reason is Reason.NO_CAPACITY:
                return {"tasks": [], "failures": []}
            raise

    # Finding

    def _arn_of_started(self, reference: Reference) -> str:
        """A launch does not store RunTask's answer, to save a request; the first look does."""
        if not reference.asked_at:
            return ""
        arn = self._asked(lambda: self._find_arn(reference.task_id))
        if arn:
            self._asked(lambda: self._references.started(reference.task_id, arn))
        return arn

    def _find_arn(self, task_id: str) -> str:
        for status in ("RUNNING", "STOPPED"):
            found = self._client.list_tasks(
                cluster=self._settings.cluster, startedBy=task_id, desiredStatus=status, maxResults=_PAGE
            )
            if found["taskArns"]:
                return found["taskArns"][0]
        return ""

    def _fix_home(self, home_id: str) -> None:
        """Only a task that could not mount a home tells that its access point is gone: no launch
        asks EFS first. The next start finds another place and registers another definition."""
        if not home_id:
            return
        try:
            self._homes.recreate_access_point(home_id)
        except ApraNovaError as error:  # the end of the task is recorded all the same
            log.warning("the access point of %s could not be checked: %s", home_id, error)

    def _describe(self, arns: Iterable[str]) -> dict[str, Any]:
        wanted, found = list(arns), {}
        for start in range(0, len(wanted), _PAGE):
            page = wanted[start : start + _PAGE]
            answer = self._asked(
                lambda page=page: self._client.describe_tasks(cluster=self._settings.cluster, tasks=page)
            )
            odd = [failure for failure in answer.get("failures", ()) if failure.get("reason") != "MISSING"]
            if odd:
                raise answers.unreachable(str(odd))
            found |= {task.get("taskArn", ""): task for task in answer["tasks"]}
        return found

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise answers.unreachable(str(error)) from error


def _configuration(spec: TaskSpec) -> str:
    config = TaskConfig(
        task_id=spec.task_id,
        kind=spec.kind,
        agent_token="",
        agent_token_digest=hashlib.sha256(spec.agent_token.encode()).hexdigest(),
        listen=f"0.0.0.0:{AGENT_PORT}",
        processes_max=_PROCESSES_MAX,
        wanted_now=spec.wanted_now,
    )
    return json.dumps(to_json(config))


def _on_spot(task_id: str, percent: int) -> bool:
    """Derived from the id, so that a repeated start asks for the same."""
    return int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:4], "big") % 100 < percent
