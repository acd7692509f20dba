"""The one place that wires the manager together on one machine."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contract.errors import ApraNovaError
from contract.manager import DiskRoom, MachineView
from contract.names import TaskState
from manager.adapters.agent_http.agent import HttpTaskAgent
from manager.adapters.directory_history.history import DirectoryHomeHistory
from manager.adapters.directory_homes.homes import MARK, DirectoryHomeVolumes, is_there, make_folder
from manager.adapters.directory_homes.meter import DirectoryHomeMeter, space_of
from manager.adapters.directory_homes.project_quota import ProjectQuotas
from manager.adapters.restic import install
from manager.adapters.restic.program import Restic
from manager.adapters.restic.repositories import DirectoryRepositories
from manager.adapters.restic.snapshots import ResticSnapshots
from manager.adapters.sandbox_engine.client import SandboxEngineTaskRunner
from manager.adapters.sqlite.figures import SqliteFigures
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.system.background import ThreadBackground
from manager.adapters.system.backup_threads import BackupThreads
from manager.adapters.system.checkpoint_thread import CheckpointThread
from manager.adapters.system.clock import RandomIds, SystemClock
from manager.adapters.system.disk_watch import DiskWatch
from manager.adapters.system.machine import read_figures
from manager.adapters.system.metrics import PrometheusMetrics
from manager.domain.disk import Space, is_nearly_full, reserve_of
from manager.domain.policy import Policy
from manager.ports.clock import Clock, Metrics
from manager.ports.home_backup import SnapshotFailed
from manager.ports.home_history import NoHistory
from manager.ports.workspace_store import WorkspaceStore
from manager.settings import Settings
from manager.use_cases.backups import BackupContext
from manager.use_cases.finish_launch import owner_of
from manager.use_cases.gauges import Gauge, Moment, gauges
from manager.use_cases.world import NoBackupWorker, Site, World

log = logging.getLogger(__name__)

HOMES_MAX = 100_000
SAVE_MAX_S = 600.0
"""What one snapshot may take. restic continues with what it has stored when it is tried again."""


@dataclass(frozen=True)
class Manager:
    world: World
    wake: threading.Event
    metrics: PrometheusMetrics
    background: ThreadBackground
    backup_worker: BackupThreads | None
    """None: no snapshots are taken."""
    checkpoints: CheckpointThread
    disk_watch: DiskWatch
    gauges: Callable[[float], Iterator[Gauge]]
    """Given the time of the last pass."""


def build(settings: Settings) -> Manager:
    wake = threading.Event()
    metrics = PrometheusMetrics()
    background = ThreadBackground()
    store, clock = SqliteWorkspaceStore(settings.store), SystemClock()
    make_folder(settings.homes_dir)
    quotas = ProjectQuotas(settings.homes_dir, settings.policy)
    homes = DirectoryHomeVolumes(
        settings.homes_dir,
        sandbox_uid=settings.sandbox_uid,
        snapshots=settings.snapshots_dir,
        limit=quotas.limit,
    )
    if homes.lack_owners():  # they are older than the files that say whose a home is
        for workspace in store.list_workspaces(limit=HOMES_MAX):
            if workspace.home_id is not None and homes.exists(workspace.home_id):
                homes.note_owner(workspace.home_id, owner_of(workspace))
    meter = DirectoryHomeMeter(settings.homes_dir, _other_places(settings), clock)
    backup_worker = _backup_worker(settings, store, clock, metrics)
    disk_watch = DiskWatch(meter)
    figures = SqliteFigures(settings.store)
    runner = SandboxEngineTaskRunner(settings.run_dir / "engine.sock", isolation=settings.isolation)
    world = World(
        store=store,
        runner=runner,
        homes=homes,
        agent=HttpTaskAgent(),
        clock=clock,
        ids=RandomIds(),
        metrics=metrics,
        policy=settings.policy,
        site=Site(settings.workspaces_domain, settings.public_url, settings.identity_key),
        background=background,
        wake=wake.set,
        backup_worker=backup_worker or NoBackupWorker("APRANOVA_SNAPSHOTS_DIR is not set"),
        history=_history(settings) or NoHistory(),
        checks=runner,
        disk=disk_watch.view,
        machine=partial(_machine, settings.policy, figures, runner, meter),
        home_limits=quotas.words(),
    )
    read_gauges = partial(_gauges, world, figures, runner, meter)
    checkpoints = CheckpointThread(world)
    return Manager(world, wake, metrics, background, backup_worker, checkpoints, disk_watch, read_gauges)


def _gauges(
    world: World,
    figures: SqliteFigures,
    runner: SandboxEngineTaskRunner,
    meter: DirectoryHomeMeter,
    last_sweep_at: float,
) -> Iterator[Gauge]:
    """What cannot be read now is missing from the answer; the rest is worth having."""
    memory: dict[str, int] = {}
    spaces: tuple[Space, ...] = ()
    with contextlib.suppress(ApraNovaError):  # it does not answer, or is of an earlier version
        memory = runner.memory()
    with contextlib.suppress(OSError):
        spaces = meter.spaces()
    warm = world.store.list_warm_tasks(limit=world.policy.records_max)
    moment = Moment(
        workspaces=figures.workspaces(),
        cohorts=figures.cohorts(),
        warm=Counter(task.kind for task in warm if task.state is TaskState.READY),
        targets=world.store.find_outlook().targets,
        memory=memory,
        spaces=spaces,
        last_sweep_at=last_sweep_at,
    )
    return gauges(moment, world.policy)


def _machine(
    policy: Policy, figures: SqliteFigures, runner: SandboxEngineTaskRunner, meter: DirectoryHomeMeter
) -> MachineView | None:
    try:
        machine, workspaces, spaces = read_figures(), figures.workspaces(), meter.spaces()
    except (OSError, ValueError, sqlite3.Error) as problem:
        log.warning("the machine's figures cannot be read: %s", problem)
        return None
    memory: dict[str, int] = {}
    with contextlib.suppress(ApraNovaError):  # the engine restarts
        memory = runner.memory()
    return MachineView(
        memory_bytes=machine.memory_bytes,
        memory_free_bytes=machine.memory_free_bytes,
        cpus=machine.cpus,
        load=machine.load,
        workspaces_bytes=sum(memory[it.task_id] for it in workspaces if it.task_id in memory),
        disks=tuple(DiskRoom(it.name, it.free_bytes, it.total_bytes, reserve_of(it, policy)) for it in spaces),
        states=dict(Counter(str(it.state) for it in workspaces)),
        homes_without_snapshot=sum(it.snapshot_fails for it in workspaces),
    )


def _other_places(settings: Settings) -> dict[str, Path]:
    places = {"the platform's data": settings.store.parent}
    return places if settings.snapshots_dir is None else {**places, "the snapshots": settings.snapshots_dir}


def _has_room(settings: Settings, folder: Path) -> bool:
    return not is_nearly_full(space_of("the snapshots", folder), settings.policy)


def _history(settings: Settings) -> DirectoryHomeHistory | None:
    folder = settings.snapshots_dir
    if folder is None:
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return DirectoryHomeHistory(settings.homes_dir, folder, has_room=partial(_has_room, settings))


def _backup_worker(settings: Settings, store: WorkspaceStore, clock: Clock, metrics: Metrics) -> BackupThreads | None:
    if settings.snapshots_dir is None:
        return None
    restic = Restic((settings.restic,) if settings.restic else (), settings.snapshots_password)
    repositories = DirectoryRepositories(settings.snapshots_dir)

    def belongs_here(_home_id: str) -> bool:
        homes = settings.homes_dir
        if not is_there(homes):
            raise SnapshotFailed(
                f"{homes} holds no {MARK}: its disk may not be mounted. If it is the right folder: touch {homes / MARK}"
            )
        return True

    snapshots = ResticSnapshots(
        settings.homes_dir, repositories, restic, belongs_here=belongs_here, save_timeout_s=SAVE_MAX_S
    )

    def has_room() -> bool:
        return _has_room(settings, settings.snapshots_dir or Path())

    def status() -> str:
        version = restic.version()
        if not version:
            raise ValueError("restic is missing. Install it (apt install restic), or name it with APRANOVA_RESTIC")
        waits = "" if has_room() else "; new ones wait until their disk has room"
        return f"{version}, in {repositories}{waits}"

    return BackupThreads(
        BackupContext(store, snapshots, clock, metrics, settings.policy, has_room),
        status,
        lambda: settings.restic and install.fetch(settings.restic),
    )
