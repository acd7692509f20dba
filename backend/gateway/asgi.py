"""The raw ASGI part in front of Django: `/_authz` for Envoy, `/_apranova/` for browsers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import redis.asyncio
from redis.exceptions import RedisError

from backend.gateway.access import AccessReader
from backend.gateway.answers import Answer, Receive, Scope, Send, problem, send_answer
from backend.gateway.authorization import AUTHORIZATION_PATH, Authorization
from backend.gateway.changes import Changes
from backend.gateway.endpoints import WorkspaceViews
from backend.gateway.entrance import Entrance
from backend.gateway.help_line import HELP_PATH, Calls, HelpLine
from backend.gateway.identity import IdentitySigner
from backend.gateway.site import Site
from contract.errors import ApraNovaError
from contract.manager import WorkspaceView
from contract.names import GATEWAY_PATH_PREFIX

logger = logging.getLogger(__name__)
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
DescribeBlocking = Callable[[Sequence[str]], Sequence[WorkspaceView]]


class Gateway:
    """Answers the gateway's paths, and hands everything else to `inner`. Keeps the lifespan itself.

    `describe` may block: it is called in a thread, for at most 100 ids, one call at a time. So may
    `calls_for_help`.
    """

    def __init__(
        self,
        inner: Asgi,
        *,
        site: Site,
        client: redis.asyncio.Redis,
        signer: IdentitySigner,
        describe: DescribeBlocking,
        calls_for_help: Calls,
        strangers: Callable[[], bool] = lambda: False,
    ) -> None:
        async def describe_in_thread(workspace_ids: Sequence[str]) -> Sequence[WorkspaceView]:
            return await asyncio.to_thread(describe, workspace_ids)

        self._inner = inner
        self._client = client
        reader = AccessReader(client)
        self._views = WorkspaceViews(describe_in_thread)
        self._authorization = Authorization(site, reader, self._views, signer, strangers=strangers)
        # The door has just seen it running; we may have seen it before that.
        self._entrance = Entrance(site, reader, entered=self._views.forget, is_good=self._authorization.is_good)
        self._help_line = HelpLine(site, reader, calls_for_help)
        self._changes = Changes(
            client, revoked=self._authorization.revoked, changed=self._views.forget, lost=self._forget_all
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if path.startswith(AUTHORIZATION_PATH):
                await send_answer(send, await self._authorize(scope))
                return
            if path == HELP_PATH:
                await send_answer(send, await self._help_line.answer(scope))
                return
            if path.startswith(GATEWAY_PATH_PREFIX):
                await send_answer(send, await self._entrance.answer(scope))
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

    from backend.gateway.calls_for_help import call_for_help
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
        calls_for_help=call_for_help,
        strangers=lambda: settings.ENVIRONMENT.share_with_anyone,
    )
