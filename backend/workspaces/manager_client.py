"""The one client of the manager: boto3's `lambda.invoke`, on one machine and on AWS alike.

Blocking: call it from a thread in asynchronous code. All actions are safe to repeat, so a lost
answer is retried once.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from backend.platform.environment import Environment
from contract.checks import CheckAnswer, CheckRequest
from contract.collect import CollectAnswer, CollectRequest
from contract.errors import ApraNovaError, Reason
from contract.hand_out import HandOutAnswer, HandOutRequest
from contract.history import (
    HistoryAnswer,
    HistoryFolder,
    HistoryPathRequest,
    HistoryPiece,
    HistoryVersions,
    HistoryVersionsRequest,
    PutBackAnswer,
    PutBackRequest,
)
from contract.manager import (
    Action,
    ActivityAnswer,
    CapacityAnswer,
    CohortIdRequest,
    CohortRequest,
    CollectionAnswer,
    CollectionRequest,
    CreateRequest,
    DeleteRequest,
    DescribeAnswer,
    DescribeRequest,
    EndVisitsRequest,
    ExpectRequest,
    HandOutsAnswer,
    HandOutsRequest,
    KeepRunningRequest,
    LaunchRequest,
    PortsAnswer,
    ProgramsAnswer,
    RestoreRequest,
    SharedAccess,
    SharedAccessRequest,
    ShowsRequest,
    SnapshotsAnswer,
    WorkspaceAnswer,
    WorkspaceRequest,
    WorkspaceView,
)
from contract.names import WorkspaceSize
from contract.show import ShowRequest
from contract.wire import BadMessage, from_json, to_json

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 8.0
ATTEMPTS_MAX = 2
CONNECTIONS_MAX = 32
DESCRIBE_IDS_MAX = 100
HAND_OUT_IDS_MAX = 8

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Nothing:
    """The answer that says only that it was heard."""


class ManagerClient:
    """Every method raises `ApraNovaError`; `MANAGER_UNAVAILABLE` without a sensible answer."""

    def __init__(self, invoker: LambdaClient, function: str) -> None:
        self._invoker, self._function = invoker, function

    def create(self, request: CreateRequest) -> WorkspaceView:
        return self._ask(Action.CREATE, request, WorkspaceAnswer).workspace

    def launch(self, workspace_id: str, size: WorkspaceSize | None = None, shared: str = "") -> WorkspaceView:
        return self._ask(Action.LAUNCH, LaunchRequest(workspace_id, size, shared), WorkspaceAnswer).workspace

    def stop(self, workspace_id: str) -> WorkspaceView:
        return self._ask(Action.STOP, WorkspaceRequest(workspace_id), WorkspaceAnswer).workspace

    def restart(self, workspace_id: str, size: WorkspaceSize | None = None, shared: str = "") -> WorkspaceView:
        return self._ask(Action.RESTART, LaunchRequest(workspace_id, size, shared), WorkspaceAnswer).workspace

    def keep_running(self, workspace_id: str, *, until: float) -> WorkspaceView:
        """`until` in seconds since the epoch; 0 cancels an earlier request."""
        return self._ask(Action.KEEP_RUNNING, KeepRunningRequest(workspace_id, until), WorkspaceAnswer).workspace

    def delete(self, workspace_id: str, *, at_once: bool = False) -> WorkspaceView:
        """`at_once`: without the grace in which it can be brought back."""
        return self._ask(Action.DELETE, DeleteRequest(workspace_id, at_once), WorkspaceAnswer).workspace

    def undelete(self, workspace_id: str) -> WorkspaceView:
        return self._ask(Action.UNDELETE, WorkspaceRequest(workspace_id), WorkspaceAnswer).workspace

    def describe(self, workspace_ids: Sequence[str]) -> DescribeAnswer:
        """Any number of ids, asked for `DESCRIBE_IDS_MAX` at a time. No ids: the kinds alone."""
        if len(workspace_ids) <= DESCRIBE_IDS_MAX:
            return self._ask(Action.DESCRIBE, DescribeRequest(tuple(workspace_ids)), DescribeAnswer)
        views: list[WorkspaceView] = []
        answer = DescribeAnswer(())
        for start in range(0, len(workspace_ids), DESCRIBE_IDS_MAX):
            ids = tuple(workspace_ids[start : start + DESCRIBE_IDS_MAX])
            answer = self._ask(Action.DESCRIBE, DescribeRequest(ids), DescribeAnswer)
            views.extend(answer.workspaces)
        return DescribeAnswer(tuple(views), answer.kinds, answer.sizes, answer.disk)

    def capacity(self) -> CapacityAnswer:
        """How much this installation runs, and how much more it could."""
        return self._ask(Action.CAPACITY, Nothing(), CapacityAnswer)

    def ports(self, workspace_ids: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """On which ports students' programs listen now; at most `DESCRIBE_IDS_MAX` ids."""
        return self._ask(Action.PORTS, DescribeRequest(tuple(workspace_ids)), PortsAnswer).ports

    def activity(self, workspace_ids: Sequence[str]) -> ActivityAnswer:
        """What people did last, and the memory that their programs hold, as their agents know it
        now; at most `DESCRIBE_IDS_MAX` ids."""
        return self._ask(Action.ACTIVITY, DescribeRequest(tuple(workspace_ids)), ActivityAnswer)

    def programs(self, workspace_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Which programs a stop would end now; at most `DESCRIBE_IDS_MAX` ids. Those
        that do not answer are absent."""
        return self._ask(Action.PROGRAMS, DescribeRequest(tuple(workspace_ids)), ProgramsAnswer).programs

    def put_shared_access(self, workspaces: Sequence[SharedAccess]) -> None:
        """Whose shared data each sees from now on. Any number, told `DESCRIBE_IDS_MAX` at a time.
        Raises after all of them, if one was not changed: repeat it."""
        failure = None
        for start in range(0, len(workspaces), DESCRIBE_IDS_MAX):
            part = tuple(workspaces[start : start + DESCRIBE_IDS_MAX])
            try:
                self._ask(Action.SHARED_ACCESS, SharedAccessRequest(part), Nothing)
            except ApraNovaError as error:
                failure = error
        if failure is not None:
            raise failure

    def end_visits(self, workspace_id: str, port: int) -> None:
        """Close what visitors of a shared port have open."""
        self._ask(Action.END_VISITS, EndVisitsRequest(workspace_id, port), Nothing)

    def show(self, workspace_ids: Sequence[str], request: ShowRequest) -> None:
        """Tell students something inside their applications, where those run."""
        for start in range(0, len(workspace_ids), DESCRIBE_IDS_MAX):
            ids = tuple(workspace_ids[start : start + DESCRIBE_IDS_MAX])
            self._ask(Action.SHOW, ShowsRequest(ids, request), Nothing)

    def hand_out(self, workspace_ids: Sequence[str], request: HandOutRequest) -> dict[str, HandOutAnswer]:
        """Put an assignment's files into homes; at most `HAND_OUT_IDS_MAX` ids. Those that do not
        run or do not answer are absent."""
        return self._ask(Action.HAND_OUT, HandOutsRequest(tuple(workspace_ids), request), HandOutsAnswer).answers

    def collect(self, workspace_id: str, request: CollectRequest) -> CollectAnswer | None:
        """Copy a folder of a home, which runs or is at rest. None: it cannot be read now."""
        return self._ask(Action.COLLECT, CollectionRequest(workspace_id, request), CollectionAnswer).copy

    def check(self, request: CheckRequest) -> CheckAnswer:
        """Run the check of an assignment. *working*: ask again, without the files."""
        return self._ask(Action.CHECK, request, CheckAnswer)

    def history(self, workspace_id: str) -> HistoryAnswer:
        """Checkpoints of a home, newest first."""
        return self._ask(Action.HISTORY, WorkspaceRequest(workspace_id), HistoryAnswer)

    def history_folder(self, request: HistoryPathRequest) -> HistoryFolder:
        return self._ask(Action.HISTORY_FOLDER, request, HistoryFolder)

    def history_file(self, request: HistoryPathRequest) -> HistoryPiece:
        return self._ask(Action.HISTORY_FILE, request, HistoryPiece)

    def history_versions(self, request: HistoryVersionsRequest) -> HistoryVersions:
        """How one file changed, oldest first."""
        return self._ask(Action.HISTORY_VERSIONS, request, HistoryVersions)

    def put_back(self, request: PutBackRequest) -> PutBackAnswer:
        """Bring files of then back into a home. *working*: ask again with the same request."""
        return self._ask(Action.PUT_BACK, request, PutBackAnswer)

    def list_snapshots(self, workspace_id: str) -> SnapshotsAnswer:
        """Of its home, newest first."""
        return self._ask(Action.SNAPSHOTS, WorkspaceRequest(workspace_id), SnapshotsAnswer)

    def restore(self, workspace_id: str, snapshot_id: str) -> WorkspaceView:
        """Begin to put all files of a stopped workspace back as they were in the snapshot."""
        return self._ask(Action.RESTORE, RestoreRequest(workspace_id, snapshot_id), WorkspaceAnswer).workspace

    def put_cohort(self, request: CohortRequest) -> None:
        self._ask(Action.PUT_COHORT, request, Nothing)

    def remove_cohort(self, cohort_id: str) -> None:
        self._ask(Action.REMOVE_COHORT, CohortIdRequest(cohort_id), Nothing)

    def expect(self, workspace_id: str, *, because: str) -> None:
        """A hint that it will soon be launched. Losing it only costs waiting time."""
        self._ask(Action.EXPECT, ExpectRequest(workspace_id, because), Nothing)

    def _ask(self, action: Action, request: object, answer_type: type[Answer]) -> Answer:
        message = {"action": action.value, **to_json(request)}
        answer = self._invoke(action, json.dumps(message).encode())
        if answer.get("ok") is not True:
            raise _refusal(action, answer)
        try:
            return from_json(answer_type, answer)
        except BadMessage as error:
            raise _unavailable(action, f"unexpected answer: {error}") from error

    def _invoke(self, action: Action, payload: bytes) -> dict[str, Any]:
        try:
            result = self._invoker.invoke(FunctionName=self._function, Payload=payload)
            body = result["Payload"].read()
        except (BotoCoreError, ClientError, OSError) as error:
            raise _unavailable(action, f"{type(error).__name__}: {error}") from error
        if "FunctionError" in result:
            raise _unavailable(action, f"function error: {body[:500]!r}")
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise _unavailable(action, f"answer is not JSON: {body[:200]!r}") from error
        if not isinstance(answer, dict):
            raise _unavailable(action, f"answer is not an object: {body[:200]!r}")
        return answer


def build_manager_client(
    environment: Environment, *, read_timeout_s: float = READ_TIMEOUT_S, attempts_max: int = ATTEMPTS_MAX
) -> ManagerClient:
    """A client with its own connections; threads may share it."""
    invoker = boto3.client(
        "lambda",
        endpoint_url=environment.manager_endpoint,
        region_name=environment.aws_region,
        aws_access_key_id=environment.aws_access_key_id or None,
        aws_secret_access_key=environment.aws_secret_access_key or None,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"total_max_attempts": attempts_max, "mode": "standard"},
            max_pool_connections=CONNECTIONS_MAX,
            tcp_keepalive=True,
            proxies={},  # the machine's http_proxy is for the internet, not for the manager next to us
        ),
    )
    return ManagerClient(invoker, environment.manager_function)


@functools.cache
def manager_client() -> ManagerClient:
    """The client of this process, built at the first call: boto3 loads its model for 0.3 s."""
    from django.conf import settings

    return build_manager_client(settings.ENVIRONMENT)


def _refusal(action: Action, answer: dict[str, Any]) -> ApraNovaError:
    error = answer.get("error")
    body = error if isinstance(error, dict) else {}
    try:
        reason = Reason(str(body.get("reason", "")))
    except ValueError:  # a newer manager may know reasons that we do not
        reason = Reason.INTERNAL
    message = str(body.get("message") or "The workspace manager refused without saying why")
    return ApraNovaError(reason, message, detail=f"manager refused {action.value}")


def _unavailable(action: Action, detail: str) -> ApraNovaError:
    logger.warning("manager unavailable during %s: %s", action.value, detail)
    return ApraNovaError(
        Reason.MANAGER_UNAVAILABLE,
        "The workspace manager does not answer right now. Your work is safe; try again in a moment.",
        detail=detail,
    )
