"""What is in a home that runs, where nobody but its own agent can read it: on AWS.

The student's programs run beside the agent and may answer in its place. So an answer is a claim
about the student's own files, and nothing in it leads to anything else.
"""

from __future__ import annotations

from dataclasses import replace

from contract.errors import ApraNovaError, Reason
from contract.hand_out_files import printable
from contract.history import (
    FILE_BYTES_MAX,
    PIECE_BYTES_MAX,
    BadPath,
    HistoryFolder,
    HistoryGone,
    HistoryPathRequest,
    HistoryPiece,
    HistoryUnreadable,
    LookAnswer,
    LookRequest,
    path_of,
)
from contract.names import WorkspaceState
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases.records import get_workspace
from manager.use_cases.world import World

ENTRIES_MAX = 1_000
_NOT_NOW = "This workspace is starting or stopping. Try again in a moment"
_UNREADABLE = "This cannot be read now"
_NO_ANSWER = "The workspace does not answer. Try again in a moment; if it stays so, restart it"
_WORDS_MAX = 200


def read_folder(world: World, request: HistoryPathRequest) -> HistoryFolder:
    """Raises ApraNovaError: WORKSPACE_NOT_FOUND, SNAPSHOT_NOT_FOUND, WRONG_STATE, INTERNAL."""
    found = _ask(world, request, offset=None).folder
    if found is None:
        raise HistoryUnreadable(_UNREADABLE)
    listed = [replace(it, name=printable(it.name)) for it in found.entries if _is_in(request.key, it.key)]
    return HistoryFolder(tuple(listed[:ENTRIES_MAX]), cut=found.cut or len(listed) > ENTRIES_MAX)


def read_piece(world: World, request: HistoryPathRequest) -> HistoryPiece:
    """Raises ApraNovaError as `read_folder`."""
    found = _ask(world, request, offset=request.offset).piece
    if found is None or not 0 <= found.size <= FILE_BYTES_MAX or len(found.content) > 2 * PIECE_BYTES_MAX:
        raise HistoryUnreadable(_UNREADABLE)
    return replace(found, digest="")


def _ask(world: World, request: HistoryPathRequest, *, offset: int | None) -> LookAnswer:
    workspace = get_workspace(world, request.workspace_id)
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    if workspace.state is not WorkspaceState.RUNNING or task is None:
        raise ApraNovaError(Reason.WRONG_STATE, _NOT_NOW)
    try:
        answer = world.agent.look(task.control_address, task.agent_token, LookRequest(request.key, offset))
    except AgentUnreachable as error:
        world.metrics.count("agent_unreachable_total", call="look")
        raise ApraNovaError(Reason.WRONG_STATE, _NO_ANSWER, detail=str(error)) from error
    if answer.gone:
        raise HistoryGone(printable(answer.gone)[:_WORDS_MAX])
    if answer.failure:
        raise HistoryUnreadable(printable(answer.failure)[:_WORDS_MAX])
    return answer


def _is_in(folder: str, key: str) -> bool:
    """Whether `key` names something right in that folder."""
    try:
        path, top = path_of(key), path_of(folder)
    except BadPath:
        return False
    return bool(path) and path.rpartition("/")[0] == top
