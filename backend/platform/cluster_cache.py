"""Django's cache in a Redis cluster: its own client knows single servers only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from backend.platform.redis_connections import ClusterClient


class RedisClusterCacheClient(RedisCacheClient):
    """Django's client, but several keys are read shard by shard, not in one step."""

    _serializer: Any

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers)
        self._url = servers[0]
        self._connect_options = options

    @cached_property
    def _cluster(self) -> Any:
        return ClusterClient.from_url(self._url, **self._connect_options)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:  # noqa: ARG002 (Django's signature)
        return self._cluster

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        wanted = list(keys)
        values = self._cluster.mget_nonatomic(wanted) if wanted else []
        return {
            key: self._serializer.loads(value) for key, value in zip(wanted, values, strict=True) if value is not None
        }

    def set_many(self, data: Mapping[Any, Any], timeout: Any) -> None:
        for key, value in data.items():
            self.set(key, value, timeout)


class RedisClusterCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = RedisClusterCacheClient
