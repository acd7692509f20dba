"""One connection, which others want while this thread waits for somebody else."""

from __future__ import annotations

from django.db import connection


def release_connection() -> None:
    """Return this thread's connection to the pool, unless a transaction is open. The next query
    takes one again."""
    if not connection.in_atomic_block:
        connection.close()
