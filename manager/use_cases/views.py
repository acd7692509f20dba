"""Records as the backend sees them: fast reads without a call to any agent."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.manager import DescribeAnswer, Endpoint, FleetAnswer, KindView, TaskView, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState
from manager.domain.policy import Policy
from manager.domain.workspace import Workspace
from manager.use_cases.world import World


def view(workspace: Workspace, policy: Policy) -> WorkspaceView:
    running = workspace.state is WorkspaceState.RUNNING
    endpoint = Endpoint(workspace.cluster, workspace.address, workspace.launch_secret) if running else None
    return WorkspaceView(
        workspace_id=workspace.workspace_id,
        owner_id=workspace.owner_id,
        kind=workspace.kind,
        state=workspace.state,
        version=workspace.version,
        steps=workspace.steps,
        launch_path=workspace.launch_path,
        running_since=workspace.running_since,
        activity=workspace.activity,
        idle_timeout_s=policy.idle_timeout_s,
        stops_at=workspace.stops_at if running else None,
        stops_because=workspace.stops_because if running else "",
        warned=running and workspace.warned_at is not None,
        keep_running_until=workspace.keep_running_until,
        keep_running_max_s=policy.keep_running_max_s,
        stop_reason=workspace.stop_reason,
        stopped_at=workspace.stopped_at,
        deleted_at=workspace.deleted_at,
        purge_at=workspace.purge_at,
        failure=workspace.failure,
        has_home=workspace.home_created_at is not None,
        endpoint=endpoint,
    )


def describe(world: World, workspace_ids: tuple[str, ...]) -> DescribeAnswer:
    """Polled by the backend: one read of the store, whatever the number of ids."""
    if len(workspace_ids) > world.policy.describe_max:
        raise ApraNovaError(
            Reason.BAD_REQUEST, f"workspace_ids: at most {world.policy.describe_max} are answered at once"
        )
    found = world.store.find_workspaces(workspace_ids) if workspace_ids else ()
    return DescribeAnswer(tuple(view(workspace, world.policy) for workspace in found), kinds(world))


def kinds(world: World) -> tuple[KindView, ...]:
    """A kind whose engine does not answer is not ready; that must not hide the workspaces themselves."""
    answers = []
    for kind in WorkspaceKind:
        try:
            answers.append(world.runner.kind_status(kind))
        except ApraNovaError as error:
            answers.append(KindView(kind, ready=False, text=error.message))
    return tuple(answers)


def fleet(world: World, *, last_sweep_at: float | None) -> FleetAnswer:
    limit = world.policy.records_max
    try:
        enforced = world.runner.enforced()
    except ApraNovaError as error:
        enforced = {"engine": f"not known: {error.message}"}
    return FleetAnswer(
        workspaces=tuple(view(workspace, world.policy) for workspace in world.store.list_workspaces(limit=limit)),
        tasks=tuple(
            TaskView(
                task_id=task.task_id,
                kind=task.kind,
                state=task.state,
                workspace_id=task.workspace_id,
                started_at=task.created_at,
                image=task.image,
            )
            for task in world.store.list_tasks(limit=limit)
        ),
        kinds=kinds(world),
        pool_target=world.policy.schedule.target(world.clock.now()),
        isolation=world.runner.isolation,
        enforced=enforced,
        last_sweep_at=last_sweep_at,
    )
