"""The stream of what the school tells a person: each page that they look at shows it at once.

One task in each process asks the database whether announcements have come or gone, and wakes the
streams. Each of them reads its person's own then, and now and then by itself: somebody may have
joined a cohort.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections
from django.http import HttpRequest, StreamingHttpResponse

from backend.accounts.models import User
from backend.cohorts import announcements
from backend.workspaces import streams
from backend.workspaces.followed import Followed, Rows
from backend.workspaces.followed import open_stream as follow

LOOK_EVERY_S = 2.0

logger = logging.getLogger(__name__)


class Board:
    """What is announced in the school, watched while a page of this process shows it."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Event] = set()
        self._looking: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def waking(self, page: asyncio.Event) -> Iterator[None]:
        self._pages.add(page)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._pages.discard(page)
            if not self._pages and self._looking is not None:
                self._looking.cancel()
                self._looking = None  # it ends a moment later: a page that comes now needs another one

    async def _look(self) -> None:
        known: set[UUID] | None = None
        while True:
            try:
                found = await asyncio.to_thread(_shown)
            except DatabaseError as error:
                logger.warning("announcements are looked at later: %s", error)
            else:
                if found != known:
                    known = found
                    for page in self._pages:
                        page.set()
            await asyncio.sleep(LOOK_EVERY_S)


_of_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Board] = weakref.WeakKeyDictionary()


async def open_stream(
    request: HttpRequest, person: User, tell: Callable[[User], dict[str, Any]]
) -> StreamingHttpResponse:
    """`tell` reads what is announced to the person, as JSON."""
    board = _of_loop.setdefault(asyncio.get_running_loop(), Board())

    def look() -> Rows:
        told = tell(person)
        return Rows((), lambda _: told)

    return await follow(
        request,
        Followed("announcements", look, lambda _: None, look_every_s=streams.HEARTBEAT_S, waking=board.waking),
    )


def _shown() -> set[UUID]:
    try:
        return set(announcements.shown().values_list("pk", flat=True))
    finally:
        connections.close_all()
