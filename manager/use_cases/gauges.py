"""What the school looks like at this moment, as figures for a monitoring system.

Counters tell what has happened; these tell what is. They are computed when somebody asks, so they
cost nothing in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contract.names import WorkspaceKind, WorkspaceState
from manager.domain.disk import Space, reserve_of
from manager.domain.policy import Policy
from manager.domain.pool.outlook import Target

NO_COHORT = "none"
_Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Gauge:
    name: str
    help: str
    samples: tuple[tuple[_Labels, float], ...]


@dataclass(frozen=True)
class WorkspaceFigures:
    """The few fields of a workspace's record that are shown."""

    workspace_id: str
    state: WorkspaceState
    task_id: str | None
    home_bytes: int | None
    """None: not measured yet."""
    snapshot_fails: bool


@dataclass(frozen=True)
class Moment:
    """Everything that the gauges are computed from."""

    workspaces: tuple[WorkspaceFigures, ...]
    cohorts: Mapping[str, frozenset[str]]
    """What the operator calls a cohort → the workspaces of its members."""
    warm: Mapping[WorkspaceKind, int]
    targets: tuple[Target, ...]
    memory: Mapping[str, int]
    """Task → bytes."""
    spaces: tuple[Space, ...]
    last_sweep_at: float


def gauges(moment: Moment, policy: Policy) -> Iterator[Gauge]:
    """Each home has a label with its workspace's id, and no person is named."""
    yield Gauge("last_sweep_timestamp_seconds", "When the last reconcile pass ended.", (((), moment.last_sweep_at),))
    yield from _workspaces(moment)
    yield from _pool(moment)
    yield from _homes(moment, policy)
    yield from _disks(moment, policy)


def _workspaces(moment: Moment) -> Iterator[Gauge]:
    states = Counter(workspace.state for workspace in moment.workspaces)
    yield Gauge(
        "workspaces", "Workspaces by state.", tuple(_one("state", state, states[state]) for state in WorkspaceState)
    )
    up = {one.workspace_id for one in moment.workspaces if one.state is WorkspaceState.RUNNING}
    running = {label: len(up & members) for label, members in moment.cohorts.items()}
    running[NO_COHORT] = len(up.difference(*moment.cohorts.values()))
    yield Gauge(
        "running_workspaces", "Running workspaces by cohort; a student of two counts in both.", _each("cohort", running)
    )


def _pool(moment: Moment) -> Iterator[Gauge]:
    warm = {str(kind): moment.warm.get(kind, 0) for kind in WorkspaceKind}
    yield Gauge("warm_tasks", "Warm tasks that are ready to be claimed.", _each("kind", warm))
    targets = {str(line.shape): line.size for line in moment.targets}
    yield Gauge("warm_tasks_target", "Warm tasks that the planner wants.", _each("shape", targets))


def _homes(moment: Moment, policy: Policy) -> Iterator[Gauge]:
    measured = {one.workspace_id: one.home_bytes for one in moment.workspaces if one.home_bytes is not None}
    yield Gauge("home_disk_bytes", "What each home takes on the disk, as last measured.", _each("workspace", measured))
    yield Gauge("home_disk_limit_bytes", "What a home may take on the disk.", (((), policy.home_bytes_max),))
    memory = {
        one.workspace_id: moment.memory[one.task_id]
        for one in moment.workspaces
        if one.task_id is not None and one.task_id in moment.memory
    }
    yield Gauge("home_memory_bytes", "Memory of each running workspace.", _each("workspace", memory))
    failing = sum(one.snapshot_fails for one in moment.workspaces)
    yield Gauge("homes_without_newest_snapshot", "Homes whose last snapshot failed.", (((), failing),))


def _disks(moment: Moment, policy: Policy) -> Iterator[Gauge]:
    spaces = {space.name.removeprefix("the "): space for space in moment.spaces}
    free = {name: space.free_bytes for name, space in spaces.items()}
    yield Gauge("disk_free_bytes", "Free space of the platform's disks.", _each("place", free))
    total = {name: space.total_bytes for name, space in spaces.items()}
    yield Gauge("disk_size_bytes", "Size of the platform's disks.", _each("place", total))
    kept = {name: reserve_of(space, policy) for name, space in spaces.items()}
    yield Gauge(
        "disk_reserve_bytes", "Below so much free space, workspaces that fill it are stopped.", _each("place", kept)
    )


def _each(label: str, values: Mapping[str, float]) -> tuple[tuple[_Labels, float], ...]:
    return tuple(_one(label, name, value) for name, value in sorted(values.items()))


def _one(label: str, name: str, value: float) -> tuple[_Labels, float]:
    return ((label, name),), value
