"""The one place that wires the manager together on one machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from manager.adapters.agent_http.agent import HttpTaskAgent
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.system.background import ThreadBackground
from manager.adapters.system.clock import RandomIds, SystemClock
from manager.adapters.system.metrics import PrometheusMetrics
from manager.ports.task_runner import TaskRunner
from manager.settings import Settings
from manager.use_cases.world import Site, World


@dataclass(frozen=True)
class Manager:
    world: World
    wake: threading.Event
    metrics: PrometheusMetrics
    background: ThreadBackground


def build(settings: Settings) -> Manager:
    wake = threading.Event()
    metrics = PrometheusMetrics()
    background = ThreadBackground()
    world = World(
        store=SqliteWorkspaceStore(settings.store),
        runner=_runner(settings),
        homes=DirectoryHomeVolumes(settings.homes_dir, sandbox_uid=settings.sandbox_uid),
        agent=HttpTaskAgent(),
        clock=SystemClock(),
        ids=RandomIds(),
        metrics=metrics,
        policy=settings.policy,
        site=Site(settings.workspaces_domain, settings.public_url, settings.identity_key),
        background=background,
        wake=wake.set,
    )
    return Manager(world, wake, metrics, background)


def _runner(settings: Settings) -> TaskRunner:
    """Imported where it is chosen: an installation without Docker does not need Docker's client."""
    engine_socket = settings.run_dir / "engine.sock"
    match settings.isolation:
        case "docker":
            from manager.adapters.docker.runner import DockerTaskRunner

            return DockerTaskRunner(base_url=settings.docker_host, homes_dir=settings.homes_dir)
        case "none":
            from manager.adapters.unisolated.runner import UnisolatedTaskRunner

            return UnisolatedTaskRunner(engine_socket)
        case _:
            from manager.adapters.bubblewrap.runner import BubblewrapTaskRunner

            return BubblewrapTaskRunner(engine_socket)
