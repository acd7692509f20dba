"""Clients of Redis: one server on one machine, a cluster with a token on AWS (ElastiCache).

A cluster spreads keys over its shards by their names, and refuses one command, transaction or
script over keys of several shards. So keys that belong together share a word in braces, and only
that word is hashed (backend/gateway/access.py). All else is one key a command, or the cache's
(cluster_cache.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis
import redis.asyncio
from redis.exceptions import RedisClusterException

from backend.platform.environment import Environment


@contextmanager
def _as_redis_error() -> Iterator[None]:
    """redis-py's error for 'no shard answers' is not a RedisError, so nobody would catch it."""
    try:
        yield
    except RedisClusterException as error:
        raise redis.ConnectionError(str(error)) from error


class ClusterClient(redis.RedisCluster):
    """Asks for the shards when it is made. Raises RedisError, as a client of one server does."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        with _as_redis_error():
            super().__init__(*arguments, **options)

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        with _as_redis_error():
            return super().execute_command(*arguments, **options)


class AsyncClusterClient(redis.asyncio.RedisCluster):
    """Asks for the shards at its first command, or when it is told to `initialize`."""

    async def initialize(self, *arguments: Any, **options: Any) -> Any:
        with _as_redis_error():
            return await super().initialize(*arguments, **options)

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        with _as_redis_error():
            return await super().execute_command(*arguments, **options)


def connect(environment: Environment, **options: Any) -> redis.Redis:
    """A blocking client. In a cluster it asks for the shards at once, and may raise RedisError."""
    kind: Any = ClusterClient if environment.redis_cluster else redis.Redis
    return cast("redis.Redis", kind.from_url(environment.redis_url, **_with_token(environment, options)))


def connect_async(environment: Environment, **options: Any) -> redis.asyncio.Redis:
    """Connects at its first command. Call `initialize` before subscribing in a cluster."""
    kind: Any = AsyncClusterClient if environment.redis_cluster else redis.asyncio.Redis
    return cast("redis.asyncio.Redis", kind.from_url(environment.redis_url, **_with_token(environment, options)))


def _with_token(environment: Environment, options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "password": environment.redis_token} if environment.redis_token else options
