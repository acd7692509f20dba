"""A student's API, served by uvicorn: a WebSocket, an event stream, uploads, cookies, CORS."""

from __future__ import annotations

import asyncio
import json
from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _echo(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)


async def _echo(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text")})


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    seen = {name.decode(): value.decode() for name, value in scope["headers"]}
    size = 0
    while scope["method"] in ("POST", "PUT"):
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = [(b"access-control-allow-credentials", b"true"), (b"set-cookie", b"api=1; Path=/; Domain=ws.localhost")]
    # As `cors({origin: "http://localhost:5173"})` in a student's code.
    headers.append((b"access-control-allow-origin", b"http://localhost:5173"))
    match scope["path"]:
        case "/moved":
            await _send(send, 302, [*headers, (b"location", b"http://localhost:8000/where")], b"")
        case "/events":
            await _send_events(send, [*headers, (b"content-type", b"text/event-stream")])
        case "/page":
            await _send(send, 200, [(b"content-type", b"text/html")], b"<h1>A student's page</h1>")
        case _:
            body = json.dumps({"headers": seen, "method": scope["method"], "bytes": size}).encode()
            await _send(send, 200, [*headers, (b"content-type", b"application/json")], body)


async def _send(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_events(send: Any, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in range(3):
        await send({"type": "http.response.body", "body": f"data: {number}\n\n".encode(), "more_body": True})
        await asyncio.sleep(0.3)
    await send({"type": "http.response.body", "body": b""})
