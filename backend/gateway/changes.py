"""Listens to Redis, so that the next request meets a revoked access or a stopped workspace."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import redis.asyncio
from redis.exceptions import RedisError

from backend.gateway.access import REVOKED_CHANNEL
from backend.workspaces.announcements import CHANNEL as CHANGED_CHANNEL

SUBSCRIBE_AGAIN_S = 0.5
PING_EVERY_S = 10.0

logger = logging.getLogger(__name__)


class Changes:
    """Drops everything cached whenever the subscription begins or breaks.

    While it is broken, the caches' own two seconds are the limit.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        *,
        revoked: Callable[[str], None],
        changed: Callable[[str], None],
        lost: Callable[[], None],
    ) -> None:
        self._client = client
        self._revoked = revoked
        self._changed = changed
        self._lost = lost
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Idempotent; needs a running event loop."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as error:
                logger.warning("not listening for revocations, trying again: %s", error)
            self._lost()
            await asyncio.sleep(SUBSCRIBE_AGAIN_S)

    async def _listen_once(self) -> None:
        await self._client.initialize()
        async with self._client.pubsub() as channel:
            await channel.subscribe(REVOKED_CHANNEL, CHANGED_CHANNEL)
            while True:
                message = await channel.get_message(timeout=PING_EVERY_S)
                if message is None:
                    await channel.ping()  # a connection that died silently must not look like a quiet one
                elif message["type"] == "subscribe":
                    self._lost()  # what was revoked before we listened was not heard
                elif message["type"] == "message":
                    value = message["data"].decode("utf-8", "replace")
                    (self._revoked if message["channel"].decode() == REVOKED_CHANNEL else self._changed)(value)
