"""A student's way back: what a home was like, and bringing files of then into it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from contract.errors import ApraNovaError, Reason, shown
from contract.history import (
    LEFT_OUT_MAX,
    NOW,
    Cause,
    FilePiece,
    HistoryAnswer,
    HistoryFolder,
    HistoryGone,
    HistoryPathRequest,
    HistoryPiece,
    HistoryVersions,
    HistoryVersionsRequest,
    LeftOut,
    PutBackAnswer,
    PutBackRequest,
    PutBackState,
    WriteAnswer,
    WriteRequest,
)
from contract.names import WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases import looking
from manager.use_cases.records import get_workspace
from manager.use_cases.world import World

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 3.0
"""Then the answer is *working*, and the same request asks again."""
REMEMBERED_MAX = 100
AT_ONCE_MAX = 6
"""Launches and stops have the same threads."""
BATCH_LENGTH_MAX = 3_600_000
"""Of Base64 in one request to an agent."""
BATCH_PIECES_MAX = 200
_NO_HOME = "This workspace was never opened, so there are no files"
_IN_BETWEEN = "Your workspace is starting or stopping. Try again in a moment"


def list_history(world: World, workspace_id: str) -> HistoryAnswer:
    """Raises ApraNovaError: WORKSPACE_NOT_FOUND, INTERNAL."""
    workspace = get_workspace(world, workspace_id)
    found = world.history.list(workspace.home_id) if workspace.home_id is not None else ()
    return HistoryAnswer(found, world.policy.history_every_s)


def read_folder(world: World, request: HistoryPathRequest) -> HistoryFolder:
    """Raises ApraNovaError: WORKSPACE_NOT_FOUND, SNAPSHOT_NOT_FOUND, WRONG_STATE, INTERNAL."""
    home_id = _home_of(world, request)
    if request.checkpoint_id == NOW and not world.history.offered:
        return looking.read_folder(world, request)
    return world.history.folder(home_id, request.checkpoint_id, request.key)


def read_piece(world: World, request: HistoryPathRequest) -> HistoryPiece:
    """Raises ApraNovaError as `read_folder`."""
    home_id = _home_of(world, request)
    if request.checkpoint_id == NOW and not world.history.offered:
        return looking.read_piece(world, request)
    return world.history.piece(home_id, request.checkpoint_id, request.key, request.offset)


def list_versions(world: World, request: HistoryVersionsRequest) -> HistoryVersions:
    """Raises ApraNovaError as `read_folder`."""
    return world.history.versions(_home_of(world, request), request.key)


def _home_of(world: World, request: HistoryPathRequest | HistoryVersionsRequest) -> str:
    workspace = get_workspace(world, request.workspace_id)
    if workspace.home_id is None or workspace.home_created_at is None or workspace.purging:
        raise HistoryGone(_NO_HOME)
    return workspace.home_id


@dataclass
class _Job:
    request: PutBackRequest
    done: threading.Event = field(default_factory=threading.Event)
    answer: PutBackAnswer = field(default_factory=lambda: PutBackAnswer(PutBackState.WORKING))


class PutBacks:
    """What this process puts back, one at a time for each home. A request that a dead process had
    is begun again when it is asked again: it then writes what is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}

    def put_back(self, world: World, request: PutBackRequest) -> PutBackAnswer:
        """Raises ApraNovaError: WORKSPACE_NOT_FOUND, WRONG_STATE, SNAPSHOT_NOT_FOUND, CONFLICT."""
        if request.checkpoint_id == NOW:
            raise ApraNovaError(Reason.BAD_REQUEST, "checkpoint_id: what is there now cannot be put back")
        with self._lock:
            job = self._jobs.get(request.put_back_id)
            if job is None:
                job = self._begin(world, request)
            elif job.request != request:
                raise ApraNovaError(Reason.CONFLICT, "put_back_id: another request has it")
        job.done.wait(ANSWER_WITHIN_S)
        return job.answer

    def _begin(self, world: World, request: PutBackRequest) -> _Job:
        _usable(get_workspace(world, request.workspace_id))
        working = [it.request.workspace_id for it in self._jobs.values() if not it.done.is_set()]
        if request.workspace_id in working:
            raise ApraNovaError(Reason.CONFLICT, "Other files are being put back right now. Wait until that is done")
        if len(working) >= AT_ONCE_MAX:
            raise ApraNovaError(Reason.CONFLICT, "Many files are being put back for others right now")
        ended = [name for name, it in self._jobs.items() if it.done.is_set()]
        for name in ended[: max(0, len(self._jobs) - REMEMBERED_MAX)]:
            del self._jobs[name]
        job = self._jobs[request.put_back_id] = _Job(request)
        world.background.run(lambda: _carry_out(world, job))
        return job


def _carry_out(world: World, job: _Job) -> None:
    try:
        job.answer = put_back(world, job.request)
    except Exception as error:  # noqa: BLE001 — whatever it is, the student hears of it
        job.answer = PutBackAnswer(PutBackState.FAILED, failure=f"{shown(error, log).message.rstrip('.')}.")
    finally:
        world.metrics.count("put_backs_total", result=str(job.answer.state))
        job.done.set()


def put_back(world: World, request: PutBackRequest) -> PutBackAnswer:
    """Keep what is there now, then write what differs. Raises ApraNovaError."""
    workspace = _usable(get_workspace(world, request.workspace_id))
    home_id = workspace.home_id or ""
    world.history.take(home_id, Cause.PUT_BACK, wanted_now=True)
    way = world.history.way_back(home_id, request.checkpoint_id, request.key)
    files = len(way.keys) + len(way.left_out)
    left_out = list(way.left_out)
    for batch in _batches(world.history.whole(home_id, request.checkpoint_id, way.keys)):
        written = _write(world, request.workspace_id, WriteRequest(request.put_back_id, batch))
        left_out += written.left_out
        if written.failure:
            return _answer(PutBackState.FAILED, files, left_out, written.failure)
    return _answer(PutBackState.DONE, files, left_out, "")


def _answer(state: PutBackState, files: int, left_out: list[LeftOut], failure: str) -> PutBackAnswer:
    seen = {it.name: it for it in left_out}  # a large file has several pieces
    written = 0 if state is PutBackState.FAILED else files - len(seen)
    return PutBackAnswer(state, written, tuple(seen.values())[:LEFT_OUT_MAX], len(seen), failure)


def _write(world: World, workspace_id: str, request: WriteRequest) -> WriteAnswer:
    """Where the home is now: it may have been launched or stopped since the last batch."""
    workspace = _usable(get_workspace(world, workspace_id))
    if workspace.state is not WorkspaceState.RUNNING:
        return world.history.write(workspace.home_id or "", request)
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    if task is None:
        raise ApraNovaError(Reason.WRONG_STATE, _IN_BETWEEN)
    try:
        return world.agent.write_files(task.control_address, task.agent_token, request)
    except AgentUnreachable as error:
        world.metrics.count("agent_unreachable_total", call="put_back")
        message = "Your workspace does not answer. Try again in a moment; if it stays so, stop the workspace first"
        raise ApraNovaError(Reason.WRONG_STATE, message, detail=str(error)) from error


def _usable(workspace: Workspace) -> Workspace:
    """Raises ApraNovaError(WRONG_STATE): nothing can be written into its home now."""
    if workspace.home_id is None or workspace.home_created_at is None:
        raise HistoryGone(_NO_HOME)
    rests = workspace.state is WorkspaceState.STOPPED and workspace.restoring is None
    if not rests and workspace.state is not WorkspaceState.RUNNING:
        message = "This workspace is deleted" if workspace.state is WorkspaceState.DELETED else _IN_BETWEEN
        raise ApraNovaError(Reason.WRONG_STATE, message)
    return workspace


def _batches(pieces: Iterator[FilePiece]) -> Iterator[tuple[FilePiece, ...]]:
    batch: list[FilePiece] = []
    length = 0
    for piece in pieces:
        if batch and (length + len(piece.content) > BATCH_LENGTH_MAX or len(batch) >= BATCH_PIECES_MAX):
            yield tuple(batch)
            batch, length = [], 0
        batch.append(piece)
        length += len(piece.content)
    if batch:
        yield tuple(batch)
