"""What the engine expects of a technology that starts tasks on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.sizes import SizeLimits
from manager.adapters.sandbox_engine.images import Image
from manager.adapters.sandbox_engine.process_id import ProcessId
from manager.adapters.sandbox_shim.client import Child
from manager.adapters.sandbox_shim.wire import PASSED_FROM


class LaunchFailed(Exception):
    """The text is for the operator's log."""


@dataclass(frozen=True)
class SandboxIds:
    """What a later engine needs to find a running sandbox's processes again."""

    first: ProcessId | None = None
    """Process 1 of its pid namespace."""
    agent: ProcessId | None = None
    mount_namespace: int = 0
    memory_max_bytes: int = 0
    """Its limit, which the engine watches where no cgroup does."""
    cpu_share: float = 1.0
    """Of the CPU, compared with other sandboxes."""


@dataclass(frozen=True)
class Launch:
    """One task to launch. The directories exist and belong to the engine's uid."""

    task_id: str
    image: Image
    task_config: bytes
    """contract.agent.TaskConfig as one JSON line, for the agent's standard input."""
    socket_dir: Path
    """The agent creates `http.sock` here."""
    egress_socket: Path
    egress_listener: int
    """The proxy's descriptor of it, kept for a later engine."""
    preforked: bool
    """The result of `Launcher.preforks`; the task configuration repeats it."""


@dataclass(frozen=True)
class CheckLaunch:
    """One check to launch: a command without an agent, a home or a way out."""

    task_id: str
    image: Image
    command: tuple[str, ...]
    files: int
    """A descriptor that the command has as FILES_DESCRIPTOR."""
    output: int
    """A descriptor that the command has as OUTPUT_DESCRIPTOR."""


FILES_DESCRIPTOR, OUTPUT_DESCRIPTOR = PASSED_FROM + 4, PASSED_FROM + 5
CHECK_CPU_SHARE = 1 / 16
"""Sessions come first."""
START_CPU_SHARE = 1 / 4
"""Until a claim gives the task its size: those who already work come first."""


class LaunchedCheck(Protocol):
    """A check's sandbox, until it ends."""

    exit_code: int
    """Once it has ended. From 129 on: 128 + the number of a signal."""
    out_of_memory: bool

    async def wait(self) -> str:
        """As LaunchedTask.wait."""
        ...

    async def stop(self, grace_s: float) -> None:
        """As LaunchedTask.stop."""
        ...


class LaunchedTask(Protocol):
    """A launched task, until it ends."""

    ids: SandboxIds

    async def seal(self) -> None:
        """Take the socket's directory away from the task for good: by replacing the socket with a
        symbolic link, it could make the gateway connect to any socket of the host. Raises
        LaunchFailed."""
        ...

    async def bring_in_application(self) -> None:
        """For a preforked task: bring in its application's process. Raises LaunchFailed."""
        ...

    async def resize(self, limits: SizeLimits) -> None:
        """Give it the memory and the CPU share of a size from now on. Raises OSError."""
        ...

    async def attach_home(self, home: Path) -> None:
        """Mount the home at STUDENT_HOME. Raises LaunchFailed."""
        ...

    async def attach_shared(self, folder: Path) -> None:
        """Mount the cohort's shared data at SHARED_DATA, read-only. Raises LaunchFailed."""
        ...

    async def detach_shared(self) -> None:
        """Take the shared data away; no error if there are none. A program that has a file or
        folder of them open keeps it until it ends. Raises LaunchFailed."""
        ...

    async def wait(self) -> str:
        """Wait until every process of the task has ended; returns the reason in plain words."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Send SIGTERM to the agent, after `grace_s` SIGKILL to all; returns when all is gone."""
        ...

    @property
    def last_words(self) -> str: ...


class Launcher(Protocol):
    def inside(self, socket_dir: Path, egress_socket: Path) -> tuple[str, str]:
        """The task's socket (as `TaskConfig.listen`) and the proxy's, as the task sees them."""
        ...

    async def launch(self, launch: Launch) -> LaunchedTask:
        """Raises LaunchFailed."""
        ...

    async def launch_check(self, check: CheckLaunch) -> LaunchedCheck:
        """Raises LaunchFailed. An engine that starts again ends it."""
        ...

    def adopt(self, child: Child, task_id: str, ids: SandboxIds) -> LaunchedTask:
        """Take over a task that an earlier engine launched. Raises LaunchFailed."""
        ...

    def preforks(self, image: Image, *, wanted_now: bool) -> bool:
        """Whether a new task's application will be forked off a prefork template. If somebody waits
        for the task and no template is warm yet, it will not: a plain start is faster then."""
        ...

    def end(self) -> None:
        """The engine ends its tasks and itself."""
        ...

    def enforced(self) -> dict[str, str]:
        """As TaskRunner.enforced."""
        ...

    def memory(self) -> dict[str, int]:
        """Task → bytes that it holds, as last counted; without those that nothing counts."""
        ...


def words_for_exit(code: int) -> str:
    """bubblewrap and shells report a child's signal as 128 + number, Popen as its negative."""
    signal_number = -code if code < 0 else code - 128 if code > 128 else 0
    return f"killed by signal {signal_number}" if signal_number else f"exited with code {code}"
