"""`TaskRunner` for Docker or Podman."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
from docker import errors
from docker.types import LogConfig, Mount

from contract.agent import TaskConfig
from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import STUDENT_HOME, STUDENT_UID, TASK_ID_PATTERN, WorkspaceKind
from contract.wire import to_json
from manager.ports.task_runner import ObservedTask, TaskSpec

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.images import Image

TASK_LABEL = "apranova.task"
AGENT_PORT = 8080
CALL_TIMEOUT_S = 30
ENDED_KEPT_S = 900.0
PROCESSES_MAX = 512
_HOME_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
_STARTED = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)$")


class DockerTaskRunner:
    """A task is a container named after its id, alone on an internal network of the same name.

    An image is a repository `apranova-<kind>`; its newest tag is the current one, and its command is the agent. Nothing
    is published: the gateway reaches the container's own address, and that network leads nowhere else.
    """

    late_binding = False
    isolation = "docker"

    def __init__(
        self, *, base_url: str, homes_dir: Path, memory_max_bytes: int = 512 << 20, cpus_max: float = 1.0
    ) -> None:
        self._base_url = base_url
        self._homes_dir = homes_dir
        self._memory_max_bytes = memory_max_bytes
        self._cpus_max = cpus_max
        self._connected: docker.DockerClient | None = None

    def start(self, spec: TaskSpec) -> None:
        if not TASK_ID_PATTERN.match(spec.task_id):
            raise ApraNovaError(Reason.BAD_REQUEST, "This is not a task's id", detail=spec.task_id)
        with self._translated("start"):
            if self._find(spec.task_id) is not None:
                return
            home = self._home(spec.home_id)
            self._make_network(spec.task_id)
            try:
                container = self._create(spec, home)
                _start_with(container, _configuration(spec))
            except errors.ImageNotFound as error:
                self._remove(spec.task_id)
                raise ApraNovaError(
                    Reason.KIND_NOT_READY, "The image is not there any more", detail=str(error)
                ) from error
            except errors.APIError as error:
                if error.status_code == 409:  # the same start came twice at once: the first one has it
                    return
                self._remove(spec.task_id)
                raise ApraNovaError(
                    Reason.LAUNCH_FAILED, "The container could not be started", detail=str(error)
                ) from error
            except OSError as error:
                self._remove(spec.task_id)
                raise ApraNovaError(
                    Reason.LAUNCH_FAILED, "The container could not be started", detail=str(error)
                ) from error

    def attach_home(self, task_id: str, home_id: str) -> None:
        raise ApraNovaError(
            Reason.LAUNCH_FAILED, "A container gets its home when it starts", detail=f"{task_id} ← {home_id}"
        )

    def stop(self, task_id: str, *, grace_s: float) -> None:
        with self._translated("stop"):
            container = self._find(task_id)
            if container is None:
                return
            if container.status == "created":  # it has never run: there is nothing to remember
                self._remove(task_id)
                return
            with contextlib.suppress(errors.NotFound):
                container.stop(timeout=max(0, round(grace_s)))
                container.wait(timeout=CALL_TIMEOUT_S)
            self._remove_network(task_id)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        with self._translated("find_tasks"):
            found = (self._find(task_id) for task_id in dict.fromkeys(task_ids))
            return tuple(_observed(container) for container in found if container is not None)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        with self._translated("list_tasks"):
            tasks = []
            for container in self._client.containers.list(all=True, filters={"label": TASK_LABEL}, ignore_removed=True):
                task = _observed(container)
                if not task.alive and _ended_at(container) < time.time() - ENDED_KEPT_S:
                    self._remove(task.task_id)
                    continue
                tasks.append(task)
            return tuple(tasks)

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        try:
            self.image(kind)
        except ApraNovaError as error:
            return KindView(kind, ready=False, text=error.message)
        return KindView(kind, ready=True)

    def image(self, kind: WorkspaceKind) -> str:
        with self._translated("image"):
            images: list[Image] = self._client.images.list(name=f"apranova-{kind}")
        newest = max(images, key=lambda image: image.attrs.get("Created", 0), default=None)
        # Podman prefixes names that belong to no registry: localhost/apranova-vscode:1
        tags = [tag for tag in newest.tags if re.search(rf"(^|/)apranova-{kind}:", tag)] if newest else []
        if not tags:
            raise ApraNovaError(Reason.KIND_NOT_READY, f"No image apranova-{kind} has been built")
        return tags[0]

    def enforced(self) -> dict[str, str]:
        with self._translated("enforced"):
            about: dict[str, Any] = self._client.info()
        engine = f"container limit ({about.get('Name', 'Docker')}, cgroup version {about.get('CgroupVersion', '1')})"
        missing = "not enforced: the container engine has no such cgroup controller"
        return {
            "memory": engine if about.get("MemoryLimit", True) else missing,
            "processes": engine if about.get("PidsLimit", True) else missing,
            "cpu": engine if about.get("CpuCfsQuota", True) else missing,
            "files": "read-only root; only the own home and /tmp can be written",
            "network": "an internal network for each task; no outgoing network",
            "privileges": "no capabilities, no_new_privs",
            "system calls": "the container engine's default seccomp filter",
        }

    @property
    def _client(self) -> docker.DockerClient:
        """Connected at the first call, so that making the runner never fails."""
        if self._connected is None:
            self._connected = docker.DockerClient(base_url=self._base_url, timeout=CALL_TIMEOUT_S)
        return self._connected

    def _find(self, task_id: str) -> Container | None:
        try:
            return self._client.containers.get(task_id)
        except errors.NotFound:
            return None

    def _create(self, spec: TaskSpec, home: Path) -> Container:
        return self._client.containers.create(
            spec.image,
            name=spec.task_id,
            hostname="workspace",
            labels={TASK_LABEL: spec.task_id},
            user=f"{STUDENT_UID}:{STUDENT_UID}",
            stdin_open=True,
            # The manager asks the agent itself; the image's own check would start a process in every task each half minute.
            healthcheck={"test": ["NONE"]},
            network=spec.task_id,
            mounts=[Mount(STUDENT_HOME, str(home), type="bind")],
            tmpfs={"/tmp": f"size={self._memory_max_bytes // 2},mode=1777", "/run": "size=16m,mode=1777"},  # noqa: S108
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=self._memory_max_bytes,
            memswap_limit=self._memory_max_bytes,
            pids_limit=PROCESSES_MAX,
            nano_cpus=int(self._cpus_max * 1_000_000_000),
            init=True,
            log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
        )

    def _home(self, home_id: str | None) -> Path:
        home = self._homes_dir / (home_id or "")
        if home_id is None or not _HOME_ID.match(home_id) or home.is_symlink() or not home.is_dir():
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This workspace's home cannot be found", detail=str(home_id))
        return home

    def _make_network(self, task_id: str) -> None:
        """Podman's networks reach each other unless they are told not to; Docker's do not, and it refuses the option."""
        version = self._client.version()
        is_podman = any("Podman" in str(part.get("Name")) for part in version.get("Components") or ())
        if not self._client.networks.list(names=[f"^{task_id}$"]):
            self._client.networks.create(
                task_id,
                driver="bridge",
                internal=True,
                labels={TASK_LABEL: task_id},
                options={"isolate": "true"} if is_podman else None,
            )

    def _remove_network(self, task_id: str) -> None:
        """Networks are few on a machine (Docker has some 30 by default), so a task gives its own back when it ends."""
        with contextlib.suppress(errors.APIError):
            network = self._client.networks.get(task_id)
            with contextlib.suppress(errors.APIError):
                network.disconnect(task_id, force=True)
            network.remove()

    def _remove(self, task_id: str) -> None:
        with contextlib.suppress(errors.APIError):
            self._client.containers.get(task_id).remove(force=True)
        self._remove_network(task_id)

    @contextlib.contextmanager
    def _translated(self, call: str) -> Iterator[None]:
        try:
            yield
        except (errors.DockerException, OSError) as error:
            raise ApraNovaError(
                Reason.INTERNAL, "The container engine does not answer", detail=f"{call}: {error}"
            ) from error


def _configuration(spec: TaskSpec) -> bytes:
    config = TaskConfig(
        task_id=spec.task_id,
        kind=spec.kind,
        agent_token=spec.agent_token,
        listen=f"0.0.0.0:{AGENT_PORT}",
        processes_max=PROCESSES_MAX,
        wanted_now=spec.wanted_now,
    )
    return json.dumps(to_json(config)).encode() + b"\n"


def _start_with(container: Container, configuration: bytes) -> None:
    """Attached before the start, so that the agent finds its configuration when it first reads."""
    stream = container.attach_socket(params={"stdin": 1, "stream": 1})
    try:
        container.start()
        _send(stream, configuration)
    finally:
        stream.close()
    container.reload()
    if container.status == "created":  # Podman's service can report a failed start as done
        raise OSError("the container engine did not start it")


def _send(stream: Any, data: bytes) -> None:
    """`attach_socket` gives a socket, or a file object around one, depending on how the service is reached."""
    connection: socket.socket = getattr(stream, "_sock", stream)
    connection.sendall(data)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def _observed(container: Container) -> ObservedTask:
    state = container.attrs["State"]
    alive = state["Status"] in ("created", "running", "restarting", "paused")
    networks = container.attrs["NetworkSettings"].get("Networks") or {}
    address = next((network.get("IPAddress") for network in networks.values() if network.get("IPAddress")), "")
    reachable = alive and bool(address)
    return ObservedTask(
        task_id=container.labels[TASK_LABEL],
        alive=alive,
        started_at=_seconds(container.attrs["Created"]),
        control_address=f"{address}:{AGENT_PORT}" if reachable else "",
        cluster="original_dst" if reachable else "",
        address=f"{address}:{AGENT_PORT}" if reachable else "",
        ended_because="" if alive else _why(state),
    )


def _why(state: dict[str, Any]) -> str:
    if state.get("OOMKilled"):
        return "killed: out of memory"
    code = int(state.get("ExitCode") or 0)
    return f"killed by signal {code - 128}" if code > 128 else f"exited with code {code}"


def _ended_at(container: Container) -> float:
    return _seconds(container.attrs["State"].get("FinishedAt") or container.attrs["Created"])


def _seconds(text: str) -> float:
    """Docker writes nanoseconds, which Python does not read."""
    match = _STARTED.match(text)
    if not match:
        return 0.0
    whole, fraction, zone = match.groups()
    return dt.datetime.fromisoformat(f"{whole}{fraction or ''}{zone.replace('Z', '+00:00')}").timestamp()
