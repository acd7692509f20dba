"""What a student's own program serves on a port: who may be asked, and as what it sees the browser.

To the program everything looks as if the browser ran in the same sandbox and had opened
`http://localhost:<port>`: development servers refuse any other Host, and compare it with Origin.
On the way back, an address of `localhost` becomes the one that the browser knows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from agent.http_head import HEAD_BYTES_MAX, Head, without_ours
from contract.names import PREVIEW_PORTS, VISIT_HEADER

Program = TypeVar("Program", bound=asyncio.BaseProtocol)

CONNECTIONS_MAX = 256
"""Of all previews of a task: they leave room for the editor and for the manager."""
VISITS_MAX = 192
"""Of visitors among them: they leave room for the owner."""
CONNECT_WITHIN_S = 5.0
_LOOPBACK = ("127.0.0.1", "::1")
"""Vite listens on the second alone."""
_LABEL = re.compile(rb"(https?://)?p([1-9][0-9]{3,4})--(ws-[a-z2-7]{10}\..+)", re.IGNORECASE)
_AT_HOME = re.compile(rb"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::([0-9]{1,5}))?(?=[/?#]|$)")
_REWRITTEN_ANSWER = (b"location", b"content-location", b"access-control-allow-origin", b"refresh")
_DROPPED = (b"x-user", b"x-workspace", b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id")


def port_of(text: str) -> int | None:
    """The port that the gateway asks for; None when no student's program can have it."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    return port if port in PREVIEW_PORTS else None


def is_by_person(head: Head) -> bool:
    """Whether somebody opened a page, by a link, the address bar or the reload button.

    Browsers say so (`Sec-Fetch-User`). A page that polls or loads itself again cannot.
    """
    return head.value("sec-fetch-mode") == "navigate" and head.value("sec-fetch-user") == "?1"


def visit_s(head: Head) -> float | None:
    """For how long the connection may live when somebody else than the owner visits; else None."""
    text = head.value(VISIT_HEADER)
    return None if not head.values(VISIT_HEADER) else float(text) if text.isdecimal() else 0.0


class Translation:
    """One request's addresses: the browser's for the program, and the program's for the browser."""

    def __init__(self, head: Head, port: int) -> None:
        self._head = head
        self._port = port
        host = _LABEL.fullmatch(head.value("host").encode("latin-1"))
        self._rest = host[3].lower() if host else b""
        """Of the host name: the same for all ports of the workspace."""
        origin = head.value("origin") or head.value("referer")
        https = head.value("x-forwarded-proto") == "https" or origin.startswith("https:")
        self._scheme = b"https" if https else b"http"

    def request(self) -> bytes:
        """The head for the program."""
        kept = [(name, value) for name, value in without_ours(self._head) if name not in _DROPPED]
        names = {b"host": lambda _: b"localhost:%d" % self._port, b"origin": self._at_home, b"referer": self._at_home}
        return self._head.written([(name, names[name](value) if name in names else value) for name, value in kept])

    def answer(self, head: bytes) -> bytes:
        """The program's answer, without its final empty line, for the browser."""
        line, *lines = head.split(b"\r\n")
        written = [line]
        for header in lines:
            name, colon, value = header.partition(b":")
            if name.strip().lower() in _REWRITTEN_ANSWER:
                header = name + colon + _AT_HOME.sub(self._abroad, value)  # noqa: PLW2901
            written.append(header)
        return b"\r\n".join(written)

    def _at_home(self, address: bytes) -> bytes:
        """`http://p5173--<workspace>…/path` → `http://localhost:5173/path`."""
        scheme, _, rest = address.partition(b"://")
        name, slash, path = rest.partition(b"/")
        found = _LABEL.fullmatch(scheme + b"://" + name)
        if not found or found[3].lower() != self._rest:
            return address
        return b"http://localhost:%s%s%s" % (found[2], slash, path)

    def _abroad(self, found: re.Match[bytes]) -> bytes:
        port = int(found[1] or 80)
        if port not in PREVIEW_PORTS or not self._rest:
            return found[0]
        return b"%s://p%d--%s" % (self._scheme, port, self._rest)


class AnswerHead:
    """Finds the head of the program's answer in pieces of any size and translates it, once."""

    def __init__(self, translation: Translation) -> None:
        self._translation = translation
        self._received = b""
        self._done = False

    def take(self, data: bytes) -> bytes:
        """What may be passed on now."""
        if self._done:
            return data
        self._received += data
        passed = b""
        while not self._done:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                if len(self._received) > HEAD_BYTES_MAX or not b"HTTP/1.".startswith(self._received[:7]):
                    return passed + self.rest()
                return passed
            head, self._received = self._received[:end], self._received[end:]
            status = head.partition(b" ")[2][:3]
            # 100 Continue and 103 Early Hints come before the answer; 101 is the answer.
            if status.startswith(b"1") and status != b"101":
                passed += head + self._received[:4]
                self._received = self._received[4:]
                continue
            passed += self._translation.answer(head)
            return passed + self.rest()
        return passed

    def rest(self) -> bytes:
        """What was held back: the program ended, or does not speak HTTP."""
        self._done = True
        held, self._received = self._received, b""
        return held


async def connect(make: Callable[[], Program], port: int) -> Program | None:
    """Connect to the program. None: nothing listens there."""
    loop = asyncio.get_running_loop()
    for address in _LOOPBACK:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                _, protocol = await loop.create_connection(make, address, port)
        except OSError:
            continue
        return protocol
    return None


def nothing_listens(head: Head, port: int, listening: list[int]) -> tuple[HTTPStatus, bytes, str]:
    """Status, body and type: a page that loads itself again, or a line for a program."""
    is_page = head.value("sec-fetch-mode") == "navigate" or "text/html" in head.value("accept")
    if visit_s(head) is not None:
        return _nothing_for_visitors(is_page=is_page)
    said = f"Nothing answers on port {port}"
    if not is_page:
        return HTTPStatus.BAD_GATEWAY, f"{said}\n".encode(), "text/plain; charset=utf-8"
    from contract.door import Link, Page, Refresh  # only here: every task would pay for it
    from contract.door_page import render

    others = ", ".join(str(other) for other in listening if other != port)
    page = Page(
        HTTPStatus.BAD_GATEWAY,
        said,
        (
            f"Start your program in a terminal of the workspace and let it listen on port {port}.",
            f"For example: python3 -m http.server {port}",
            *([f"Programs listen on: {others}."] if others else []),
            "This page opens it by itself.",
        ),
        link=Link("", "Try again"),
        refresh=Refresh(2.0, ""),
    )
    return HTTPStatus.BAD_GATEWAY, render(page, now=0.0).encode(), "text/html; charset=utf-8"


def _nothing_for_visitors(*, is_page: bool) -> tuple[HTTPStatus, bytes, str]:
    """A visitor learns neither the port's neighbors nor how to start the program."""
    if not is_page:
        return HTTPStatus.BAD_GATEWAY, b"This app is not running now\n", "text/plain; charset=utf-8"
    from contract.door import not_running_for_visitors  # only here: every task would pay for it
    from contract.door_page import render

    return HTTPStatus.BAD_GATEWAY, render(not_running_for_visitors(""), now=0.0).encode(), "text/html; charset=utf-8"
