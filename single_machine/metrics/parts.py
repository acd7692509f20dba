"""What the running parts say about themselves, asked at the moment of a scrape.

A part that does not answer is a finding (`apranova_part_up` is 0), and never an error: the other
parts' figures are worth most then.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 3.0
_ENVOY_STATS = "/stats?format=json&filter=^(http\\.gateway\\.downstream_|by_address\\.|by_workspace\\.)"
_BAD_ANSWERS = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True)
class Parts:
    up: Mapping[str, bool] = field(default_factory=dict)
    """Part → whether it answered."""
    manager: bytes = b""
    """Text in Prometheus' format."""
    backend: bytes = b""
    gateway: Mapping[str, int] = field(default_factory=dict)
    """Envoy's name of a figure → the figure."""


def ask_parts(*, manager_endpoint: str, backend_socket: Path, envoy_socket: Path, host: str) -> Parts:
    """`host`: by which browsers reach the school."""
    manager = _ask_manager(manager_endpoint)
    backend = _get(_UnixConnection(backend_socket), "/metrics")
    gateway = _gateway_figures(envoy_socket)
    up = {"manager": bool(manager), "backend": bool(backend), "gateway": bool(gateway)}
    return Parts({**up, **_health(backend_socket, host)}, manager, backend, gateway)


def _ask_manager(endpoint: str) -> bytes:
    address = urlsplit(endpoint)
    return _get(http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S), "/metrics")


def _health(backend_socket: Path, host: str) -> dict[str, bool]:
    """PostgreSQL and Redis, as the backend reaches them."""
    names = {"database": "postgresql", "redis": "redis"}
    with contextlib.suppress(*_BAD_ANSWERS):
        connection = _UnixConnection(backend_socket)
        connection.request("GET", "/api/health/", headers={"Host": host})
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
        connection.close()
        return {part: found[name]["state"] == "up" for name, part in names.items() if name in found}
    return dict.fromkeys(names.values(), False)


def _gateway_figures(admin_socket: Path) -> dict[str, int]:
    with contextlib.suppress(*_BAD_ANSWERS):
        found = json.loads(_get(_UnixConnection(admin_socket), _ENVOY_STATS))
        return {one["name"]: int(one["value"]) for one in found["stats"] if "value" in one}
    return {}


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    """The body; empty when there is none."""
    with contextlib.closing(connection), contextlib.suppress(*_BAD_ANSWERS):
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.read() if answer.status == http.client.OK else b""
    return b""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(self._path))
