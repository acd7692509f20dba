"""CPU for one request: through Envoy alone, through the gateway, and what authorisation costs the backend.

Run by hand: `python -m gateway.tests.cpu`. Prints microseconds of CPU (user and system) for each process, read from
/proc, so that the load of the machine matters little.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis.asyncio
import uvicorn

from backend.gateway.asgi import Gateway
from contract.manager import WorkspaceView
from gateway.render import RateLimit, binary
from gateway.tests.servers import echo
from gateway.tests.stack import MINE, Stack, free_port

REQUESTS = 2_000
ROUNDS = 7
"""Alternating, and the median of each counts: what else runs on the machine then disturbs both alike."""

CONNECTIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")

_PLAIN = """
static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: plain
                route_config: {{virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: task}}}}]}}]}}
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
    - name: task
      load_assignment: {{cluster_name: task, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{pipe: {{path: {path}}}}}}}}}]}}]}}
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          common_http_protocol_options: {{max_requests_per_connection: 1}}
          explicit_http_config: {{http_protocol_options: {{}}}}
"""


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def serve_backend(stack_redis: str, path: str, site: object, views: dict[str, WorkspaceView]) -> None:
    """The gateway in a process of its own, as in the product: uvloop, httptools, no access log."""
    client = redis.asyncio.Redis.from_url(stack_redis)
    application = Gateway(
        echo("django"),
        site=site,
        client=client,
        describe=lambda ids: [views[id_] for id_ in ids if id_ in views],  # type: ignore[arg-type]
    )
    uvicorn.run(application, uds=path, loop="uvloop", http="httptools", access_log=False, log_level="warning")  # type: ignore[arg-type]


@contextlib.contextmanager
def backend_process(stack: Stack) -> Iterator[int]:
    stack.servers.stop("backend")
    url = f"unix://{stack.folder / 'redis.sock'}?db=0"
    arguments = (url, str(stack.settings.backend_socket), stack.site, stack.manager.views)
    process = multiprocessing.get_context("spawn").Process(target=serve_backend, args=arguments)
    process.start()
    try:
        while not _connects(stack.settings.backend_socket):
            time.sleep(0.05)
        yield process.pid or 0
    finally:
        process.terminate()
        process.join(5)


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def load(port: int, request: bytes) -> None:
    """`REQUESTS` requests over `CONNECTIONS` kept connections, a thread each would only measure Python."""
    sockets = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(CONNECTIONS)]
    for _ in range(REQUESTS // CONNECTIONS):
        for one in sockets:
            one.sendall(request)
        for one in sockets:
            head = one.recv(65536)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"unexpected answer: {head[:200]!r}")
            while not head.endswith(b"ok"):
                more = one.recv(65536)
                if not more:
                    raise SystemExit(f"the connection ended within an answer: {head[:200]!r}")
                head += more
    for one in sockets:
        one.close()


def measure(pids: dict[str, int], run: Callable[[], None]) -> dict[str, float]:
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    run()
    return {name: (cpu_s(pid) - before[name]) / REQUESTS * 1e6 for name, pid in pids.items()}


async def _tiny(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def main() -> None:
    stack = Stack()
    unlimited = RateLimit(burst=10**6, per_s=10**6)
    stack.settings = dataclasses.replace(stack.settings, address_limit=unlimited, workspace_limit=unlimited)
    try:
        stack.start()
        task = f"task-{MINE[3:]}abcdef"
        path = stack.settings.run_dir / "tasks" / task / "http.sock"
        stack.servers.stop(task)
        stack.servers.start(task, _tiny, path=path)
        envoy = stack.envoy
        cookie = stack.enter()
        with tempfile.TemporaryDirectory() as folder, backend_process(stack) as backend_pid:
            port = free_port()
            (Path(folder) / "plain.yaml").write_text(_PLAIN.format(port=port, path=path))
            plain = subprocess.Popen(
                [
                    str(binary()),
                    "-c",
                    f"{folder}/plain.yaml",
                    "--concurrency",
                    "1",
                    "--disable-hot-restart",
                    "-l",
                    "error",
                ]
            )
            try:
                time.sleep(1)
                request = f"GET / HTTP/1.1\r\nHost: {stack.host(MINE)}\r\nCookie: a=1; {cookie}\r\nAccept: */*\r\n\r\n".encode()
                alone_rounds: list[dict[str, float]] = []
                whole_rounds: list[dict[str, float]] = []
                gateway = {"envoy": envoy.pid, "authorisation": backend_pid}
                for _ in range(ROUNDS):
                    alone_rounds.append(measure({"envoy": plain.pid}, lambda: load(port, request)))
                    whole_rounds.append(measure(gateway, lambda: load(stack.settings.port, request)))
            finally:
                plain.terminate()
                plain.wait()
        alone, whole = _medians(alone_rounds), _medians(whole_rounds)
        total = whole["envoy"] + whole["authorisation"]
        rss = {name: _rss_mb(pid) for name, pid in (("envoy", envoy.pid),)}
        sys.stdout.write(
            f"envoy plain          {alone['envoy']:6.0f} µs\n"
            f"gateway: envoy       {whole['envoy']:6.0f} µs\n"
            f"gateway: authorising {whole['authorisation']:6.0f} µs\n"
            f"gateway in all       {total:6.0f} µs = {total / alone['envoy']:.2f} x plain\n"
            f"envoy resident       {rss['envoy']:6.1f} MB\n"
        )
    finally:
        stack.close()


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
