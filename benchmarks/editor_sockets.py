"""WebSockets as VS Code's page opens them to its server, without a page.

The first words of its protocol (13 bytes of type, id, acknowledged id and length, big-endian; then
JSON): the page says `auth`, the server answers `sign`. Then the server waits for more, and so the
socket stays open for as long as we like.
Source: microsoft/vscode, `src/vs/base/parts/ipc/common/ipc.net.ts`, `src/vs/server/node/`.
"""

from __future__ import annotations

import json
import socket
import struct
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.school import Unexpected

HEADER = struct.Struct(">BIII")
CONTROL = 2
AUTH = {"type": "auth", "auth": "00000000000000000000", "data": ""}
WITHIN_S = 30.0


@dataclass(frozen=True)
class Door:
    """Where a signed-in student's VS Code takes WebSockets."""

    url: str
    """Of VS Code's first page; `http`, on this machine."""
    cookies: httpx.Cookies

    def open(self) -> ClientConnection:
        """A socket whose server has answered its first word."""
        url = urlsplit(self.url)
        query = f"reconnectionToken={uuid.uuid4()}&reconnection=false&skipWebSocketFrames=false"
        opened = connect(
            f"ws://{url.netloc}{url.path}?{query}",
            sock=socket.create_connection(("127.0.0.1", url.port), WITHIN_S),
            origin=f"http://{url.netloc}",  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie_header()},
            compression=None,
            proxy=None,
            open_timeout=WITHIN_S,
            ping_interval=None,
            close_timeout=0,  # VS Code's server says nothing to a close
        )
        words = json.dumps(AUTH).encode()
        opened.send(HEADER.pack(CONTROL, 0, 0, len(words)) + words)
        answer = opened.recv(WITHIN_S)
        if not isinstance(answer, bytes) or b'"sign"' not in answer:
            raise Unexpected(f"{self.url} is not VS Code's server: {answer[:200]!r}")
        return opened

    def open_ms(self) -> float:
        began = time.perf_counter()
        opened = self.open()
        took_ms = (time.perf_counter() - began) * 1e3
        opened.close()
        return took_ms

    def cookie_header(self) -> str:
        """The cookies that a browser would send there."""
        request = httpx.Request("GET", self.url)
        self.cookies.set_cookie_header(request)
        return str(request.headers["Cookie"])


@contextmanager
def held_open(doors: Sequence[Door], count: int) -> Iterator[None]:
    """So many sockets, spread over the doors, while the block runs."""
    with ExitStack() as opened:
        for number in range(count):
            opened.enter_context(doors[number % len(doors)].open())
        yield
