"""What people outside notice: how long no request was answered, and which WebSockets ended."""

from __future__ import annotations

import http.client
import itertools
import ssl
import threading
import time
from dataclasses import dataclass, field

from playwright.sync_api import Page, WebSocket

EVERY_S = 0.1
ANSWER_WITHIN_S = 30.0


@dataclass
class Prober(threading.Thread):
    """Asks one page again and again; each request with a connection of its own."""

    host: str
    path: str
    answered: list[float] = field(default_factory=list)
    failed: int = 0

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)
        self._end = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        while not self._end.wait(EVERY_S):
            connection = http.client.HTTPSConnection("127.0.0.1", 443, timeout=ANSWER_WITHIN_S, context=context)
            try:
                connection.request("GET", self.path, headers={"Host": self.host})
                if connection.getresponse().status < 500:
                    self.answered.append(time.monotonic())
                    continue
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            self.failed += 1

    def end(self) -> float:
        """The longest time without an answer, in seconds."""
        self._end.set()
        self.join()
        times = [*self.answered, time.monotonic()]
        return max(later - earlier for earlier, later in itertools.pairwise(times))


class Sockets:
    """The WebSockets of one editor's tab."""

    def __init__(self, page: Page) -> None:
        self.ended = 0
        self.open = 0
        self._changes: list[tuple[float, int]] = []
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self._changed(+1)
        socket.on("close", self._closed)

    def _closed(self, _: WebSocket) -> None:
        self.ended += 1
        self._changed(-1)

    def _changed(self, by: int) -> None:
        self.open += by
        self._changes.append((time.monotonic(), self.open))

    def longest_below(self, count: int, *, since: float) -> float:
        """For how long at a time fewer than `count` were open, in seconds."""
        longest, below = 0.0, None
        for at, now_open in [*self._changes, (time.monotonic(), self.open)]:
            if at >= since and below is not None:
                longest = max(longest, at - below)
            if now_open >= count:
                below = None
            elif below is None:
                below = max(at, since)
        return longest
