"""Limits inside Superset: how long a query may take.

Superset's own time limit is an alarm signal, which does nothing in a thread. Here every connection
to a student's data has a timer that interrupts it; SQL Lab's Stop button does the same.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import NullPool

from images.superset.inside import uploads

QUERY_TIME_MAX_S = 60
INTERRUPTS_FOR_S = 5.0


class TimedPool(NullPool):
    """Connections that are interrupted when they have been open too long."""


class _Open:
    """The connections that are open now, each with its timer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._of_thread: dict[int, str] = {}
        self._by_number: dict[str, tuple[Any, threading.Timer]] = {}

    def opened(self, connection: Any, _record: Any) -> None:
        timer = threading.Timer(QUERY_TIME_MAX_S, _interrupt, (connection,))
        timer.daemon = True
        with self._lock:
            number = str(next(self._numbers))
            self._of_thread[threading.get_ident()] = number
            self._by_number[number] = (connection, timer)
        timer.start()

    def closed(self, connection: Any, _record: Any) -> None:
        with self._lock:
            for number, (each, timer) in list(self._by_number.items()):
                if each is connection:
                    del self._by_number[number]
                    timer.cancel()

    def newest_of_this_thread(self) -> str | None:
        with self._lock:
            number = self._of_thread.get(threading.get_ident())
            return number if number in self._by_number else None

    def interrupt(self, number: str) -> bool:
        with self._lock:
            if number not in self._by_number:
                return False
        threading.Thread(target=self._interrupt_until_closed, args=(number,), daemon=True).start()
        return True

    def _interrupt_until_closed(self, number: str) -> None:
        """An interrupt that comes just before its query begins is lost, so one is not enough."""
        deadline = time.monotonic() + INTERRUPTS_FOR_S
        while time.monotonic() < deadline:
            with self._lock:
                found = self._by_number.get(number)
            if found is None:
                return
            _interrupt(found[0])
            time.sleep(0.1)


def install() -> None:
    """Once for each process, after Superset's engine descriptions can be imported."""
    from superset.db_engine_specs.duckdb import DuckDBEngineSpec
    from superset.db_engine_specs.sqlite import SqliteEngineSpec
    from superset.errors import SupersetErrorType
    from superset.result_set import SupersetResultSet

    SupersetResultSet.convert_table_to_df = staticmethod(_without_threads)

    connections = _Open()
    event.listen(TimedPool, "connect", connections.opened)
    event.listen(TimedPool, "close", connections.closed)
    event.listen(TimedPool, "close_detached", lambda connection: connections.closed(connection, None))

    text = (
        f"The query was stopped after {QUERY_TIME_MAX_S} seconds, the most that one may take here. "
        "Ask for less: filter by date, aggregate, or join fewer rows."
    )
    too_long = (text, SupersetErrorType.SQLLAB_TIMEOUT_ERROR, {})

    def number_of(_specification: Any, _cursor: Any, _query: Any) -> str | None:
        return connections.newest_of_this_thread()

    def cancel(_specification: Any, _cursor: Any, _query: Any, number: str) -> bool:
        return connections.interrupt(number)

    for specification in (SqliteEngineSpec, DuckDBEngineSpec):
        specification.custom_errors = {re.compile(r"(?i)\binterrupted\b"): too_long, **specification.custom_errors}
        specification.get_cancel_query_id = classmethod(number_of)
        specification.cancel_query = classmethod(cancel)


def timed(uri: Any, parameters: dict[str, Any], _username: Any, _security_manager: Any, _source: Any) -> Any:
    """Superset's DB_CONNECTION_MUTATOR: times every connection that writes no uploaded file."""
    from flask import has_request_context, request

    if not (has_request_context() and uploads.takes_a_file(request.path)):
        parameters["poolclass"] = TimedPool
    return uri, parameters


def _without_threads(table: Any) -> Any:
    """As Superset does it, but in this thread: a pool of threads would not survive the fork."""
    import pyarrow as pa

    try:
        return table.to_pandas(integer_object_nulls=True, use_threads=False)
    except pa.lib.ArrowInvalid:
        return table.to_pandas(integer_object_nulls=True, timestamp_as_object=True, use_threads=False)


def _interrupt(connection: Any) -> None:
    with suppress(Exception):  # it may just have been closed
        connection.interrupt()
