"""Records as the backend sees them, and, where it asks for that, what agents know now."""

from __future__ import annotations

import threading
from dataclasses import replace

from contract.agent import AgentStatus, EndVisitsRequest
from contract.errors import ApraNovaError, Reason
from contract.hand_out_files import printable
from contract.manager import (
    ActivityAnswer,
    DescribeAnswer,
    Endpoint,
    FleetAnswer,
    HomeUseView,
    KindView,
    MemoryView,
    PoolView,
    PortsAnswer,
    ProgramsAnswer,
    SizeView,
    TaskView,
    WorkspaceView,
)
from contract.names import StopReason, WorkspaceKind, WorkspaceSize, WorkspaceState
from contract.show import ShowRequest
from manager.domain.disk import level_of
from manager.domain.history import KINDS as KINDS_WITH_HISTORY
from manager.domain.lifecycle.idle import activity_now
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases.records import get_workspace
from manager.use_cases.words import advice, shape_words, stop_words, student_words
from manager.use_cases.world import World

_PROGRAMS_MAX, _PROGRAM_LENGTH_MAX = 10, 100


def view(workspace: Workspace, policy: Policy, *, histories: bool = False) -> WorkspaceView:
    """`histories`: whether this installation keeps histories of files."""
    running = workspace.state is WorkspaceState.RUNNING
    # A launch that waits until an earlier task is cleaned up: to its student it is starting.
    stopped = workspace.state is WorkspaceState.STOPPED and workspace.launch_wanted_at is not None
    waits = stopped or workspace.tries_again
    endpoint = Endpoint(workspace.cluster, workspace.address, workspace.launch_secret) if running else None
    return WorkspaceView(
        workspace_id=workspace.workspace_id,
        owner_id=workspace.owner_id,
        kind=workspace.kind,
        state=WorkspaceState.STARTING if waits else workspace.state,
        version=workspace.version,
        steps=workspace.steps,
        launch_path=workspace.launch_path,
        launch_requested_at=workspace.launch_requested_at,
        running_since=workspace.running_since,
        activity=workspace.activity,
        idle_timeout_s=workspace.idle_timeout_s(policy),
        stops_at=workspace.stops_at if running else None,
        stops_because=stop_words(workspace, policy) if running else "",
        stops_reason=workspace.stops_reason if running else None,
        warned=running and workspace.warned_at is not None,
        keep_running_until=workspace.keep_running_until,
        keep_running_max_s=policy.keep_running_max_s,
        stop_reason=None if waits else workspace.stop_reason,
        stopped_at=workspace.stopped_at,
        deleted_at=workspace.deleted_at,
        purge_at=workspace.purge_at,
        failure="" if waits else workspace.failure,
        has_home=workspace.home_created_at is not None,
        snapshot_at=workspace.snapshot_at,
        snapshot_failure=_snapshot_failure(workspace),
        snapshot_failing_since=workspace.backup.failing_since,
        restoring=workspace.restoring,
        home_use=_home_use(workspace, policy),
        size=workspace.size or policy.default_size,
        has_history=histories and workspace.kind in KINDS_WITH_HISTORY,
        resting_home="" if waits else _resting_home(workspace),
        endpoint=endpoint,
    )


def _resting_home(workspace: Workspace) -> str:
    """Nothing is read while a snapshot is put back: a part of the files would be the older ones."""
    rests = workspace.state is WorkspaceState.STOPPED and workspace.restoring is None
    return workspace.home_id or "" if rests and workspace.home_created_at is not None else ""


def _snapshot_failure(workspace: Workspace) -> str:
    failure = workspace.backup.failure
    return f"{failure}. {advice(failure)}" if failure else ""


def _home_use(workspace: Workspace, policy: Policy) -> HomeUseView | None:
    if workspace.disk is None:
        return None
    disk = replace(workspace.disk, level=level_of(workspace.disk.use, policy))
    running = workspace.state is WorkspaceState.RUNNING
    stopped_for_it = workspace.stop_reason is StopReason.DISK and not running
    return HomeUseView(
        used_bytes=disk.use.used_bytes,
        used_files=disk.use.used_files,
        limit_bytes=policy.home_bytes_max,
        limit_files=policy.home_files_max,
        level=disk.level,
        text=student_words(disk, policy, running=running, stopped_for_it=stopped_for_it),
    )


class Kinds:
    """What can be launched now, asked of the engine at most once a second: describe is polled, and
    says it each time."""

    _FRESH_S = 1.0

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._views: tuple[KindView, ...] = ()

    def views(self) -> tuple[KindView, ...]:
        with self._lock:
            now = self._world.clock.now()
            if not 0.0 <= now - self._asked_at < self._FRESH_S:
                self._views = tuple(self._ask(kind) for kind in self._world.policy.kinds)
                self._asked_at = now
            return self._views

    def _ask(self, kind: WorkspaceKind) -> KindView:
        """A kind whose engine does not answer is not ready; that must not hide the workspaces
        themselves."""
        try:
            return self._world.runner.kind_status(kind)
        except ApraNovaError as error:
            return KindView(kind, ready=False, text=error.message)


def describe(world: World, workspace_ids: tuple[str, ...], kinds: Kinds) -> DescribeAnswer:
    """Polled by the backend: one read of the store, whatever the number of ids."""
    found = _find(world, workspace_ids)
    return DescribeAnswer(
        tuple(view(workspace, world.policy, histories=world.history.offered) for workspace in found),
        kinds.views(),
        sizes_of(world.policy),
        world.disk(),
    )


def sizes_of(policy: Policy) -> tuple[SizeView, ...]:
    default = policy.default_size
    return tuple(SizeView(size, policy.sizes[size].memory_mib, size is default) for size in WorkspaceSize)


def ports(world: World, workspace_ids: tuple[str, ...]) -> PortsAnswer:
    """Polled by the backend for workspaces that their students watch: they have just started
    programs, and wait for them."""
    found = _ask_agents(world, _find(world, workspace_ids))
    return PortsAnswer({workspace_id: status.ports for workspace_id, status in found.items() if status.ports})


def activity(world: World, workspace_ids: tuple[str, ...]) -> ActivityAnswer:
    """Polled by the backend for classes and lists that somebody watches: a record knows what people
    did when its agent was last asked, up to a minute ago, and nothing of memory."""
    now, policy = world.clock.now(), world.policy
    found = _find(world, workspace_ids)
    statuses = _ask_agents(world, found)
    known = [(it, statuses[it.workspace_id]) for it in found if it.workspace_id in statuses]
    return ActivityAnswer(
        {it.workspace_id: activity_now(it, status, now=now, policy=policy)[0] for it, status in known},
        {it.workspace_id: _memory(it, status, policy) for it, status in known if status.memory_bytes > 0},
    )


def _memory(workspace: Workspace, status: AgentStatus, policy: Policy) -> MemoryView:
    """An agent is in its student's hands: whatever it says, no more than the workspace may use."""
    limit = policy.limits(workspace.size).memory_bytes
    return MemoryView(min(status.memory_bytes, limit), limit)


def programs(world: World, workspace_ids: tuple[str, ...]) -> ProgramsAnswer:
    """What a stop would end. Asked once, before somebody stops a workspace, or those of a class: no
    student's agent may fill the answer, or the page of whoever stops them."""
    found = _find(world, workspace_ids)
    answers = {
        workspace_id: tuple(printable(it[:_PROGRAM_LENGTH_MAX]) for it in status.programs[:_PROGRAMS_MAX])
        for workspace_id, status in _ask_agents(world, found).items()
    }
    at_rest: dict[str, tuple[str, ...]] = {
        workspace.workspace_id: () for workspace in found if workspace.state is not WorkspaceState.RUNNING
    }
    return ProgramsAnswer({**at_rest, **answers})


def _find(world: World, workspace_ids: tuple[str, ...]) -> tuple[Workspace, ...]:
    _refuse_too_many(world, workspace_ids)
    return world.store.find_workspaces(workspace_ids) if workspace_ids else ()


def _ask_agents(world: World, found: tuple[Workspace, ...]) -> dict[str, AgentStatus]:
    """What the agents of those that run say now; without those that do not answer. One that does
    not keeps the others waiting for its time limit, so this is no part of `describe`."""
    running = [workspace for workspace in found if workspace.state is WorkspaceState.RUNNING]

    def ask(workspace: Workspace) -> AgentStatus | None:
        task = world.store.find_task(workspace.task_id) if workspace.task_id else None
        if task is None:
            return None
        try:
            status = world.agent.status(task.control_address, task.agent_token)
        except AgentUnreachable:
            return None
        return status if status.workspace_id == workspace.workspace_id else None

    answers = zip(running, world.background.map(ask, running), strict=True)
    return {workspace.workspace_id: status for workspace, status in answers if status is not None}


def _refuse_too_many(world: World, workspace_ids: tuple[str, ...]) -> None:
    if len(workspace_ids) > world.policy.describe_max:
        raise ApraNovaError(
            Reason.BAD_REQUEST, f"workspace_ids: at most {world.policy.describe_max} are answered at once"
        )


def end_visits(world: World, workspace_id: str, port: int) -> None:
    """Close what visitors of a shared port have open. Nothing is open where no task runs.

    Raises ApraNovaError: WORKSPACE_NOT_FOUND; MANAGER_UNAVAILABLE when the agent does not answer.
    """
    workspace = get_workspace(world, workspace_id)
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    if task is None:
        return
    try:
        world.agent.end_visits(task.control_address, task.agent_token, EndVisitsRequest(port))
    except AgentUnreachable as error:
        raise ApraNovaError(
            Reason.MANAGER_UNAVAILABLE, "The workspace does not answer right now.", detail=str(error)
        ) from error


def show(world: World, workspace_ids: tuple[str, ...], request: ShowRequest) -> None:
    """Tell students something inside their applications. One that does not answer is left out."""
    found = _find(world, workspace_ids)

    def tell(workspace: Workspace) -> None:
        task = world.store.find_task(workspace.task_id) if workspace.task_id else None
        if task is None:
            return
        try:
            world.agent.show(task.control_address, task.agent_token, request)
        except AgentUnreachable:
            world.metrics.count("agent_unreachable_total", call="show")

    running = [workspace for workspace in found if workspace.state is WorkspaceState.RUNNING]
    list(world.background.map(tell, running))


def fleet(world: World, kinds: Kinds, *, last_sweep_at: float | None) -> FleetAnswer:
    limit = world.policy.records_max
    pool = pool_view(world)
    try:
        enforced = world.runner.enforced()
    except ApraNovaError as error:
        enforced = {"engine": f"not known: {error.message}"}
    return FleetAnswer(
        workspaces=tuple(
            view(workspace, world.policy, histories=world.history.offered)
            for workspace in world.store.list_workspaces(limit=limit)
        ),
        tasks=tuple(
            TaskView(
                task_id=task.task_id,
                kind=task.kind,
                state=task.state,
                workspace_id=task.workspace_id,
                started_at=task.created_at,
                image=task.image,
                size=task.size,
            )
            for task in world.store.list_tasks(limit=limit)
        ),
        kinds=kinds.views(),
        pool_target=sum(pool.targets.values()) if pool.targets else world.policy.schedule.target(world.clock.now()),
        isolation=world.runner.isolation,
        enforced={**enforced, "homes": world.home_limits},
        last_sweep_at=last_sweep_at,
        pool=pool,
        snapshots=world.backup_worker.status(),
        disk=world.disk(),
    )


def pool_view(world: World) -> PoolView:
    """As it was last written down, and the decisions of this process since then."""
    policy, outlook = world.policy, world.store.find_outlook()
    local = policy.schedule.local(world.clock.now())
    noted = outlook.with_decisions(world.recent_launches.decisions(), local=local)
    spent = outlook.metered(0, local=local, longest_s=0.0)
    return PoolView(
        policy=str(policy.pool_policy),
        targets={str(line.shape): line.size for line in outlook.targets},
        decisions=(
            *(f"{shape_words(line.shape)}: {line.size} wanted, {line.because}" for line in outlook.targets),
            *noted.decisions,
        ),
        spent_h=spent.spent_s / 3600.0,
    )
