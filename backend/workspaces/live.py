"""Live views: one poller in each process asks the manager once for all watched workspaces."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from backend.platform.redis_connections import connect_async
from backend.workspaces.announcements import CHANNEL
from backend.workspaces.manager_client import manager_client
from backend.workspaces.presentation import notices_out
from contract.errors import ApraNovaError
from contract.manager import Activity, ActivityAnswer, DescribeAnswer, KindView, MemoryView, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState

BUSY_INTERVAL_S = 0.2
CALM_INTERVAL_S = 2.0
UNAVAILABLE_INTERVAL_S = 1.0
PAUSE_FACTOR, PAUSE_MAX_S = 3.0, 0.5
"""So many times as long as a look took is paused after it, however often it is woken: in a rush
each launch wakes it, and thirty are looked at each time."""
PORTS_INTERVAL_S = 5.0
"""A student looks at the dashboard just after starting a program."""
ACTIVITY_INTERVAL_S = 1.75
"""A class's wall is two seconds behind its students at most."""
MEMORY_INTERVAL_S = 5.0
ASKED_AT_ONCE_MAX = 100
SUBSCRIBE_AGAIN_S = 2.0
BUSY_STATES = (WorkspaceState.STARTING, WorkspaceState.STOPPING)

logger = logging.getLogger(__name__)
T = TypeVar("T")
Describe = Callable[[Sequence[str]], DescribeAnswer]
AskPorts = Callable[[Sequence[str]], dict[str, tuple[int, ...]]]
AskActivity = Callable[[Sequence[str]], ActivityAnswer]


@dataclass(eq=False)
class Watch:
    """One watcher of one workspace: the newest view, and an event that is set when it changes."""

    workspace_id: str
    view: WorkspaceView | None = None
    kinds: tuple[KindView, ...] = ()
    notices: list[str] = field(default_factory=list)
    ports: tuple[int, ...] | None = None
    """On which the student's programs listen. None: not asked yet."""
    answered: bool = False
    """Whether the manager has answered yet. A `view` of None then means: id unknown."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    wants_ports: bool = True
    """A class's wall does not show them, and sixty agents would be asked."""
    wants_activity: bool = False
    """As the agent knows it; `view` has it up to a minute later."""
    activity: Activity | None = None
    wants_memory: bool = False
    """For the console's list; activity comes with it, a little later than on a wall."""
    memory: MemoryView | None = None

    def take(self, view: WorkspaceView | None, answer: DescribeAnswer) -> None:
        notices = notices_out(answer.disk)
        if not self.answered or (view, answer.kinds, notices) != (self.view, self.kinds, self.notices):
            self.view, self.kinds, self.notices, self.answered = view, answer.kinds, notices, True
            self.changed.set()

    def take_ports(self, ports: tuple[int, ...]) -> None:
        if ports != self.ports:
            self.ports = ports
            self.changed.set()

    def take_from_agent(self, activity: Activity, memory: MemoryView | None) -> None:
        told = (activity, memory if self.wants_memory else None)
        if told != (self.activity, self.memory):
            self.activity, self.memory = told
            self.changed.set()

    @property
    def current(self) -> WorkspaceView | None:
        """The view with the newest activity. That of an earlier launch is older than this one's."""
        if self.view is None:
            return None
        known, told = self.view.activity, self.activity
        newest = known if told is None or (known is not None and known.at >= told.at) else told
        memory = self.memory if self.is_running else None
        if newest is known and memory is None:
            return self.view
        return replace(self.view, activity=newest, memory=memory)

    @property
    def is_running(self) -> bool:
        return self.view is not None and self.view.state is WorkspaceState.RUNNING

    @property
    def is_busy(self) -> bool:
        """It changes within moments, or nothing is known of it yet."""
        return not self.answered or (self.view is not None and self.view.state in BUSY_STATES)

    @property
    def has_ports(self) -> bool:
        is_vscode = self.view is not None and self.view.kind is WorkspaceKind.VSCODE
        return self.wants_ports and self.is_running and is_vscode


class LiveWorkspaces:
    """Polls while somebody watches: fast while a workspace starts or stops, slowly otherwise.
    Ports and the activity of a class are other questions, each for all of them at once, because
    there the manager asks agents.

    An announcement wakes it at once. While the manager does not answer, watchers keep what they
    know.
    """

    def __init__(
        self,
        describe: Describe,
        ask_ports: AskPorts,
        ask_activity: AskActivity,
        *,
        connect: Callable[[], redis.asyncio.Redis],
    ) -> None:
        self._describe = describe
        self._ask_ports = ask_ports
        self._ask_activity = ask_activity
        self._connect = connect
        self._watches: set[Watch] = set()
        self._wake = asyncio.Event()
        self._everything_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self.ended = False
        self._woken_at_the_end: set[asyncio.Event] = set()
        self._ending: set[asyncio.Task[None]] = set()
        """Canceled tasks that still close their connections: the loop would not keep them alive."""

    @contextlib.asynccontextmanager
    async def watching(self, workspace_id: str) -> AsyncIterator[Watch]:
        watch = self.join(Watch(workspace_id))
        try:
            yield watch
        finally:
            self.leave(watch)

    def join(self, watch: Watch) -> Watch:
        """Keep it up to date until it leaves."""
        self._watches.add(watch)
        if not any(not task.done() for task in self._tasks):
            works = (self._poll, self._poll_ports, self._poll_activity, self._poll_memory, self._listen)
            self._tasks = [asyncio.create_task(work()) for work in works]
        self._wake.set()
        return watch

    def leave(self, watch: Watch) -> None:
        self._watches.discard(watch)
        if not self._watches:
            self._end_tasks()

    @contextlib.contextmanager
    def waking_at_the_end(self, stream: asyncio.Event) -> Iterator[None]:
        """For a stream that may watch no workspace."""
        self._woken_at_the_end.add(stream)
        try:
            yield
        finally:
            self._woken_at_the_end.discard(stream)

    def end(self) -> None:
        """The process ends: let every stream see it at once."""
        self.ended = True
        for event in (*self._woken_at_the_end, *(watch.changed for watch in self._watches)):
            event.set()

    def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        self._tasks = []

    async def _poll(self) -> None:
        while True:
            began = asyncio.get_running_loop().time()
            woken = self._wake.is_set()
            self._wake.clear()
            interval_s = await self._look(everything=woken)
            ended = asyncio.get_running_loop().time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), interval_s)
            go_on_at = ended + min(PAUSE_MAX_S, PAUSE_FACTOR * (ended - began))
            await asyncio.sleep(max(0.0, go_on_at - asyncio.get_running_loop().time()))

    async def _look(self, *, everything: bool) -> float:
        """Ask once and tell the watchers; returns how long to wait before the next look. While some
        start or stop, only those are asked for again and again: a class has sixty others."""
        now = asyncio.get_running_loop().time()
        if everything or now >= self._everything_at:
            self._everything_at = now + CALM_INTERVAL_S
            ids = sorted({watch.workspace_id for watch in self._watches})
        else:
            ids = sorted({watch.workspace_id for watch in self._watches if watch.is_busy})
        try:
            answer = await asyncio.to_thread(self._describe, ids)
        except ApraNovaError:
            return UNAVAILABLE_INTERVAL_S
        except Exception:
            logger.exception("looking at watched workspaces failed")
            return UNAVAILABLE_INTERVAL_S
        views = {view.workspace_id: view for view in answer.workspaces}
        asked = set(ids)
        for watch in tuple(self._watches):
            if watch.workspace_id in asked:
                watch.take(views.get(watch.workspace_id), answer)
        return BUSY_INTERVAL_S if any(watch.is_busy for watch in self._watches) else CALM_INTERVAL_S

    async def _poll_ports(self) -> None:
        while True:
            await self._look_at_ports()
            await asyncio.sleep(PORTS_INTERVAL_S)

    async def _look_at_ports(self) -> None:
        """One question for all watched workspaces that run. Without an answer, ports stay."""
        for watch in self._watches:
            if watch.answered and not watch.has_ports:
                watch.take_ports(())
        ids = {watch.workspace_id for watch in self._watches if watch.has_ports}
        for asked, ports in await self._ask("ports", self._ask_ports, ids):
            for watch in tuple(self._watches):
                if watch.workspace_id in asked and watch.has_ports:
                    watch.take_ports(ports.get(watch.workspace_id, ()))

    async def _poll_activity(self) -> None:
        while True:
            await self._look_inside(lambda watch: watch.wants_activity)
            await asyncio.sleep(ACTIVITY_INTERVAL_S)

    async def _poll_memory(self) -> None:
        while True:
            await self._look_inside(lambda watch: watch.wants_memory)
            await asyncio.sleep(MEMORY_INTERVAL_S)

    async def _look_inside(self, wants: Callable[[Watch], bool]) -> None:
        ids = {watch.workspace_id for watch in self._watches if wants(watch) and watch.is_running}
        for _, found in await self._ask("activity", self._ask_activity, ids):
            for watch in tuple(self._watches):
                if wants(watch) and watch.workspace_id in found.activity:
                    name = watch.workspace_id
                    watch.take_from_agent(found.activity[name], found.memory.get(name))

    async def _ask(self, what: str, ask: Callable[[Sequence[str]], T], ids: set[str]) -> list[tuple[list[str], T]]:
        """What was asked for and what came. Without an answer, what is known stays."""
        wanted = sorted(ids)
        answers: list[tuple[list[str], T]] = []
        for start in range(0, len(wanted), ASKED_AT_ONCE_MAX):
            asked = wanted[start : start + ASKED_AT_ONCE_MAX]
            try:
                answers.append((asked, await asyncio.to_thread(ask, asked)))
            except ApraNovaError:
                break
            except Exception:
                logger.exception("looking at the %s of watched workspaces failed", what)
                break
        return answers

    async def _listen(self) -> None:
        """Wake at announcements, our own and those of other processes of the backend."""
        while True:
            try:
                async with self._connect() as client, client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        # What was announced before it listened was not heard.
                        if message["type"] == "subscribe" or (
                            message["type"] == "message" and self._is_watched(message["data"])
                        ):
                            self._wake.set()
            except (RedisError, OSError) as error:
                logger.warning("not listening for changes, trying again: %s", error)
            await asyncio.sleep(SUBSCRIBE_AGAIN_S)

    def _is_watched(self, workspace_id: bytes) -> bool:
        wanted = workspace_id.decode("utf-8", "replace")
        return any(watch.workspace_id == wanted for watch in self._watches)


_of_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LiveWorkspaces] = weakref.WeakKeyDictionary()


def live_workspaces() -> LiveWorkspaces:
    """One for each event loop of the process, because its tasks and events belong to one loop."""
    loop = asyncio.get_running_loop()
    if loop not in _of_loop:
        _of_loop[loop] = LiveWorkspaces(
            lambda ids: manager_client().describe(ids),
            lambda ids: manager_client().ports(ids),
            lambda ids: manager_client().activity(ids),
            connect=lambda: connect_async(settings.ENVIRONMENT),
        )
    return _of_loop[loop]
