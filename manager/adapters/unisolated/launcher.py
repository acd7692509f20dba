"""Starts tasks as plain processes of the engine's own user. They can do whatever that user can."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path

import psutil

from contract.names import STUDENT_HOME
from contract.sizes import SizeLimits
from manager.adapters.sandbox_engine.images import Image
from manager.adapters.sandbox_engine.launcher import (
    CheckLaunch,
    Launch,
    LaunchedCheck,
    LaunchFailed,
    SandboxIds,
    words_for_exit,
)
from manager.adapters.sandbox_shim.client import Child, ShimClient

_WHY_NOT = "not enforced: tasks are plain processes (APRANOVA_ISOLATION=none)"


class UnisolatedLauncher:
    """For development on a machine without user namespaces. The home is a link that is replaced."""

    def __init__(self, shim: ShimClient, tasks_dir: Path) -> None:
        """`tasks_dir`: has a folder for each task, with the link in it."""
        self._shim, self._tasks_dir = shim, tasks_dir

    def inside(self, socket_dir: Path, egress_socket: Path) -> tuple[str, str]:  # noqa: ARG002  the host's network is there
        return f"unix:{socket_dir / 'http.sock'}", ""

    async def launch(self, launch: Launch) -> PlainProcess:
        home = self._tasks_dir / launch.task_id / "home"
        setpriv = shutil.which("setpriv")
        # With setpriv (Linux), the kernel ends the task when the shim dies, as it does for a
        # sandbox.
        prefix = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        try:
            home.with_name("no-home-yet").mkdir()
            home.symlink_to("no-home-yet")
            child = Child.spawn(
                self._shim,
                launch.task_id,
                [*prefix, *(_on_host(word, launch.image) for word in launch.image.command)],
                standard_input=launch.task_config,
                environment=_environment(launch.image, home),
                directory=str(home),
                own_session=True,
                kept=launch.egress_listener,
            )
        except OSError as error:
            raise LaunchFailed(f"the agent did not start: {error}") from error
        return PlainProcess(child, home)

    async def launch_check(self, check: CheckLaunch) -> LaunchedCheck:  # noqa: ARG002  it would see every home
        raise LaunchFailed("checks need sandboxes, and there are none (APRANOVA_ISOLATION=none)")

    def adopt(self, child: Child, task_id: str, ids: SandboxIds) -> PlainProcess:  # noqa: ARG002  the child is all
        return PlainProcess(child, self._tasks_dir / task_id / "home")

    def preforks(self, image: Image, *, wanted_now: bool) -> bool:  # noqa: ARG002  no sandbox that a child could enter
        return False

    def end(self) -> None: ...

    def enforced(self) -> dict[str, str]:
        limits = ("memory", "shared memory", "processes", "open files", "inotify", "cpu", "files", "network")
        limits += ("privileges", "system calls")
        return dict.fromkeys(limits, _WHY_NOT)

    def memory(self) -> dict[str, int]:
        return {}


class PlainProcess:
    """The agent and its descendants, except one that left the session and lost its parents."""

    ids = SandboxIds()

    def __init__(self, child: Child, home: Path) -> None:
        self._child, self._home = child, home
        self._stopped = False
        self._end: asyncio.Task[str] = asyncio.create_task(self._watch())

    @property
    def last_words(self) -> str:
        return self._child.last_words

    async def seal(self) -> None:
        """Nothing can be taken away from a process that sees the whole machine."""

    async def bring_in_application(self) -> None:
        """The agent starts it."""

    async def resize(self, limits: SizeLimits) -> None:
        """Nothing limits a plain process."""

    async def attach_home(self, home: Path) -> None:
        link = self._home.with_name("next-home")
        try:
            link.unlink(missing_ok=True)
            link.symlink_to(home)
            link.rename(self._home)
        except OSError as error:
            raise LaunchFailed(f"{home} does not come to the task: {error}") from error

    async def attach_shared(self, folder: Path) -> None:
        """Nothing would keep it read-only, so it does not come."""

    async def detach_shared(self) -> None:
        """It never came."""

    async def wait(self) -> str:
        return await asyncio.shield(self._end)

    async def stop(self, grace_s: float) -> None:
        if self._end.done():
            return
        self._stopped = True
        descendants = _descendants(self._child.pid)
        if grace_s > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGTERM)
            await asyncio.wait([self._end], timeout=grace_s)
        descendants += _descendants(self._child.pid)
        self._child.kill()
        for process in descendants:
            with contextlib.suppress(psutil.Error):
                process.kill()  # psutil checks the start time: a reused pid is left alone
        await self.wait()

    async def _watch(self) -> str:
        code = await self._child.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        return "stopped" if self._stopped else words_for_exit(code)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _environment(image: Image, home: Path) -> dict[str, str]:
    of_image = {
        name: value.replace(STUDENT_HOME, str(home)) if STUDENT_HOME in value else _on_host(value, image)
        for name, value in image.environment.items()
    }
    return {
        "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "HOME": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        **of_image,
    }


def _on_host(word: str, image: Image) -> str:
    """The image's paths are those inside a sandbox; nothing is mounted here."""
    for inside, outside in sorted(image.mounts.items(), key=lambda mount: -len(mount[0])):
        if word == inside or word.startswith(f"{inside}/"):
            return outside + word[len(inside) :]
    return word
