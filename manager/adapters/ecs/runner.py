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
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from contract.agent import CONFIG_VARIABLE, TaskConfig
from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import TASK_ID_PATTERN, WorkspaceKind
from contract.sizes import SizeLimits
from contract.wire import to_json
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs import answers
from manager.adapters.ecs.definitions import AGENT_PORT, CONTAINER
from manager.adapters.ecs.references import LEASE_S, Intent, Reference, References, SlotTaken
from manager.adapters.ecs.settings import EcsSettings
from manager.adapters.ecs.slots import Slots, SlotUse
from manager.adapters.efs.homes import EfsHomeVolumes
from manager.ports.clock import Clock
from manager.ports.task_runner import ObservedTask, StillEnding, TaskSpec

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

RUN_TASK_MAX_S = 60.0
"""More than a RunTask can take with all its tries: 4 of at most 12 s, and the pauses between. So
much of the lease must be left when it begins."""
_PREPARED_EVERY_S = 30.0
_PAGE = 100
_FRESH_S = 60.0
"""For so long ECS may not yet know a new task: DescribeTasks is eventually consistent."""
_PROCESSES_MAX = 512
_FINAL = frozenset({Reason.LAUNCH_FAILED, Reason.NO_CAPACITY, Reason.KIND_NOT_READY})

Answer = TypeVar("Answer")


class EcsTaskRunner:
    isolation = "ecs"

    def __init__(
        self,
        client: ECSClient,
        settings: EcsSettings,
        *,
        references: References,
        slots: Slots,
        homes: EfsHomeVolumes,
        clock: Clock,
    ) -> None:
        """`client`: botocore's standard retries, at most 4 tries of 12 s (RUN_TASK_MAX_S)."""
        self._client = client
        self._settings = settings
        self._references = references
        self._homes = homes
        self._clock = clock
        self._slots = slots
        self._prepared_at = float("-inf")
        self._scan_token: str | None = None

    def start(self, spec: TaskSpec) -> None:
        """A start whose answer was lost is repeated after the lease, with the same client token."""
        if not TASK_ID_PATTERN.fullmatch(spec.task_id):
            raise ApraNovaError(Reason.BAD_REQUEST, "This is not a task's id", detail=spec.task_id)
        intent = self._asked(lambda: self._intend(spec))
        if intent is None:
            return
        if intent.before:
            arn = self._asked(lambda: self._find_arn(spec.task_id))
            if arn:
                self._asked(lambda: self._references.started(spec.task_id, arn))
                return
        try:
            self._run(spec, intent)
        except ApraNovaError as error:
            if error.reason in _FINAL:
                self._asked(lambda: self._references.given_up(spec.task_id))
            raise

    def attach_home(
        self,
        task_id: str,
        home_id: str,
        *,
        slot: str = "",
        limits: SizeLimits | None = None,  # noqa: ARG002 (the start fixed it)
        shared: str = "",  # noqa: ARG002 (there are none)
    ) -> None:
        """One call of the mover, and no other request."""
        if not slot:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This task has no slot for a home", detail=task_id)
        place = SlotUse.parse(slot)
        self._homes.bring(home_id, place.slot_id, place.use)

    def release(self, task_id: str) -> None:
        reference = self._asked(lambda: self._references.find((task_id,))).get(task_id)
        if reference is not None and reference.slot is not None:
            slot = reference.slot
            self._asked(lambda: self._slots.release(slot, task_id))

    def prepare(self) -> bool:
        """The slots that starts will take: their access points and task definitions."""
        now = self._clock.now()
        if now - self._prepared_at < _PREPARED_EVERY_S:
            return False
        more = [self._asked(lambda kind=kind: self._slots.prepare(kind)) for kind in self._settings.images]
        self._prepared_at = float("-inf") if any(more) else now
        return any(more)

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
        if task.get("lastStatus") != answers.ENDED:
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
        seen = _observed(found, references)
        for task in seen:
            slot = references[task.task_id].slot if task.task_id in references else None
            if task.ended_because == answers.NOT_MOUNTED and slot is not None:
                self._asked(lambda slot=slot: self._slots.spoil(slot))
        return seen

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
        return _observed(self._describe(page["taskArns"]), {})

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        ready = kind in self._settings.images
        return KindView(kind, ready=ready, text="" if ready else f"{kind.label} has no image in this installation")

    def image(self, kind: WorkspaceKind) -> str:
        if kind not in self._settings.images:
            raise ApraNovaError(Reason.KIND_NOT_READY, f"{kind.label} has no image in this installation")
        return self._settings.images[kind]

    def enforced(self) -> dict[str, str]:
        size = "Fargate: the task's size, a machine of its own"
        return {
            "memory": size,
            "cpu": size,
            "processes": f"the agent's own limit ({_PROCESSES_MAX}); Fargate has none",
            "files": "read-only root; only the own home (in an EFS access point), /tmp and /run can be written",
            "network": "the workspaces' security group and network ACLs",
            "privileges": "uid 1000, no capabilities; the task role mounts a slot and is kept from programs",
        }

    # Starting

    def _intend(self, spec: TaskSpec) -> Intent | None:
        for slot in self._slots.candidates(spec.kind):
            try:
                return self._references.record_intent(spec.task_id, slot)
            except SlotTaken:
                continue
        raise answers.unreachable("no slot is ready for another task; a pass makes more")

    def _run(self, spec: TaskSpec, intent: Intent) -> None:
        definition = intent.definition
        if self._clock.now() - intent.asked_at > LEASE_S - RUN_TASK_MAX_S:  # a stop could miss the task
            raise answers.unreachable("recording the start took too long; it will be repeated")
        try:
            spot = _on_spot(spec.task_id, self._settings.spot_percent)
            answer = self._run_task(spec, definition, provider="FARGATE_SPOT" if spot else "FARGATE")
            if spot and not answer.get("tasks"):  # Spot runs out first; a student who waits gets an on-demand task
                answer = self._run_task(spec, definition, provider="FARGATE")
        except ClientError as error:
            if "inactive" in str(error) or "Unable to find task definition" in str(error):
                self._spoil_slot_of(spec.task_id)
            raise answers.refused_start(error) from error
        except BotoCoreError as error:
            raise answers.unreachable(str(error)) from error
        if not answer.get("tasks"):
            raise answers.refused_placement(answer.get("failures", []))

    def _spoil_slot_of(self, task_id: str) -> None:
        reference = self._asked(lambda: self._references.find((task_id,))).get(task_id)
        if reference is not None and reference.slot is not None:
            slot = reference.slot
            self._asked(lambda: self._slots.spoil(slot))

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
                **_size(spec),
                "containerOverrides": [
                    {"name": CONTAINER, "environment": [{"name": CONFIG_VARIABLE, "value": _configuration(spec)}]}
                ],
            },
            "tags": [
                {"key": "apranova:task", "value": spec.task_id},
                {"key": "apranova:kind", "value": str(spec.kind)},
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


def _observed(found: Mapping[str, Any], references: Mapping[str, Reference]) -> tuple[ObservedTask, ...]:
    slots = {reference.task_id: str(reference.slot or "") for reference in references.values()}
    seen = (answers.observed(task, slots.get(task.get("startedBy", ""), "")) for task in found.values())
    return tuple(task for task in seen if task is not None)


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


def _size(spec: TaskSpec) -> dict[str, str]:
    """Of the whole task. The slot's definition has the default size; a start may override it, so
    slots need not be made for each size."""
    if spec.limits is None:
        return {}
    return {"cpu": str(spec.limits.cpu_units), "memory": str(spec.limits.memory_mib)}


def _on_spot(task_id: str, percent: int) -> bool:
    """Derived from the id, so that a repeated start asks for the same."""
    return int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:4], "big") % 100 < percent
