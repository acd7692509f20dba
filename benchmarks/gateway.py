"""What the gateway costs: requests per second, CPU per request, round trip of a WebSocket message.

Three ways to the same small upstream: directly, through Envoy with only a route, and through the
gateway (Envoy's whole configuration, which also authorizes each request). They take turns, so that
other load on the machine disturbs all of them alike. CPU is read from /proc.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from benchmarks import charts, gateway_processes
from benchmarks.measure import Findings, Measure, Target
from gateway.render import RateLimit
from gateway.tests.stack import MINE, Stack

CONNECTIONS = 8
MESSAGE = "x" * 100
"""About what VS Code sends for a key press."""
TICKS = os.sysconf("SC_CLK_TCK")
TIMES_PLAIN = Target("median", 3.5)
AUTHORIZATION = Target("median", 200)

Dial = Callable[[], socket.socket]


@dataclasses.dataclass(frozen=True)
class Size:
    rounds: int
    requests: int
    messages: int


FULL = Size(rounds=9, requests=4000, messages=1500)
QUICK = Size(rounds=2, requests=800, messages=200)


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    stack = Stack()
    unlimited = RateLimit(burst=10**6, per_s=10**6)
    stack.settings = dataclasses.replace(stack.settings, address_limit=unlimited, workspace_limit=unlimited)
    try:
        stack.start()
        cookie = stack.enter()
        with (
            gateway_processes.upstream(stack) as upstream_pid,
            gateway_processes.backend(stack) as backend_pid,
            gateway_processes.plain_envoy(stack) as (plain_pid, plain_port),
        ):
            ways = {
                "upstream directly": _Way(_unix(gateway_processes.task_socket(stack)), {"upstream": upstream_pid}),
                "plain Envoy": _Way(_tcp(plain_port), {"Envoy": plain_pid}),
                "gateway": _Way(_tcp(stack.settings.port), {"Envoy": stack.envoy.pid, "authorization": backend_pid}),
            }
            for _ in range(size.rounds):
                for way in ways.values():
                    way.requests(stack, cookie, size.requests)
                for way in ways.values():
                    way.messages(stack, cookie, size.messages)
    finally:
        stack.close()
    return _findings(ways, size)


class _Way:
    """One way to the upstream, and its samples."""

    def __init__(self, dial: Dial, pids: dict[str, int]) -> None:
        self._dial = dial
        self._pids = pids
        self.per_s: list[float] = []
        self.cpu_us: dict[str, list[float]] = defaultdict(list)
        self.round_trip_us: list[float] = []

    def requests(self, stack: Stack, cookie: str, count: int) -> None:
        """`count` requests over a few connections. Threads would only measure Python's lock."""
        request = f"GET / HTTP/1.1\r\nHost: {stack.host(MINE)}\r\nCookie: a=1; {cookie}\r\nAccept: */*\r\n\r\n".encode()
        sockets = [self._dial() for _ in range(CONNECTIONS)]
        before = {name: _cpu_s(pid) for name, pid in self._pids.items()}
        began = time.perf_counter()
        for _ in range(count // CONNECTIONS):
            for one in sockets:
                one.sendall(request)
            for one in sockets:
                _read_answer(one)
        took_s = time.perf_counter() - began
        for one in sockets:
            one.close()
        self.per_s.append(count / took_s)
        for name, pid in self._pids.items():
            self.cpu_us[name].append((_cpu_s(pid) - before[name]) / count * 1e6)

    def messages(self, stack: Stack, cookie: str, count: int) -> None:
        with self._websocket(stack, cookie) as websocket:
            for _ in range(count):
                began = time.perf_counter()
                websocket.send(MESSAGE)
                websocket.recv()
                self.round_trip_us.append((time.perf_counter() - began) * 1e6)

    def _websocket(self, stack: Stack, cookie: str) -> ClientConnection:
        return connect(
            f"ws://{stack.host(MINE)}/socket",
            sock=self._dial(),
            origin=stack.origin(MINE),  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie},
            compression=None,
            proxy=None,
        )


def _unix(path: Path) -> Dial:
    def dial() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        connection.connect(str(path))
        return connection

    return dial


def _tcp(port: int) -> Dial:
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=10)


def _read_answer(connection: socket.socket) -> None:
    answer = connection.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"unexpected answer: {answer[:200]!r}")
    while not answer.endswith(b"ok"):
        more = connection.recv(65536)
        if not more:
            raise RuntimeError(f"the connection ended within an answer: {answer[:200]!r}")
        answer += more


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _findings(ways: dict[str, _Way], size: Size) -> Findings:
    plain, gateway = ways["plain Envoy"].cpu_us["Envoy"], ways["gateway"].cpu_us
    whole = [sum(parts) for parts in zip(gateway["Envoy"], gateway["authorization"], strict=True)]
    times = [gateway_us / plain_us for gateway_us, plain_us in zip(whole, plain, strict=True)]
    measures = [Measure(f"requests/s, {name}", "1/s", way.per_s) for name, way in ways.items()]
    measures += [
        Measure("CPU per request, plain Envoy", "µs", plain),
        Measure("CPU per request, gateway's Envoy", "µs", gateway["Envoy"]),
        Measure("CPU per request, authorization", "µs", gateway["authorization"], AUTHORIZATION),
        Measure("CPU per request, gateway in all", "µs", whole),
        Measure("gateway in all / plain Envoy", "×", times, TIMES_PLAIN, note="ratio within each round"),
    ]
    measures += [Measure(f"WebSocket round trip, {name}", "µs", way.round_trip_us) for name, way in ways.items()]
    return Findings("Gateway: what it costs", measures, details={**vars(size), "connections": CONNECTIONS})


def plot(findings: Findings, path: Path) -> None:
    median = {measure.name: measure.summary()["median"] for measure in findings.measures}
    plain = median["CPU per request, plain Envoy"]
    trips = [measure for measure in findings.measures if measure.name.startswith("WebSocket")]
    with charts.figure(path, "What the gateway costs", rows=3) as (cpu, rate, round_trip):
        rows = [
            ("plain Envoy", {"Envoy": plain}),
            (
                "gateway",
                {
                    "Envoy": median["CPU per request, gateway's Envoy"],
                    "authorization": median["CPU per request, authorization"],
                },
            ),
        ]
        charts.stacks(cpu, rows, "CPU per request, median of rounds (red: 3.5 × plain)", "microseconds")
        charts.limit(cpu, 1, TIMES_PLAIN.most * plain)
        rates = [measure for measure in findings.measures if measure.name.startswith("requests/s")]
        charts.dots(rate, rates, f"Requests a second over {CONNECTIONS} connections, client on the same cores", "1/s")
        charts.bands(round_trip, trips, "WebSocket round trip of 100 bytes (5th to 95th percentile)", "microseconds")
