"""Small real servers behind Envoy: a portal, the backend's inside, a workspace's application."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn

from tests.waiting import until

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


async def _answer(
    send: Any, body: bytes, *, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers or []})
    await send({"type": "http.response.body", "body": body})


def echo(name: str) -> Asgi:
    """Says what it was asked, and who it is."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await _echo_messages(receive, send, scope)
            return
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path.endswith("/events"):
            await _events(send)
            return
        size = 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        headers = [(b"content-type", b"application/json")]
        if path == "/set-cookies":
            headers += [
                (b"set-cookie", b"plain=1; Path=/; HttpOnly"),
                (b"set-cookie", b"wide=1; Domain=ws.localhost; Path=/"),
                (b"set-cookie", b"wider=1;path=/;DOMAIN = .localhost ;Secure"),
                (b"set-cookie", b"last=1; domain"),
                (b"set-cookie", b"Apranova_Workspace=stolen; Path=/"),
                (b"set-cookie", b"__Host-apranova_workspace=stolen; Path=/; Secure"),
            ]
        seen = {
            "server": name,
            "method": scope["method"],
            "path": scope["raw_path"].decode()
            + ("?" + scope["query_string"].decode() if scope["query_string"] else ""),
            "headers": [[key.decode(), value.decode("latin-1")] for key, value in scope["headers"]],
            "bytes": size,
        }
        await _answer(send, json.dumps(seen).encode(), headers=headers)

    return application


async def _echo_messages(receive: Any, send: Any, scope: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    headers = [[key.decode(), value.decode("latin-1")] for key, value in scope["headers"]]
    await send({"type": "websocket.send", "text": json.dumps(headers)})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": message.get("text")})


async def _events(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for number in range(3):
        await send({"type": "http.response.body", "body": f"data: {number}\n\n".encode(), "more_body": True})
        await asyncio.sleep(0.15)
    await send({"type": "http.response.body", "body": b""})


class Servers:
    """Any number of applications, each served by a thread until it is stopped."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[uvicorn.Server, threading.Thread]] = {}

    def start(self, name: str, application: Asgi, *, path: Path | None = None, port: int | None = None) -> None:
        where: dict[str, Any] = {"uds": str(path)} if path else {"host": "127.0.0.1", "port": port}
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="websockets-sansio",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
            **where,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name=name, daemon=True)
        thread.start()
        until(lambda: server.started, f"{name} does not start")
        self._running[name] = (server, thread)

    def stop(self, name: str) -> None:
        server, thread = self._running.pop(name)
        server.should_exit = True
        thread.join(10)

    def close(self) -> None:
        for name in list(self._running):
            self.stop(name)
