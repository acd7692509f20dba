"""`TaskRunner` for Docker or Podman."""

from __future__ import annotations

from pathlib import Path

from contract.manager import KindView
from contract.names import WorkspaceKind
from manager.ports.task_runner import ObservedTask, TaskSpec


class DockerTaskRunner:
    """A task is a container named after its id, on an internal network of its own."""

    late_binding = False
    isolation = "docker"

    def __init__(self, *, base_url: str, homes_dir: Path, memory_max_bytes: int = 512 << 20) -> None:
        self._base_url = base_url
        self._homes_dir = homes_dir
        self._memory_max_bytes = memory_max_bytes

    def start(self, spec: TaskSpec) -> None:
        raise NotImplementedError

    def attach_home(self, task_id: str, home_id: str) -> None:
        raise NotImplementedError

    def stop(self, task_id: str, *, grace_s: float) -> None:
        raise NotImplementedError

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        raise NotImplementedError

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        raise NotImplementedError

    def image(self, kind: WorkspaceKind) -> str:
        raise NotImplementedError

    def enforced(self) -> dict[str, str]:
        raise NotImplementedError
