"""The servers around Envoy, each in a process of its own so that its CPU can be read."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import redis.asyncio
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.gateway.asgi import Gateway
from backend.gateway.identity import IdentitySigner
from contract.manager import WorkspaceView
from gateway.render import binary
from gateway.tests.servers import echo
from gateway.tests.stack import MINE, Stack
from tests.ports import free_port
from tests.waiting import until

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
                upgrade_configs: [{{upgrade_type: websocket}}]
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
"""Envoy with only a route. As in the product, each upstream connection serves one request."""


async def _tiny(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """The cheapest upstream in Python: it answers two bytes, or sends a message back."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": message["text"]})


def _serve_upstream(path: str) -> None:
    _serve(_tiny, path)


def _serve_backend(redis_url: str, path: str, site: object, views: dict[str, WorkspaceView]) -> None:
    """The authorization as in the product: uvloop, httptools, no access log."""
    application = Gateway(
        echo("django"),
        site=site,  # type: ignore[arg-type]
        client=redis.asyncio.Redis.from_url(redis_url),
        signer=IdentitySigner(Ed25519PrivateKey.generate()),
        describe=lambda ids: [views[id_] for id_ in ids if id_ in views],
        calls_for_help=lambda *_: {},
    )
    _serve(application, path)


def _serve(application: object, path: str) -> None:
    uvicorn.run(
        application,  # type: ignore[arg-type]
        uds=path,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        access_log=False,
        log_level="error",
    )


def task_socket(stack: Stack) -> Path:
    return stack.settings.run_dir / "tasks" / _task(stack) / "http.sock"


def _task(_stack: Stack) -> str:
    return f"task-{MINE[3:]}abcdef"


@contextlib.contextmanager
def upstream(stack: Stack) -> Iterator[int]:
    """Replaces the stack's own server of the task; yields its pid."""
    stack.servers.stop(_task(stack))
    with _process(_serve_upstream, task_socket(stack), str(task_socket(stack))) as pid:
        yield pid


@contextlib.contextmanager
def backend(stack: Stack) -> Iterator[int]:
    stack.servers.stop("backend")
    path = stack.settings.backend_socket
    url = f"unix://{stack.folder / 'redis.sock'}?db=0"
    with _process(_serve_backend, path, url, str(path), stack.site, stack.manager.views) as pid:
        yield pid


@contextlib.contextmanager
def plain_envoy(stack: Stack) -> Iterator[tuple[int, int]]:
    """pid and port."""
    port = free_port()
    configuration = stack.folder / "plain.yaml"
    configuration.write_text(_PLAIN.format(port=port, path=task_socket(stack)))
    options = ("--concurrency", "1", "--disable-hot-restart", "-l", "error")
    process = subprocess.Popen([str(binary()), "-c", str(configuration), *options], stdin=subprocess.DEVNULL)
    try:
        until(lambda: _listens(socket.AF_INET, ("127.0.0.1", port)))
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _process(target: Callable[..., None], path: Path, *arguments: object) -> Iterator[int]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        until(lambda: _listens(socket.AF_UNIX, str(path)))
        assert process.pid is not None
        yield process.pid
    finally:
        process.terminate()
        process.join(5)


def _listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0
