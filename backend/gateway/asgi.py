"""The raw ASGI part in front of Django: `/_authz` for Envoy, `/_apranova/` for browsers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from urllib.parse import parse_qs

import redis.asyncio
from redis.exceptions import RedisError

from backend.gateway.access import AccessReader
from backend.gateway.answers import Answer, Receive, Scope, Send, page, problem, redirect, send_answer
from backend.gateway.authorization import AUTHORIZATION_PATH, Authorization
from backend.gateway.changes import Changes
from backend.gateway.endpoints import WorkspaceViews
from backend.gateway.identity import IdentitySigner
from backend.gateway.site import Site
from contract.door import Link, Page
from contract.door_page import content_security_policy, render
from contract.errors import ApraNovaError
from contract.manager import WorkspaceView
from contract.names import GATEWAY_PATH_PREFIX

TICKET_LENGTH_MAX = 64

logger = logging.getLogger(__name__)
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
DescribeBlocking = Callable[[Sequence[str]], Sequence[WorkspaceView]]


class Gateway:
    """Answers the gateway's paths, and hands everything else to `inner`. Keeps the lifespan itself.

    `describe` may block: it is called in a thread, for at most 100 ids, one call at a time.
    """

    def __init__(
        self,
        inner: Asgi,
        *,
        site: Site,
        client: redis.asyncio.Redis,
        signer: IdentitySigner,
        describe: DescribeBlocking,
    ) -> None:
        async def describe_in_thread(workspace_ids: Sequence[str]) -> Sequence[WorkspaceView]:
            return await asyncio.to_thread(describe, workspace_ids)

        self._inner = inner
        self._site = site
        self._client = client
        self._reader = AccessReader(client)
        self._views = WorkspaceViews(describe_in_thread)
        self._authorization = Authorization(site, self._reader, self._views, signer)
        self._changes = Changes(
            client, revoked=self._authorization.revoked, changed=self._views.forget, lost=self._forget_all
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if path == AUTHORIZATION_PATH:
                await send_answer(send, await self._authorize(scope))
                return
            if path.startswith(GATEWAY_PATH_PREFIX):
                await send_answer(send, await self._own_page(scope))
                return
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await self._inner(scope, receive, send)

    async def _authorize(self, scope: Scope) -> Answer:
        try:
            return await self._authorization.answer(scope)
        except (RedisError, ApraNovaError, OSError) as error:
            logger.warning("cannot authorize now: %s", error)
            return problem(503, "unavailable", "The platform cannot check your access right now.")

    async def _own_page(self, scope: Scope) -> Answer:
        headers = dict(scope["headers"])
        workspace_id = self._site.find_workspace_id(headers.get(b"host", b"").decode("latin-1"))
        if workspace_id is None or scope["path"] != f"{GATEWAY_PATH_PREFIX}enter":
            return self._page(404, "Nothing is here", "The address may be mistyped.", workspace_id)
        if scope["method"] != "GET" or headers.get(b"sec-purpose", b"").startswith(b"prefetch"):
            return self._page(405, "This link works by opening it", "Open it in a browser's tab.", workspace_id)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        ticket = query.get("ticket", [""])[0]
        try:
            token = None
            if 0 < len(ticket) <= TICKET_LENGTH_MAX:
                token = await self._reader.trade_ticket(ticket, workspace_id=workspace_id)
        except (RedisError, OSError) as error:
            logger.warning("cannot trade a ticket now: %s", error)
            return self._page(503, "One moment", "The platform cannot check your access right now.", workspace_id)
        if token is None:
            text = "Such a link opens the workspace once, within a minute. Open the workspace again to get a new one."
            return self._page(410, "This link is used up", text, workspace_id)
        self._views.forget(workspace_id)  # the door has just seen it running; we may have seen it before that
        answer = redirect("/")
        secure = "; Secure" if self._site.is_https else ""
        cookie = f"{self._site.workspace_cookie}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"
        answer.headers.append((b"set-cookie", cookie.encode()))
        return answer

    def _page(self, status: int, title: str, text: str, workspace_id: str | None) -> Answer:
        door = Link(self._site.door_url(workspace_id), "Open the workspace")
        html = render(Page(HTTPStatus(status), title, (text,), link=door), now=0.0)
        return page(status, html, content_security_policy=content_security_policy())

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._changes.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._changes.aclose()
                await self._views.aclose()
                await self._client.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _forget_all(self) -> None:
        self._authorization.forget_all()
        self._views.forget_all()


def application(inner: Asgi) -> Gateway:
    """The gateway of this process, built from Django's settings."""
    from django.conf import settings

    from backend.gateway.wiring import site
    from backend.platform.redis_connections import connect_async
    from backend.workspaces.manager_client import manager_client

    client = connect_async(settings.ENVIRONMENT, socket_connect_timeout=2, health_check_interval=30)
    return Gateway(
        inner,
        site=site(),
        client=client,
        signer=IdentitySigner(settings.ENVIRONMENT.identity_private_key),
        describe=lambda ids: manager_client().describe(ids).workspaces,
    )
