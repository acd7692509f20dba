"""What Superset's pages tell: that the workspace ends soon, with the button that keeps it, and
what an instructor writes to the student.

Each page asks every few seconds (templates/tail_js_custom_extra.html). That is no sign of a person,
and it is answered here, before Superset. A page that gets no answer says that the workspace has
stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from images.superset import activity

PATH = "/apranova/notice"
TEMPLATES = Path(__file__).parent / "templates"
_BODY_BYTES_MAX = 1000
_MOMENT_MAX = 1e11

Environ = dict[str, Any]


class Notices:
    """WSGI middleware, behind the gate."""

    def __init__(self, application: Callable[..., Iterable[bytes]], now: Callable[[], float] = time.time) -> None:
        self._application = application
        self._now = now
        self._warning: dict[str, Any] = {}
        self._news: dict[str, str] = {}
        self.keep_running: Callable[[float], None] = lambda _until: None
        """What is to be done when the student asks for it; the argument is a moment."""

    def warn(self, stops_at: float, text: str, *, may_keep: bool) -> None:
        if text and not stops_at:
            return  # a notice: the dashboard shows it, and a warning stays
        self._warning = {"stops_at": stops_at, "text": text, "may_keep": may_keep}

    def tell(self, text: str) -> None:
        """Shown until its reader closes it, or another one comes."""
        self._news = {"id": f"{self._now():.3f}", "text": text}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ.get("REQUEST_METHOD", "")
        if environ.get("PATH_INFO") != PATH:
            if self._warning and activity.reason(method, _target(environ)):
                self._take_back()
            return self._application(environ, start_response)
        if method == "POST":
            return self._keep(environ, start_response)
        there = self._warning if self._warning.get("stops_at", 0) > self._now() else {}
        return _answer(start_response, "200 OK", {**there, **({"news": self._news} if self._news else {})})

    def _take_back(self) -> None:
        """A person is there: the reason has gone, if being away was the reason."""
        if self._warning.get("may_keep"):
            self._warning = {}

    def _keep(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        until = 0.0
        try:
            length = min(int(environ.get("CONTENT_LENGTH") or 0), _BODY_BYTES_MAX)
            until = float(json.loads(environ["wsgi.input"].read(length))["keep_running_until"])
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            pass
        ours = environ.get("HTTP_X_APRANOVA") == "notice"  # a form of another origin cannot set it
        if not (ours and 0.0 < until < _MOMENT_MAX):
            return _answer(start_response, "400 Bad Request", {"message": "A moment is expected."})
        self._take_back()
        self.keep_running(until)
        return _answer(start_response, "200 OK", {})


def _target(environ: Environ) -> str:
    return f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"


def _answer(start_response: Callable[..., Any], status: str, message: dict[str, Any]) -> list[bytes]:
    body = json.dumps(message).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(status, headers)
    return [body]
