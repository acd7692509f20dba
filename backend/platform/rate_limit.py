"""How often something may be tried, counted in Redis."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    amount: int
    seconds: int


def take(key: str, limit: Limit) -> bool:
    """Count one try, in one atomic step. False: it is one too many.

    allauth's own counters lock, and a class that comes at once would wait for the lock.
    """
    cache.add(key, 0, limit.seconds)
    try:
        return cache.incr(key) <= limit.amount
    except ValueError:  # it expired between the two steps
        return True
