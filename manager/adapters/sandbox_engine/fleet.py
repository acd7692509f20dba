"""The tasks of the engine, each from its launch until minutes after its end. It decides nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contract.agent import TaskConfig
from contract.errors import ApraNovaError, Reason
from contract.names import TASK_ID_PATTERN
from contract.sizes import SizeLimits
from contract.wire import to_json
from manager.adapters.sandbox_engine.clusters import ClustersFile
from manager.adapters.sandbox_engine.egress import EgressProxy
from manager.adapters.sandbox_engine.images import Image, Images
from manager.adapters.sandbox_engine.launcher import Launch, LaunchedTask, Launcher, LaunchFailed, words_for_exit
from manager.adapters.sandbox_engine.records import RecordsFolder, TaskRecord
from manager.adapters.sandbox_shim.client import Child, OrderRefused, ShimClient
from manager.domain.policy import Policy
from manager.ports.task_runner import ObservedTask, TaskSpec

log = logging.getLogger(__name__)

ENDED_KEPT_S = 900.0
LISTEN_TIMEOUT_S = 30.0
_LISTEN_POLL_S, _LISTEN_POLL_PART = 0.005, 0.05
"""Look for the agent's socket so often; later after each twentieth of the time that it took so far:
where the processor is short, thirty tasks that start would take more of it by being looked at."""
_HOME_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
_SHARED_ID = re.compile(r"^[0-9a-f]{32}$")
"""Of a cohort."""


@dataclass
class _Task:
    """A task's record, and what only this engine has of it."""

    record: TaskRecord
    sandbox: LaunchedTask | None = None
    watch: asyncio.Task[None] | None = None
    launched: asyncio.Event = field(default_factory=asyncio.Event)
    """The launch was tried; before that, a stop has nothing to end."""
    mounting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def alive(self) -> bool:
        return self.record.alive


class Fleet:
    """Tasks outlive the engine: `adopt` takes over those of an earlier one."""

    def __init__(
        self,
        *,
        shim: ShimClient,
        launcher: Launcher,
        images: Images,
        homes_dir: Path,
        shared_dir: Path | None = None,
        run_dir: Path,
        clusters: ClustersFile,
        new_proxy: Callable[[], EgressProxy],
    ) -> None:
        self._shim = shim
        self._launcher = launcher
        self._images = images
        self._homes_dir = homes_dir
        self._shared_dir = shared_dir
        self._tasks_dir = run_dir / "tasks"
        self._egress_dir = run_dir / "egress"
        self._clusters = clusters
        self._new_proxy = new_proxy
        self._records = RecordsFolder(run_dir / "records")
        self._tasks: dict[str, _Task] = {}

    async def adopt(self) -> None:
        """Take over what an earlier engine launched, and end what cannot be taken over."""
        children = {name: Child(self._shim, name, pid) for name, pid in self._shim.children().items()}
        for record in self._records.read_all():
            if record.alive and record.ids is None:
                # `start` has not answered yet, so the manager asks again.
                self._records.forget(record.task_id)
                continue
            task = self._tasks[record.task_id] = _Task(record)
            task.launched.set()
            if record.alive:
                child = children.pop(record.task_id, None)
                await self._adopt(task, child) if child else self._note_end(task, "ended while the engine was away")
        for name, child in children.items():
            log.warning("%s has no record that an engine could go on with; it is ended", name)
            child.kill()
            await child.wait()
        self._remove_leftovers()
        self._publish()
        adopted = sum(task.alive for task in self._tasks.values())
        log.info("adopted %d tasks of an earlier engine", adopted)

    async def _adopt(self, task: _Task, child: Child) -> None:
        record, proxy = task.record, self._new_proxy()
        if child.ended:
            self._note_end(task, words_for_exit(await child.wait()))
            return
        try:
            task.sandbox = self._adopted(record, child)
            await proxy.serve(self._shim.kept(record.task_id))
        except (LaunchFailed, OrderRefused) as problem:
            log.warning("task %s cannot be adopted: %s", record.task_id, problem)
            child.kill()
            await child.wait()
            self._note_end(task, f"could not be adopted: {problem}")
            return
        if record.published:
            task.watch = asyncio.create_task(self._until_end(task, task.sandbox, proxy))
        else:
            task.watch = asyncio.create_task(self._look_after(task, task.sandbox, proxy))

    def _adopted(self, record: TaskRecord, child: Child) -> LaunchedTask:
        """Raises LaunchFailed."""
        if record.ids is None or (record.preforked and not record.published):
            raise LaunchFailed("the engine ended during its launch")
        return self._launcher.adopt(child, record.task_id, record.ids)

    def _remove_leftovers(self) -> None:
        """Sockets of tasks that are gone."""
        for directory in (self._tasks_dir, self._egress_dir):
            for leftover in directory.iterdir():
                task = self._tasks.get(leftover.name.removesuffix(".sock"))
                if task is not None and task.alive:
                    continue
                if leftover.is_dir() and not leftover.is_symlink():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink(missing_ok=True)

    async def start(self, spec: TaskSpec) -> None:
        """As TaskRunner.start."""
        _check(spec.task_id)
        if spec.task_id in self._tasks:
            return
        image = self._images.get(spec.kind, spec.image)
        if sum(task.alive for task in self._tasks.values()) >= Policy.tasks_max:
            raise ApraNovaError(Reason.NO_CAPACITY, "This machine runs as many workspaces as it can")
        preforked = self._launcher.preforks(image, wanted_now=spec.wanted_now)
        task = _Task(TaskRecord(spec.task_id, time.time(), None, preforked))
        self._tasks[spec.task_id] = task
        proxy = self._new_proxy()
        try:
            task.sandbox = await self._launch(spec, image, proxy, preforked=preforked)
        except (LaunchFailed, OSError) as error:
            await proxy.close()
            self._note_end(task, "could not be started")
            raise ApraNovaError(
                Reason.LAUNCH_FAILED, "The workspace could not be started", detail=str(error)
            ) from error
        else:
            self._note(task, ids=task.sandbox.ids)
            task.watch = asyncio.create_task(self._look_after(task, task.sandbox, proxy))
        finally:
            task.launched.set()

    async def attach_home(self, task_id: str, home_id: str, limits: SizeLimits | None = None, shared: str = "") -> None:
        """As TaskRunner.attach_home."""
        task = self._tasks.get(task_id)
        if task is None or not task.alive or not task.record.published or task.sandbox is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This task is not ready for a home, or has ended", detail=task_id)
        async with task.mounting:
            # An engine that ended in between noted the home and did not mount it.
            if task.record.home_id == home_id and task.record.home_mounted:
                await self._exchange_shared(task, task.sandbox, shared)
                return
            if task.record.home_id not in (None, home_id):
                raise ApraNovaError(Reason.LAUNCH_FAILED, "This task already has another home", detail=task_id)
            home = self._free_home(home_id, but_for=task)
            if limits is not None:
                await self._resize(task, task.sandbox, limits)
            # Before the mounts, in one write: no other task may use this home meanwhile.
            self._note(task, home_id=home_id, shared=shared)
            await self._bring_shared(task.sandbox, shared)
            try:
                await task.sandbox.attach_home(home)
            except LaunchFailed as error:
                self._note(task, home_id=None)
                raise ApraNovaError(Reason.LAUNCH_FAILED, "The home could not be mounted", detail=str(error)) from error
            self._note(task, home_mounted=True)

    async def _bring_shared(self, sandbox: LaunchedTask, shared: str) -> None:
        """The cohort's shared data. A workspace without it is better than none."""
        if self._shared_dir is None or not _SHARED_ID.match(shared):
            return
        folder = self._shared_dir / shared
        try:
            if not folder.is_symlink() and folder.is_dir():
                await sandbox.attach_shared(folder)
        except (LaunchFailed, OSError) as error:
            log.warning("the shared data %s does not come to a task: %s", shared, error)

    async def _exchange_shared(self, task: _Task, sandbox: LaunchedTask, shared: str) -> None:
        """Its owner is in another cohort, or in none. The old data go, whatever comes instead."""
        if task.record.shared == shared:
            return
        if task.record.shared != "":
            try:
                await sandbox.detach_shared()
            except LaunchFailed as error:
                raise ApraNovaError(
                    Reason.LAUNCH_FAILED, "The shared data could not be taken away", detail=str(error)
                ) from error
        self._note(task, shared=None)  # an engine that ends in between leaves it to the next try
        await self._bring_shared(sandbox, shared)
        self._note(task, shared=shared)

    async def _resize(self, task: _Task, sandbox: LaunchedTask, limits: SizeLimits) -> None:
        try:
            await sandbox.resize(limits)
        except OSError as error:
            raise ApraNovaError(
                Reason.LAUNCH_FAILED, "The workspace could not get its size", detail=str(error)
            ) from error
        self._note(task, ids=sandbox.ids)

    async def stop(self, task_id: str, grace_s: float) -> None:
        """As TaskRunner.stop. A task that was never started is recorded as ended."""
        task = self._tasks.get(task_id)
        if task is None:
            _check(task_id)
            task = self._tasks[task_id] = _Task(TaskRecord(task_id, time.time(), None))
            self._note_end(task, "stopped before it started")
            return
        if task.alive:
            await task.launched.wait()
        if task.sandbox and task.alive:
            await task.sandbox.stop(grace_s)
        if task.watch:
            await asyncio.shield(task.watch)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        """As TaskRunner.find_tasks."""
        found = (self._tasks.get(task_id) for task_id in dict.fromkeys(task_ids))
        return tuple(self._observed(task.record) for task in found if task is not None)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        """As TaskRunner.list_tasks."""
        horizon = time.time() - ENDED_KEPT_S
        for task_id, task in tuple(self._tasks.items()):
            if task.record.ended_at is not None and task.record.ended_at < horizon:
                del self._tasks[task_id]
                self._records.forget(task_id)
        return tuple(self._observed(task.record) for task in self._tasks.values())

    async def end(self, grace_s: float) -> None:
        """End every task, before the engine itself ends."""
        await asyncio.gather(*(self.stop(task_id, grace_s) for task_id in tuple(self._tasks)), return_exceptions=True)
        self._launcher.end()

    async def _launch(self, spec: TaskSpec, image: Image, proxy: EgressProxy, *, preforked: bool) -> LaunchedTask:
        socket_dir = self._tasks_dir / spec.task_id
        egress_socket = self._egress_dir / f"{spec.task_id}.sock"
        socket_dir.mkdir(mode=0o700)
        egress_listener = await proxy.listen(egress_socket)
        listen, egress_inside = self._launcher.inside(socket_dir, egress_socket)
        config = TaskConfig(
            task_id=spec.task_id,
            kind=spec.kind,
            agent_token=spec.agent_token,
            listen=listen,
            egress_socket=egress_inside,
            processes_max=image.limits.processes_max,
            preforked=preforked,
            wanted_now=spec.wanted_now,
        )
        return await self._launcher.launch(
            Launch(
                task_id=spec.task_id,
                image=image,
                task_config=json.dumps(to_json(config)).encode() + b"\n",
                socket_dir=socket_dir,
                egress_socket=egress_socket,
                egress_listener=egress_listener,
                preforked=preforked,
            )
        )

    async def _look_after(self, task: _Task, sandbox: LaunchedTask, proxy: EgressProxy) -> None:
        """Follows the task from its launch until its end."""
        failure = await self._make_ready(task, sandbox)
        if failure:
            await sandbox.stop(0)
        await self._until_end(task, sandbox, proxy, failure)

    async def _until_end(self, task: _Task, sandbox: LaunchedTask, proxy: EgressProxy, failure: str = "") -> None:
        try:
            because = await sandbox.wait()
            if not because.startswith("stopped"):
                log.info("task %s: %s; its last words: %s", task.record.task_id, because, sandbox.last_words[-2000:])
            self._note_end(task, failure or because)
        finally:
            await proxy.close()

    async def _make_ready(self, task: _Task, sandbox: LaunchedTask) -> str:
        """Returns why it failed, or ''. The order matters: the socket goes out of reach before any
        home comes in, because from then on student code may run."""
        end = asyncio.create_task(sandbox.wait())
        socket_path = self._tasks_dir / task.record.task_id / "http.sock"
        began = time.monotonic()
        try:
            async with asyncio.timeout(LISTEN_TIMEOUT_S):
                while not _something_at(socket_path):
                    if end.done():
                        return ""
                    await asyncio.sleep(max(_LISTEN_POLL_S, _LISTEN_POLL_PART * (time.monotonic() - began)))
            if not task.record.sealed:
                await sandbox.seal()
                self._note(task, ids=sandbox.ids, sealed=True)
            if not _is_socket(socket_path):
                return "replaced its socket by something else"
            await sandbox.bring_in_application()
        except TimeoutError:
            return f"did not listen within {LISTEN_TIMEOUT_S:.0f} seconds"
        except LaunchFailed as error:
            return "" if end.done() else str(error)
        finally:
            end.cancel()
        self._note(task, published=True)
        self._publish()
        return ""

    def _note(self, task: _Task, **changes: Any) -> None:
        task.record = replace(task.record, **changes)
        self._records.write(task.record)

    def _note_end(self, task: _Task, because: str) -> None:
        task_id, was_published = task.record.task_id, task.record.published
        self._note(task, ended_at=time.time(), ended_because=because, ids=None)
        if was_published:
            self._publish()
        shutil.rmtree(self._tasks_dir / task_id, ignore_errors=True)
        (self._egress_dir / f"{task_id}.sock").unlink(missing_ok=True)

    def _publish(self) -> None:
        reachable = (task.record.task_id for task in self._tasks.values() if task.record.published and task.alive)
        self._clusters.publish({task_id: self._tasks_dir / task_id / "http.sock" for task_id in reachable})

    def _observed(self, record: TaskRecord) -> ObservedTask:
        reachable = record.published and record.alive
        return ObservedTask(
            task_id=record.task_id,
            alive=record.alive,
            started_at=record.started_at,
            control_address=f"unix:{self._tasks_dir / record.task_id / 'http.sock'}" if reachable else "",
            cluster=record.task_id if reachable else "",
            ended_because=record.ended_because,
        )

    def _free_home(self, home_id: str, *, but_for: _Task | None = None) -> Path:
        """The directory of a home that no other live task has. Raises
        ApraNovaError(LAUNCH_FAILED)."""
        home = self._homes_dir / home_id
        if not _HOME_ID.match(home_id) or home.is_symlink() or not home.is_dir():
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This workspace's home cannot be found", detail=home_id)
        others = (task for task in self._tasks.values() if task is not but_for)
        if any(task.alive and task.record.home_id == home_id for task in others):
            raise ApraNovaError(Reason.LAUNCH_FAILED, "Another task still has this home", detail=home_id)
        return home


def _check(task_id: str) -> None:
    if not TASK_ID_PATTERN.match(task_id):
        raise ApraNovaError(Reason.BAD_REQUEST, "This is not a task's id", detail=task_id)


def _something_at(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False
