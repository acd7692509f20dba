"""HTTP on a Unix socket: waitress, with a clear answer to large bodies and a count of what runs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import UnixWSGIServer, create_server
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

from images.superset import activity
from images.superset.inside import uploads

THREADS = 6
_SWALLOWED_BYTES_MAX = 2 * 1024**3
_FORM_BYTES = 64 * 1024
"""What a form has around the file."""


class _Swallow:
    """Takes the place of a body that is too large. A browser that is still sending does not read an
    answer, and would only show that the connection was lost."""

    error = None

    def __init__(self, remaining: int) -> None:
        self._remaining = remaining

    @property
    def completed(self) -> bool:
        return self._remaining <= 0

    def received(self, data: bytes) -> int:
        taken = min(len(data), self._remaining)
        self._remaining -= taken
        return taken

    def close(self) -> None:
        """Nothing is kept."""


class _Parser(HTTPRequestParser):
    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge) and 0 < self.content_length <= _SWALLOWED_BYTES_MAX:
            if not isinstance(self.body_rcv, _Swallow):
                self.body_rcv = _Swallow(self.content_length)
            self.completed = self.body_rcv.completed
        return consumed


class _ErrorTask(ErrorTask):
    def execute(self) -> None:
        if not isinstance(self.request.error, RequestEntityTooLarge):
            super().execute()
            return
        body = uploads.refusal(uploads.BYTES_MAX)
        self.status = "413 Request Entity Too Large"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    parser_class = _Parser
    error_task_class = _ErrorTask


class Running:
    """WSGI middleware that knows what is being answered, and reports each change."""

    def __init__(self, application: Callable[..., Any], tell: Callable[[str], None]) -> None:
        self._application = application
        self._tell = tell
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self._told = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        target = f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"
        words = activity.running(environ.get("REQUEST_METHOD", ""), target)
        if not words:
            return self._application(environ, start_response)
        self._change(words, 1)
        try:
            answer = self._application(environ, start_response)
        except BaseException:
            self._change(words, -1)
            raise
        return _Answer(answer, lambda: self._change(words, -1))

    def _change(self, words: str, by: int) -> None:
        with self._lock:
            self._now[words] += by
            self._now = +self._now
            first = next(iter(self._now), "")
            if first != self._told:
                self._told = first
                self._tell(first)


class _Answer:
    """An answer's body whose end is noticed, however it ends (the WSGI server calls `close`)."""

    def __init__(self, body: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._body = body
        self._ended = ended

    def __iter__(self) -> Any:
        return iter(self._body)

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._ended()


def listen(application: Callable[..., Any], socket_path: str) -> UnixWSGIServer:
    """Bind the socket; `run()` of the result serves until the process ends. Raises OSError."""
    server = create_server(
        application,
        unix_socket=socket_path,
        unix_socket_perms="600",
        threads=THREADS,
        max_request_body_size=uploads.BYTES_MAX + _FORM_BYTES,
        channel_timeout=600,
        ident=None,
        clear_untrusted_proxy_headers=False,  # what is trusted is decided by the gate and by ENABLE_PROXY_FIX
        expose_tracebacks=False,
    )
    server.channel_class = _Channel
    return server
