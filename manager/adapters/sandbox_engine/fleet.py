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
from dataclasses import dataclass, field
from pathlib import Path

from contract.agent import TaskConfig
from contract.errors import ApraNovaError, Reason
from contract.names import TASK_ID_PATTERN
from contract.wire import to_json
from manager.adapters.sandbox_engine.clusters import ClustersFile
from manager.adapters.sandbox_engine.egress import EgressProxy
from manager.adapters.sandbox_engine.images import Image, Images
from manager.adapters.sandbox_engine.launcher import Launch, LaunchedTask, Launcher, LaunchFailed
from manager.ports.task_runner import ObservedTask, TaskSpec

log = logging.getLogger(__name__)

TASKS_MAX = 200
ENDED_KEPT_S = 900.0
LISTEN_TIMEOUT_S = 30.0
_LISTEN_POLL_S = 0.005
_HOME_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")


@dataclass
class _Record:
    """What the engine knows of one task."""

    task_id: str
    started_at: float
    home_id: str | None
    task: LaunchedTask | None = None
    published: bool = False
    """The agent listens, its socket is out of the task's reach, a given home is mounted."""
    ended_at: float | None = None
    ended_because: str = ""
    watch: asyncio.Task[None] | None = None
    launched: asyncio.Event = field(default_factory=asyncio.Event)
    """The launch was tried; before that, a stop has nothing to end."""

    @property
    def alive(self) -> bool:
        return self.ended_at is None


class Fleet:
    """Nothing is kept on disk: the kernel ends all tasks with the engine."""

    def __init__(
        self,
        *,
        launcher: Launcher,
        images: Images,
        homes_dir: Path,
        run_dir: Path,
        clusters: ClustersFile,
        new_proxy: Callable[[], EgressProxy],
    ) -> None:
        self._launcher = launcher
        self._images = images
        self._homes_dir = homes_dir
        self._tasks_dir = run_dir / "tasks"
        self._egress_dir = run_dir / "egress"
        self._clusters = clusters
        self._new_proxy = new_proxy
        self._records: dict[str, _Record] = {}

    def begin(self) -> None:
        """Forget what an earlier engine left: its sockets lead nowhere."""
        for directory in (self._tasks_dir, self._egress_dir):
            for leftover in directory.iterdir():
                if leftover.is_dir() and not leftover.is_symlink():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink(missing_ok=True)
        self._publish()

    async def start(self, spec: TaskSpec) -> None:
        """As TaskRunner.start."""
        _check(spec.task_id)
        if spec.task_id in self._records:
            return
        image = self._images.get(spec.kind, spec.image)
        if sum(record.alive for record in self._records.values()) >= TASKS_MAX:
            raise ApraNovaError(Reason.NO_CAPACITY, "This machine runs as many workspaces as it can")
        home = None
        if spec.home_id is not None:
            home = self._free_home(spec.home_id)
        elif not self._launcher.late_binding:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "Without late binding a task starts with its home or not at all")
        record = _Record(spec.task_id, time.time(), spec.home_id)
        self._records[spec.task_id] = record
        proxy = self._new_proxy()
        preforked = self._launcher.preforks(image, wanted_now=spec.wanted_now)
        try:
            record.task = await self._launch(spec, image, home, proxy, preforked=preforked)
        except (LaunchFailed, OSError) as error:
            await proxy.close()
            self._note_end(record, "could not be started")
            raise ApraNovaError(
                Reason.LAUNCH_FAILED, "The workspace could not be started", detail=str(error)
            ) from error
        else:
            record.watch = asyncio.create_task(self._look_after(record, record.task, home, proxy))
        finally:
            record.launched.set()

    async def attach_home(self, task_id: str, home_id: str) -> None:
        """As TaskRunner.attach_home."""
        record = self._records.get(task_id)
        if record is None or not record.alive or not record.published or record.task is None:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This task is not ready for a home, or has ended", detail=task_id)
        if record.home_id == home_id:
            return
        if record.home_id is not None or not self._launcher.late_binding:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This task already has another home", detail=task_id)
        home = self._free_home(home_id)
        record.home_id = home_id  # before the mount: no other call may use this task or this home meanwhile
        try:
            await record.task.attach_home(home)
        except LaunchFailed as error:
            record.home_id = None
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The home could not be mounted", detail=str(error)) from error

    async def stop(self, task_id: str, grace_s: float) -> None:
        """As TaskRunner.stop. A task that was never started is recorded as ended."""
        record = self._records.get(task_id)
        if record is None:
            _check(task_id)
            now = time.time()
            self._records[task_id] = _Record(
                task_id, now, None, ended_at=now, ended_because="stopped before it started"
            )
            return
        if record.alive:
            await record.launched.wait()
        if record.task and record.alive:
            await record.task.stop(grace_s)
        if record.watch:
            await asyncio.shield(record.watch)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        """As TaskRunner.find_tasks."""
        found = (self._records.get(task_id) for task_id in dict.fromkeys(task_ids))
        return tuple(self._observed(record) for record in found if record is not None)

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        """As TaskRunner.list_tasks."""
        horizon = time.time() - ENDED_KEPT_S
        for record in tuple(self._records.values()):
            if record.ended_at is not None and record.ended_at < horizon:
                del self._records[record.task_id]
        return tuple(self._observed(record) for record in self._records.values())

    async def end(self, grace_s: float) -> None:
        """End every task, before the engine itself ends."""
        await asyncio.gather(*(self.stop(task_id, grace_s) for task_id in tuple(self._records)), return_exceptions=True)
        self._launcher.end()

    async def _launch(
        self, spec: TaskSpec, image: Image, home: Path | None, proxy: EgressProxy, *, preforked: bool
    ) -> LaunchedTask:
        socket_dir = self._tasks_dir / spec.task_id
        egress_socket = self._egress_dir / f"{spec.task_id}.sock"
        socket_dir.mkdir(mode=0o700)
        await proxy.listen(egress_socket)
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
                home=home,
                preforked=preforked,
            )
        )

    async def _look_after(self, record: _Record, task: LaunchedTask, home: Path | None, proxy: EgressProxy) -> None:
        """Follows the task until its end."""
        try:
            failure = await self._make_ready(record, task, home)
            if failure:
                await task.stop(0)
            because = await task.wait()
            if not because.startswith("stopped"):
                log.info("task %s: %s; its last words: %s", record.task_id, because, task.last_words[-2000:])
            self._note_end(record, failure or because)
        finally:
            await proxy.close()

    async def _make_ready(self, record: _Record, task: LaunchedTask, home: Path | None) -> str:
        """Returns why it failed, or ''. The order matters: the socket goes out of reach before any
        home comes in, because from then on student code may run."""
        end = asyncio.create_task(task.wait())
        socket_path = self._tasks_dir / record.task_id / "http.sock"
        try:
            async with asyncio.timeout(LISTEN_TIMEOUT_S):
                while not _something_at(socket_path):
                    if end.done():
                        return ""
                    await asyncio.sleep(_LISTEN_POLL_S)
            await task.seal()
            if not _is_socket(socket_path):
                return "replaced its socket by something else"
            await task.bring_in_application()
            if home is not None and self._launcher.late_binding:
                await task.attach_home(home)
        except TimeoutError:
            return f"did not listen within {LISTEN_TIMEOUT_S:.0f} seconds"
        except LaunchFailed as error:
            return "" if end.done() else str(error)
        finally:
            end.cancel()
        record.published = True
        self._publish()
        return ""

    def _note_end(self, record: _Record, because: str) -> None:
        record.ended_at, record.ended_because = time.time(), because
        if record.published:
            self._publish()
        shutil.rmtree(self._tasks_dir / record.task_id, ignore_errors=True)
        (self._egress_dir / f"{record.task_id}.sock").unlink(missing_ok=True)

    def _publish(self) -> None:
        self._clusters.publish(
            {
                record.task_id: self._tasks_dir / record.task_id / "http.sock"
                for record in self._records.values()
                if record.published and record.alive
            }
        )

    def _observed(self, record: _Record) -> ObservedTask:
        reachable = record.published and record.alive
        return ObservedTask(
            task_id=record.task_id,
            alive=record.alive,
            started_at=record.started_at,
            control_address=f"unix:{self._tasks_dir / record.task_id / 'http.sock'}" if reachable else "",
            cluster=record.task_id if reachable else "",
            ended_because=record.ended_because,
        )

    def _free_home(self, home_id: str) -> Path:
        """The directory of a home that no live task has. Raises ApraNovaError(LAUNCH_FAILED)."""
        home = self._homes_dir / home_id
        if not _HOME_ID.match(home_id) or home.is_symlink() or not home.is_dir():
            raise ApraNovaError(Reason.LAUNCH_FAILED, "This workspace's home cannot be found", detail=home_id)
        if any(record.alive and record.home_id == home_id for record in self._records.values()):
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
