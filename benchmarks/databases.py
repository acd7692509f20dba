"""A workspace's databases: how long the first connection waits, what a query costs, the memory.

The image, the agent, the servers and the clients are real. Namespaces are the sandbox's (user,
network, processes); its file system is this machine's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from images.tests import desk as desks
from images.vscode.build import KIND
from images.vscode.tests.sandboxed_desk import SandboxedDesk
from tests.waiting import until

FIRST = Target("median", 1.5)
IDLE = Target("median", 25.0)
SETTLE_S = 5.0
"""After a connection has closed, its process ends."""


@dataclass(frozen=True)
class Size:
    homes: int
    queries: int


FULL, QUICK = Size(homes=10, queries=2_000), Size(homes=2, queries=200)


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    new, known, memory, redis_new, redis_memory = [], [], [], [], []
    through, direct = [], []
    for number in range(size.homes):
        with opened() as desk:
            new.append(_connection_s(desk))
            desk.sql("CREATE TABLE t AS SELECT generate_series(1, 10000) n")
            desk.stop()
            desk.launch()
            known.append(_connection_s(desk))
            redis_new.append(_seconds(lambda desk=desk: desk.run("redis-cli ping")))
            time.sleep(SETTLE_S)
            memory.append(_memory_mb(desk, "postgres"))
            redis_memory.append(_memory_mb(desk, "redis-server"))
            if number == 0:
                through, direct = _queries_ms(desk, size.queries)
    return Findings(
        "A workspace's databases",
        (
            Measure("PostgreSQL, first connection of a home", "s", new, FIRST, "copies the empty one"),
            Measure("PostgreSQL, first connection of a session", "s", known, FIRST),
            Measure("Redis, first command of a home", "s", redis_new, note="with the start of redis-cli"),
            Measure("PostgreSQL, nobody connected", "MB", memory, IDLE, "PSS of all its processes"),
            Measure("Redis, nobody connected", "MB", redis_memory, note="PSS"),
            Measure("SELECT 1, by the agent", "ms", through),
            Measure("SELECT 1, at the server's own socket", "ms", direct),
        ),
    )


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=3) as (wait, memory, query):
        for axes, unit, title in (
            (wait, "s", "Until the first answer"),
            (memory, "MB", "Memory (PSS) while nobody is connected"),
            (query, "ms", "A query"),
        ):
            charts.dots(axes, [measure for measure in findings.measures if measure.unit == unit], title, unit)


@contextmanager
def opened(kind_of_desk: type[SandboxedDesk] = SandboxedDesk) -> Iterator[SandboxedDesk]:
    image = desks.built(KIND)
    with desks.short_folder() as folder:
        desk = kind_of_desk(image, folder)
        yield desk
        desk.close()


def _connection_s(desk: SandboxedDesk) -> float:
    """Until the first answer to a query; the driver is loaded already."""
    return _seconds(lambda: _connect(str(desk.task.log.parent)).close())


def _connect(folder: str) -> psycopg.Connection[tuple[int]]:
    connection: psycopg.Connection[tuple[int]] = psycopg.connect(
        host=folder, user="postgres", dbname="postgres", autocommit=True
    )
    connection.execute("SELECT 1")
    return connection


def _queries_ms(desk: SandboxedDesk, count: int) -> tuple[list[float], list[float]]:
    """The two ways take turns."""
    (own,) = desk.task.log.parent.glob("task-*/postgresql")
    times: tuple[list[float], list[float]] = ([], [])
    with _connect(str(desk.task.log.parent)) as by_agent, _connect(str(own)) as direct:
        for _ in range(count):
            for connection, took in zip((by_agent, direct), times, strict=True):
                took.append(1e3 * _seconds(lambda connection=connection: connection.execute("SELECT 1")))
    return times


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory_mb(desk: SandboxedDesk, program: str) -> float:
    until(lambda: desk.processes(program))
    return sum(process.memory_full_info().pss for process in desk.processes(program)) / 1e6
