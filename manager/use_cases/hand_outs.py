"""Assignments on their way into homes: the manager only carries them to the agents."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.hand_out import HandOutAnswer, HandOutRequest
from contract.manager import HandOutsAnswer
from contract.names import WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases.world import World

WORKSPACES_MAX = 8
"""In one message: the answer must come before the caller gives up."""


def hand_out(world: World, workspace_ids: tuple[str, ...], request: HandOutRequest) -> HandOutsAnswer:
    """Give one version of an assignment to workspaces that run. Those that do not run or do not
    answer are absent from the answer; the caller asks again when they do."""
    if len(workspace_ids) > WORKSPACES_MAX:
        raise ApraNovaError(Reason.BAD_REQUEST, f"workspace_ids: at most {WORKSPACES_MAX} are served at once")
    found = world.store.find_workspaces(workspace_ids) if workspace_ids else ()
    running = [workspace for workspace in found if workspace.state is WorkspaceState.RUNNING]

    def give(workspace: Workspace) -> HandOutAnswer | None:
        task = world.store.find_task(workspace.task_id) if workspace.task_id else None
        if task is None:
            return None
        try:
            return world.agent.hand_out(task.control_address, task.agent_token, request)
        except AgentUnreachable:
            world.metrics.count("agent_unreachable_total", call="hand_out")
            return None

    answers = zip(running, world.background.map(give, running), strict=True)
    return HandOutsAnswer({workspace.workspace_id: answer for workspace, answer in answers if answer is not None})
