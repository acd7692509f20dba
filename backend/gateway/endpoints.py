"""The manager's views of workspaces, kept for two seconds and requested in batches."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from contract.errors import ApraNovaError
from contract.manager import WorkspaceView
from contract.names import WorkspaceState

FRESH_S = 2.0
REFRESH_AHEAD_S = 1.0
"""A view in use is requested again at this age: an active workspace never waits for the manager."""
STALE_MAX_S = 600.0
"""How old a view may be while the manager does not answer: its crash must not end students' work.

A task that ended meanwhile refuses the connection, and somebody else's refuses the launch secret.
"""
ANSWER_WITHIN_S = 1.5
"""A manager that hangs is like one that does not answer."""
KEPT_MAX = 4096
ASKED_AT_ONCE_MAX = 100

logger = logging.getLogger(__name__)
Describe = Callable[[Sequence[str]], Awaitable[Sequence[WorkspaceView]]]


@dataclass(slots=True)
class _Kept:
    view: WorkspaceView
    seen_at: float
    refresh_at: float
    good_until: float
    used: bool = False


class WorkspaceViews:
    """Keeps only running workspaces: any other may be running the next moment."""

    def __init__(self, describe: Describe, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._describe = describe
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._wanted: dict[str, asyncio.Future[WorkspaceView | None]] = {}
        self._in_flight: set[str] = set()
        self._forgotten: set[str] = set()
        """Of those in flight: they changed while the manager was being asked."""
        self._asking: asyncio.Task[None] | None = None

    def peek(self, workspace_id: str) -> WorkspaceView | None:
        """The view, if it is known and fresh."""
        kept = self._kept.get(workspace_id)
        if kept is None:
            return None
        now = self._clock()
        if now >= kept.good_until:
            return None
        kept.used = True
        if now >= kept.refresh_at and workspace_id not in self._wanted:
            self._want(workspace_id)
        return kept.view

    async def find(self, workspace_id: str) -> WorkspaceView | None:
        """The view. None: unknown to the manager. Raises ApraNovaError(MANAGER_UNAVAILABLE)."""
        view = self.peek(workspace_id)
        if view is not None:
            return view
        answer = asyncio.shield(self._want(workspace_id))
        stale = self._kept.get(workspace_id)
        if stale is None or self._clock() - stale.seen_at >= STALE_MAX_S:
            return await answer
        try:
            return await asyncio.wait_for(answer, ANSWER_WITHIN_S)
        except TimeoutError:
            return stale.view

    def forget(self, workspace_id: str) -> None:
        """It changed: what is known, or is being asked right now, is no longer good."""
        self._kept.pop(workspace_id, None)
        if workspace_id in self._in_flight:
            self._forgotten.add(workspace_id)

    def forget_all(self) -> None:
        self._kept.clear()
        self._forgotten |= self._in_flight

    async def aclose(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _want(self, workspace_id: str) -> asyncio.Future[WorkspaceView | None]:
        future = self._wanted.get(workspace_id)
        if future is None:
            future = self._wanted[workspace_id] = asyncio.get_running_loop().create_future()
            future.add_done_callback(_retrieve)
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
        return future

    async def _ask(self) -> None:
        while self._wanted:
            wanted = list(self._wanted)[:ASKED_AT_ONCE_MAX]
            # Others in use are refreshed along: a hundred active workspaces cost one call.
            along = [id_ for id_, kept in self._kept.items() if kept.used and id_ not in self._wanted]
            ids = wanted + along[: ASKED_AT_ONCE_MAX - len(wanted)]
            self._in_flight, self._forgotten = set(ids), set()
            asked_at = self._clock()
            try:
                views = {view.workspace_id: view for view in await self._describe(ids)}
            except Exception as error:
                if not isinstance(error, ApraNovaError):
                    logger.exception("asking the manager about workspaces failed")
                for workspace_id in wanted:
                    self._answer_without_manager(workspace_id, error)
                continue
            for workspace_id in ids:
                if workspace_id in self._forgotten:
                    continue  # asked before the change: whoever waits gets the next answer
                view = views.get(workspace_id)
                self._keep(workspace_id, view, asked_at)
                if (future := self._wanted.pop(workspace_id, None)) and not future.done():
                    future.set_result(view)

    def _keep(self, workspace_id: str, view: WorkspaceView | None, asked_at: float) -> None:
        self._kept.pop(workspace_id, None)
        if view is None or view.state is not WorkspaceState.RUNNING or view.endpoint is None:
            return
        while len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[workspace_id] = _Kept(view, asked_at, asked_at + REFRESH_AHEAD_S, asked_at + FRESH_S)

    def _answer_without_manager(self, workspace_id: str, error: Exception) -> None:
        future = self._wanted.pop(workspace_id)
        kept = self._kept.get(workspace_id)
        now = self._clock()
        if kept is not None and now - kept.seen_at < STALE_MAX_S:
            kept.refresh_at, kept.good_until = now + REFRESH_AHEAD_S, now + FRESH_S
            if not future.done():
                future.set_result(kept.view)
        elif not future.done():
            future.set_exception(error)


def _retrieve(future: asyncio.Future[WorkspaceView | None]) -> None:
    """Nobody may be waiting for a refresh; mark its exception as retrieved."""
    if not future.cancelled():
        future.exception()
