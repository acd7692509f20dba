"""Tells every process of the backend that a workspace changed, so that live views look at once."""

from __future__ import annotations

import functools
import logging

import redis
from django.conf import settings

from backend.platform.redis_connections import connect

CHANNEL = "apranova:workspaces:changed"

logger = logging.getLogger(__name__)


@functools.cache
def _redis() -> redis.Redis:
    return connect(settings.ENVIRONMENT, socket_timeout=1, socket_connect_timeout=1)


def announce(workspace_id: str) -> None:
    """Publish the id. Losing it costs a few seconds of freshness, so failures are only logged."""
    try:
        _redis().publish(CHANNEL, workspace_id)
    except redis.RedisError as error:
        logger.warning("could not announce a change of %s: %s", workspace_id, error)
