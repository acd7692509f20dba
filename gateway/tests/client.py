"""A client that sends exactly what it is told: any path, any Host, no cookies of its own."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from websockets.sync.client import ClientConnection, connect

HTML = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = self.header_list(name)
        return ", ".join(values) if values else None

    def header_list(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def seen(self) -> dict[str, Any]:
        """What the echo server behind Envoy saw."""
        return json.loads(self.body)

    def seen_header(self, name: str) -> str | None:
        values = [value for key, value in self.seen["headers"] if key == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True)
class Client:
    port: int

    def ask(
        self,
        host: str,
        path: str = "/",
        *,
        method: str = "GET",
        headers: dict[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        connection._validate_path = lambda url: None  # type: ignore[attr-defined]
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in headers.items() if isinstance(headers, dict) else headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def websocket(
        self, host: str, path: str = "/socket", *, origin: str | None, headers: dict[str, str] | None = None
    ) -> ClientConnection:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return connect(
            f"ws://{host}{path}",
            sock=raw,
            origin=origin,  # type: ignore[arg-type]
            additional_headers=headers,
            compression=None,
            proxy=None,
            open_timeout=5,
        )
