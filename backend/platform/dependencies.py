"""Whether the databases that the backend needs answer: for health, and for the console."""

from __future__ import annotations

import functools
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection

from backend.platform.redis_connections import connect


@functools.cache
def _redis() -> redis.Redis:
    return connect(settings.ENVIRONMENT, socket_timeout=1, socket_connect_timeout=1)


def ask_database() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


def ask_redis() -> object:
    return _redis().ping()


def failure_of(ask: Callable[[], object]) -> str:
    """The name of what went wrong; empty: it answers."""
    try:
        ask()
    except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
        return type(error).__name__
    return ""
