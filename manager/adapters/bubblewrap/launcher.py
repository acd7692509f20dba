"""Starts bubblewrap sandboxes, puts each into its cgroup before it runs, and ends them whole."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import re
import resource
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from contract.agent import PROGRAM_ENDED_SIGNAL
from contract.names import SHARED_DATA, STUDENT_HOME
from contract.sizes import SizeLimits
from manager.adapters.bubblewrap import inotify, layout, seccomp
from manager.adapters.bubblewrap.cgroups import Hierarchy, TaskCgroup
from manager.adapters.bubblewrap.fair_share import FairShare
from manager.adapters.bubblewrap.memory_watch import DATA_FACTOR, MemoryWatch
from manager.adapters.bubblewrap.mounter import NOTHING_MOUNTED, Order
from manager.adapters.bubblewrap.prefork_templates import PreforkTemplate, PreforkTemplates, Sandboxed, TemplateFailed
from manager.adapters.sandbox_engine.images import Image
from manager.adapters.sandbox_engine.launcher import (
    CHECK_CPU_SHARE,
    START_CPU_SHARE,
    CheckLaunch,
    Launch,
    LaunchFailed,
    SandboxIds,
    words_for_exit,
)
from manager.adapters.sandbox_engine.process_id import ProcessId
from manager.adapters.sandbox_shim.client import Child, OrderRefused, ShimClient
from manager.adapters.sandbox_shim.wire import PASSED_FROM

log = logging.getLogger(__name__)

SET_UP_TIMEOUT_S = 10.0
_CORE = 1024
"""CPU units of one, which are a share of 1."""
_DATA_MAX = 16 << 30
OPEN_FILES_MAX = 4096
"""Of one process; with `processes_max`, it bounds what the kernel holds for a sandbox's files."""


class BubblewrapLauncher:
    """Needs a shim that is in namespaces of its own (`own_namespaces`)."""

    def __init__(
        self,
        shim: ShimClient,
        *,
        bwrap: Path,
        etc: layout.Etc,
        school: layout.OfTheSchool,
        cgroups: Hierarchy,
        hidden: Sequence[Path],
    ) -> None:
        """`hidden`: folders of the host that not even a prefork template may see."""
        self._bwrap = bwrap
        self._etc = etc
        self._school = school
        self._cgroups = cgroups
        self._shim = shim
        self._seccomp = seccomp.filter_for_this_machine(memory_counts="memory" in cgroups.parents)
        self._fair_share = FairShare()
        self._memory = MemoryWatch()
        self._limits_processes_itself = _kernel_version() >= (5, 14)
        """Before that, RLIMIT_NPROC counted the processes of the uid in all sandboxes together."""
        self._open_files_max = min(OPEN_FILES_MAX, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        self._inotify = inotify.sandbox_limits(inotify.machine_limits())
        self._no_inotify_limit = ""
        """Why the last sandbox has none."""
        self._templates = PreforkTemplates(
            shim,
            hidden=hidden,
            seccomp_filter=self._seccomp,
            limits_processes=self._limits_processes_itself,
            open_files_max=self._open_files_max,
        )

    def inside(self, socket_dir: Path, egress_socket: Path) -> tuple[str, str]:  # noqa: ARG002  mounted at fixed places
        return f"unix:{layout.SOCKET_DIR}/http.sock", layout.EGRESS_SOCKET

    def preforks(self, image: Image, *, wanted_now: bool) -> bool:
        return (self._templates.find_warm(image) if wanted_now else self._templates.find(image)) is not None

    def end(self) -> None:
        self._templates.end()
        self._fair_share.end()
        self._memory.end()

    async def launch(self, launch: Launch) -> Sandbox:
        template = self._templates.find(launch.image) if launch.preforked else None
        if launch.preforked and template is None:
            raise LaunchFailed("the prefork template has just failed")
        options = layout.arguments(
            image=launch.image,
            etc=self._etc,
            school=self._school,
            sockets=(launch.socket_dir, launch.egress_socket),
        )
        return await self._start(
            launch.task_id,
            launch.image,
            options,
            [*self._limits(launch.image), *launch.image.command],
            standard_input=launch.task_config,
            kept=launch.egress_listener,
            cpu_share=START_CPU_SHARE,
            template=template,
        )

    async def launch_check(self, check: CheckLaunch) -> Sandbox:
        options = layout.arguments(image=check.image, etc=self._etc, school=self._school)
        sandbox = await self._start(
            check.task_id,
            check.image,
            options,
            ["/usr/bin/nice", "-n", "19", *self._limits(check.image), *check.command],
            more=(check.files, check.output),
            cpu_share=CHECK_CPU_SHARE,
        )
        self._limit_inotify(sandbox.pid, sandbox.ids.mount_namespace)
        return sandbox

    async def _start(
        self,
        task_id: str,
        image: Image,
        options: list[str],
        command: list[str],
        *,
        standard_input: bytes = b"",
        kept: int | None = None,
        more: tuple[int, ...] = (),
        cpu_share: float = 1.0,
        template: PreforkTemplate | None = None,
    ) -> Sandbox:
        """`more`: descriptors that the command gets from FILES_DESCRIPTOR on. Raises
        LaunchFailed."""
        with _Pipe() as info, _Pipe() as gate, _Pipe() as seccomp_filter, _Pipe() as options_list:
            options += ["--info-fd", str(PASSED_FROM), "--block-fd", str(PASSED_FROM + 1)]
            if self._seccomp is not None:
                os.write(seccomp_filter.write_end, self._seccomp)
                seccomp_filter.close_write_end()
                options += ["--seccomp", str(PASSED_FROM + 2)]
            # Not in argv: everyone in the sandbox can read that, and these are the host's paths.
            os.write(options_list.write_end, b"".join(os.fsencode(option) + b"\0" for option in options))
            options_list.close_write_end()
            bwrap = [f"./{self._bwrap.name}", "--args", str(PASSED_FROM + 3), "--"]
            try:
                cgroup = self._cgroups.create(task_id, image.limits)
                child = Child.spawn(
                    self._shim,
                    task_id,
                    [*bwrap, *command],
                    standard_input=standard_input,
                    directory=str(self._bwrap.parent),
                    passed=(info.write_end, gate.read_end, seccomp_filter.read_end, options_list.read_end, *more),
                    kept=kept,
                )
            except OSError as error:
                if not self._cgroups.is_whole():
                    # It had no task left in it, so nothing is lost; the supervisor starts the shim
                    # again, which can make a new one, and the engine.
                    log.critical("the cgroup of all tasks is gone: %s; the engine ends", error)
                    self._shim.end()
                raise LaunchFailed(f"bubblewrap did not start: {error}") from error
            info.close_write_end()
            try:
                about = json.loads(await asyncio.wait_for(_read_all(info.read_end), SET_UP_TIMEOUT_S))
                pid = int(about["child-pid"])
                cgroup.add(pid)
                limit_bytes = image.limits.memory_max_bytes
                ids = SandboxIds(ProcessId.of(pid), None, int(about["mnt-namespace"]), limit_bytes, cpu_share)
                sandbox = self._watched(task_id, child, ids, cgroup, template)
                # bubblewrap waits for this byte: everything in the sandbox starts inside the
                # cgroup.
                os.write(gate.write_end, b".")
            except (LaunchFailed, OSError, ValueError, KeyError, TimeoutError) as error:
                child.kill()
                await child.wait()
                cgroup.remove()
                raise LaunchFailed(f"bubblewrap failed: {child.last_words or error!r}") from error
        return sandbox

    def adopt(self, child: Child, task_id: str, ids: SandboxIds) -> Sandbox:
        return self._watched(task_id, child, ids, self._cgroups.of(task_id), None)

    def _watched(
        self, task_id: str, child: Child, ids: SandboxIds, cgroup: TaskCgroup, template: PreforkTemplate | None
    ) -> Sandbox:
        sandbox = Sandbox(
            self._shim, child, ids, cgroup, template, self._limit_inotify, lambda: self._resized(task_id, sandbox)
        )
        self._fair_share.add(task_id, cgroup, ids.cpu_share)
        sandbox.on_end(lambda: self._fair_share.remove(task_id))
        watched = cgroup if "memory" in self._cgroups.parents else None
        self._memory.add(
            task_id, sandbox.pid, ids.memory_max_bytes, cgroup=watched, tell=sandbox.tell_that_memory_was_full
        )
        sandbox.on_end(lambda: self._memory.remove(sandbox.pid))
        return sandbox

    def _resized(self, task_id: str, sandbox: Sandbox) -> None:
        self._memory.limit(sandbox.pid, sandbox.ids.memory_max_bytes)
        self._fair_share.add(task_id, sandbox.cgroup, sandbox.ids.cpu_share)

    def _limit_inotify(self, pid: int, mount_namespace: int) -> None:
        """A sandbox without this limit is better than none; `enforced` says so."""
        try:
            self._shim.mount(Order(pid, mount_namespace, limits=self._inotify))
            self._no_inotify_limit = ""
        except OrderRefused as error:
            if not self._no_inotify_limit:
                log.warning("a sandbox has no limit of inotify instances: %s", error)
            self._no_inotify_limit = str(error)

    def _limits(self, image: Image) -> list[str]:
        """A wrapper inside the sandbox: set outside, all sandboxes would share the count."""
        limits = ["/usr/bin/prlimit", "--core=0", f"--nofile={self._open_files_max}"]
        if self._limits_processes_itself:
            limits.append(f"--nproc={image.limits.processes_max}")
        if "memory" not in self._cgroups.parents:
            # The claim gives a larger workspace more, up to the second number.
            limits.append(f"--data={image.limits.memory_max_bytes * DATA_FACTOR}:{_DATA_MAX}")
        return [*limits, "--"]

    def memory(self) -> dict[str, int]:
        return self._memory.used()

    def enforced(self) -> dict[str, str]:
        cgroups = {
            name: f"cgroup version {self._cgroups.version}"
            if name in self._cgroups.parents
            else f"not enforced: {self._cgroups.missing.get(name, 'no cgroup')}"
            for name in ("memory", "pids", "cpu")
        }
        if "memory" not in self._cgroups.parents:
            why = cgroups["memory"].removeprefix("not enforced: ")
            cgroups["memory"] = (
                f"the engine adds up each second and ends the largest process; no cgroup: {why}; a single process "
                "may have twice the task's limit until then (RLIMIT_DATA)"
            )
        processes = [cgroups["pids"]] if "pids" in self._cgroups.parents else []
        if self._limits_processes_itself:
            processes.append("RLIMIT_NPROC in the sandbox's user namespace")
        return {
            "memory": cgroups["memory"],
            "shared memory": "counts as memory (cgroup)"
            if "memory" in self._cgroups.parents
            else f"counts as memory while a process maps it; /tmp and /dev/shm are small; {self._refused_memory()}",
            "processes": " and ".join(processes) or cgroups["pids"],
            "open files": f"{self._open_files_max} of each process (RLIMIT_NOFILE)",
            "disk": f"{resource.getrlimit(resource.RLIMIT_FSIZE)[0] / 1e9:.1f} GB for each file (RLIMIT_FSIZE)",
            "inotify": f"not enforced: {self._no_inotify_limit}"
            if self._no_inotify_limit
            else inotify.words(self._inotify),
            "cpu": f"{cgroups['cpu']} (fair share; less for one that computes without a pause)"
            if "cpu" in self._cgroups.parents
            else cgroups["cpu"],
            "files": "mount namespace: only the own home and /tmp can be written",
            "network": "network namespace with loopback only; outgoing through the filtering proxy",
            "privileges": "no capabilities, no_new_privs, no further user namespaces",
            "system calls": "seccomp filter"
            if self._seccomp is not None
            else f"not enforced: no seccomp filter for {platform.machine()}",
        }

    def _refused_memory(self) -> str:
        if self._seccomp is None:
            return "not enforced: memfd and System V segments"
        return "memfd is refused, System V segments above 64 kB too (seccomp)"


class Sandbox:
    """A running sandbox. Killing process 1 of its pid namespace, `ids.first`, ends all."""

    def __init__(
        self,
        shim: ShimClient,
        child: Child,
        ids: SandboxIds,
        cgroup: TaskCgroup,
        template: PreforkTemplate | None,
        limit_inotify: Callable[[int, int], None],
        resized: Callable[[], None],
    ) -> None:
        """Raises LaunchFailed if it has ended."""
        pidfd = ids.first.open() if ids.first else None
        if ids.first is None or pidfd is None:
            raise LaunchFailed("the sandbox has ended")
        self.ids = ids
        self.pid = ids.first.pid
        self._shim = shim
        self._child = child
        self._limit_inotify = limit_inotify
        self._template = template
        self._pidfd = pidfd
        self._agent_pidfd = ids.agent.open() if ids.agent else None
        self.cgroup = cgroup
        self._resized = resized
        self._stopped = False
        self.exit_code = 0
        self.out_of_memory = False
        self._end: asyncio.Task[str] = asyncio.create_task(self._watch())

    @property
    def last_words(self) -> str:
        return self._child.last_words

    def on_end(self, call: Callable[[], None]) -> None:
        self._end.add_done_callback(lambda _: call())

    async def seal(self) -> None:
        if (agent := _first_child(self.pid)) is not None:
            self.ids = replace(self.ids, agent=agent)
            self._agent_pidfd = agent.open()
        try:
            self._shim.mount(Order(self.pid, self.ids.mount_namespace, detach=layout.SOCKET_DIR))
        except OrderRefused as error:
            raise LaunchFailed(f"the socket's directory could not be taken away: {error}") from error
        self._limit_inotify(self.pid, self.ids.mount_namespace)

    async def bring_in_application(self) -> None:
        if self._template is None:
            return
        procs = [str(directory / "cgroup.procs") for directory in self.cgroup.directories]
        try:
            await self._template.fork_into(Sandboxed(self.pid, self.ids.mount_namespace, procs))
        except TemplateFailed as error:
            raise LaunchFailed(str(error)) from error

    async def resize(self, limits: SizeLimits) -> None:
        self.cgroup.limit_memory(limits.memory_bytes)
        self.ids = replace(self.ids, memory_max_bytes=limits.memory_bytes, cpu_share=limits.cpu_units / _CORE)
        self._resized()

    def tell_that_memory_was_full(self) -> None:
        """The agent knows which program is missing; nobody but the engine knows why."""
        if self._agent_pidfd is not None:
            _send(self._agent_pidfd, PROGRAM_ENDED_SIGNAL)

    async def attach_home(self, home: Path) -> None:
        try:
            self._shim.mount(Order(self.pid, self.ids.mount_namespace, source=str(home), target=STUDENT_HOME))
        except OrderRefused as error:
            raise LaunchFailed(f"the home could not be mounted: {error}") from error

    async def attach_shared(self, folder: Path) -> None:
        try:
            self._shim.mount(Order(self.pid, self.ids.mount_namespace, shared=str(folder)))
        except OrderRefused as error:
            raise LaunchFailed(f"the shared data could not be mounted: {error}") from error

    async def detach_shared(self) -> None:
        try:
            self._shim.mount(Order(self.pid, self.ids.mount_namespace, detach=SHARED_DATA))
        except OrderRefused as error:
            if NOTHING_MOUNTED not in str(error):
                raise LaunchFailed(f"the shared data could not be taken away: {error}") from error

    async def wait(self) -> str:
        return await asyncio.shield(self._end)

    async def stop(self, grace_s: float) -> None:
        if self._end.done():
            return
        self._stopped = True
        if self._agent_pidfd is not None and grace_s > 0:
            _send(self._agent_pidfd, signal.SIGTERM)
            await asyncio.wait([self._end], timeout=grace_s)
        _send(self._pidfd, signal.SIGKILL)
        await self.wait()

    async def _watch(self) -> str:
        code = await self._child.wait()
        # bubblewrap's outer process ends with the agent; what the agent left behind ends here.
        _send(self._pidfd, signal.SIGKILL)
        await _readable(self._pidfd)
        self.exit_code = code if code >= 0 else 128 - code
        self.out_of_memory = self.cgroup.out_of_memory_kills() > 0
        for descriptor in (self._pidfd, self._agent_pidfd):
            if descriptor is not None:
                os.close(descriptor)
        self._pidfd, self._agent_pidfd = -1, None
        for _ in range(20):
            if self.cgroup.remove():
                break
            await asyncio.sleep(0.02)
        if self._stopped:
            return "stopped"
        return "killed: out of memory" if self.out_of_memory and code else words_for_exit(code)


class _Pipe:
    """Both ends are closed at the end of the block, unless they were closed before."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self._open = {self.read_end, self.write_end}

    def close_write_end(self) -> None:
        os.close(self.write_end)
        self._open.remove(self.write_end)

    def __enter__(self) -> _Pipe:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for descriptor in self._open:
            os.close(descriptor)


async def _read_all(descriptor: int) -> bytes:
    text = b""
    while True:
        await _readable(descriptor)
        part = os.read(descriptor, 4096)
        if not part:
            return text
        text += part


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _send(pidfd: int, number: signal.Signals) -> None:
    """A pidfd never means another process, so it is no error that this one has ended."""
    if pidfd >= 0:
        try:
            signal.pidfd_send_signal(pidfd, number)
        except ProcessLookupError:
            return


def _first_child(pid: int) -> ProcessId | None:
    """The agent: the only child of the sandbox's process 1 until student code runs. None on a
    kernel that does not list children (CONFIG_PROC_CHILDREN); a stop then goes straight to
    SIGKILL."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return ProcessId.of(int(children[0])) if children else None
    except OSError:
        return None


def _kernel_version() -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])
