"""WebSockets as VS Code's page opens them to its server, without a page.

The first words of its protocol (13 bytes of type, id, acknowledged id and length, big-endian; then
JSON): the page says `auth`, the server answers `sign`. Then the server waits to hear what the
socket is for, as long as we like.
Source: microsoft/vscode, `src/vs/base/parts/ipc/common/ipc.net.ts`,
`src/vs/platform/remote/common/remoteAgentConnection.ts`, `src/vs/server/node/`.
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
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.school import Unexpected

MANAGEMENT, EXTENSION_HOST = 1, 2
"""What a socket is for."""
WITHIN_S = 60.0
_HEADER = struct.Struct(">BIII")
_CONTROL = 2
_AUTH = {"type": "auth", "auth": "00000000000000000000", "data": ""}


@dataclass(frozen=True)
class Door:
    """Where a signed-in student's VS Code takes WebSockets."""

    url: str
    """Of VS Code's first page; `http`, on this machine."""
    cookies: httpx.Cookies

    def open(self) -> ClientConnection:
        """A socket whose server has answered its first word."""
        return self._open()[0]

    def open_for(self, purpose: int, *, commit: str) -> ClientConnection:
        """A socket that the server uses as MANAGEMENT or EXTENSION_HOST, which it starts. `commit`:
        of VS Code's version."""
        opened, sign = self._open()
        chosen = {"type": "connectionType", "commit": commit, "signedData": sign["data"]}
        arguments = {"language": "en"} if purpose == EXTENSION_HOST else {}
        _say(opened, {**chosen, "desiredConnectionType": purpose, "args": arguments})
        if (told := _hear(opened)).get("type") == "error":
            raise Unexpected(f"VS Code refused a connection: {told}")
        return opened

    def _open(self) -> tuple[ClientConnection, dict[str, Any]]:
        url = urlsplit(self.url)
        query = f"reconnectionToken={uuid.uuid4()}&reconnection=false&skipWebSocketFrames=false"
        opened = connect(
            f"ws://{url.netloc}{url.path}?{query}",
            sock=socket.create_connection(("127.0.0.1", url.port or 80), WITHIN_S),
            origin=f"http://{url.netloc}",  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie_header()},
            compression=None,
            proxy=None,
            max_size=None,
            open_timeout=WITHIN_S,
            ping_interval=None,  # VS Code has its own
            close_timeout=0,  # VS Code's server says nothing to a close
        )
        _say(opened, _AUTH)
        answer = _hear(opened)
        if answer.get("type") != "sign":
            raise Unexpected(f"{self.url} is not VS Code's server: {answer}")
        return opened, answer

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


def _say(opened: ClientConnection, message: dict[str, Any]) -> None:
    words = json.dumps(message).encode()
    opened.send(_HEADER.pack(_CONTROL, 0, 0, len(words)) + words)


def _hear(opened: ClientConnection) -> dict[str, Any]:
    """The next control message. What else comes is for a window."""
    while True:
        received = opened.recv(WITHIN_S)
        assert isinstance(received, bytes)
        while received:
            kind, _, _, length = _HEADER.unpack_from(received)
            body, received = received[_HEADER.size :][:length], received[_HEADER.size + length :]
            if kind == _CONTROL:
                found: dict[str, Any] = json.loads(body)
                return found
