"""*I need help* inside VS Code: `/_apranova/help` on a workspace's host.

    GET     whether the student asks for help
    PUT     ask for help
    DELETE  take it back

The call comes from the student's own browser, by the cookie that opens the workspace, as the
portal's comes by the portal's session. A program in the workspace has no such cookie. What runs in
the editor's page can do what the page can: call for the student of this workspace, or take that
back. A visitor's cookie is refused, so that student code cannot call from an instructor's browser;
so is every other origin's page, also that of a port.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from redis.exceptions import RedisError

from backend.gateway.access import Access, AccessReader, digest
from backend.gateway.answers import Answer, Scope, problem
from backend.gateway.authorization import split_cookies
from backend.gateway.decision import Asked, is_from_own_origin
from backend.gateway.site import Place, Site
from backend.platform.problems import ProblemError
from contract.names import GATEWAY_PATH_PREFIX

HELP_PATH = f"{GATEWAY_PATH_PREFIX}help"
_THREADS_MAX = 4
_WAITING_MAX = 20
"""Calls of one person that wait: each of their windows asks once when something changed."""

logger = logging.getLogger(__name__)
Calls = Callable[[Access, str], dict[str, Any]]


@dataclass
class _Turns:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class HelpLine:
    """One call of a person at a time, so that a program that calls without a pause holds up nobody
    else."""

    def __init__(self, site: Site, reader: AccessReader, calls: Calls) -> None:
        """`calls` may block; it carries out the method and says what is true then."""
        self._site = site
        self._reader = reader
        # Threads of its own: those of the event loop look up what every request needs.
        threads = ThreadPoolExecutor(_THREADS_MAX, thread_name_prefix="help")
        self._calls = sync_to_async(calls, thread_sensitive=False, executor=threads)
        self._turns: dict[str, _Turns] = {}

    async def answer(self, scope: Scope) -> Answer:
        try:
            access = await self._caller(scope)
            async with self._turn_of(access.user_id):
                state = await self._calls(access, scope["method"])
        except ProblemError as error:
            return problem(error.status, error.reason, error.detail)
        except (RedisError, OSError) as error:
            logger.warning("cannot hear a call for help now: %s", error)
            return problem(503, "unavailable", "The platform cannot check your access right now.")
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        return Answer(200, headers, json.dumps(state).encode())

    @contextlib.asynccontextmanager
    async def _turn_of(self, user_id: str) -> AsyncIterator[None]:
        """Raises ProblemError when too many of their calls wait."""
        turns = self._turns.setdefault(user_id, _Turns())
        if turns.waiting >= _WAITING_MAX:
            raise ProblemError(429, "too_many_requests", "You ask too often. Try again in a moment.")
        turns.waiting += 1
        try:
            async with turns.lock:
                yield
        finally:
            turns.waiting -= 1
            if not turns.waiting:
                del self._turns[user_id]

    async def _caller(self, scope: Scope) -> Access:
        """The owner of the workspace, in its page. Raises ProblemError."""
        asked = _read(scope)
        if asked.method not in ("GET", "PUT", "DELETE"):
            raise ProblemError(405, "method_not_allowed", "Ask by GET, PUT or DELETE.")
        place = self._site.find_place(asked.host)
        if place is None or place.port:
            raise ProblemError(404, "not_found", "No workspace has this address.")
        if not is_from_own_origin(asked, self._site.origin_of(place).encode()):
            raise ProblemError(403, "foreign_origin", "Help is asked for by the workspace's own page.")
        access = await self._find_access(scope, place)
        if access is None:
            raise ProblemError(401, "not_entered", "Enter the workspace first.")
        if access.share:
            raise ProblemError(403, "visitor", "Only the student of this workspace asks for help.")
        return access

    async def _find_access(self, scope: Scope, place: Place) -> Access | None:
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        tokens, _ = split_cookies(cookies, self._site.workspace_cookie.encode())
        if len(tokens) != 1:
            return None
        access = await self._reader.find(digest(tokens[0]))
        return access if access is not None and access.place == place else None


def _read(scope: Scope) -> Asked:
    headers = dict(scope["headers"])
    return Asked(
        method=scope["method"],
        host=headers.get(b"host", b"").decode("latin-1"),
        origin=headers.get(b"origin", b""),
        fetch_site=headers.get(b"sec-fetch-site", b""),
        fetch_mode=headers.get(b"sec-fetch-mode", b""),
        fetch_dest=headers.get(b"sec-fetch-dest", b""),
    )
