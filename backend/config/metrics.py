"""`/metrics` of this process in Prometheus' format, and what counts its requests.

The gateway forwards no request to this path (gateway/envoy.yaml); on one machine the supervisor
reads it through the backend's Unix socket.
"""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from backend.gateway.authorization import AUTHORIZATION_PATH
from backend.platform import mail  # noqa: F401  its counters belong to the answer
from backend.platform.metrics import REGISTRY
from backend.workspaces.streams import count_open_streams
from contract.names import BACKEND_DOOR_PATH, DOOR_PATH, GATEWAY_PATH_PREFIX

METRICS_PATH = "/metrics"
_AREAS = (
    (AUTHORIZATION_PATH, "authorization"),
    (GATEWAY_PATH_PREFIX, "entrance"),
    (BACKEND_DOOR_PATH, "door"),
    (DOOR_PATH, "door"),
    ("/api/auth/", "sign_in"),
    ("/api/admin/", "admin"),
    ("/api/static/", "static"),
    ("/api/", "api"),
)
"""The start of a path → what it belongs to: a few words, because a label for each path would grow
with whatever clients ask for."""
_OTHER = "other"
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_SECONDS = Histogram(
    "apranova_backend_request_seconds",
    "From a request until its answer begins.",
    ["area"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)
_REQUESTS = Counter(
    "apranova_backend_requests",
    "Answered requests, by the class of their status.",
    ["area", "status"],
    registry=REGISTRY,
)
for _area in dict.fromkeys((*(area for _, area in _AREAS), _OTHER)):
    _SECONDS.labels(_area)
    for _status in ("2xx", "3xx", "4xx", "5xx"):
        _REQUESTS.labels(_area, _status)
Gauge("apranova_backend_event_streams", "Open streams of live updates.", registry=REGISTRY).set_function(
    count_open_streams
)


class Measured:
    """Counts the requests of an ASGI application, and answers METRICS_PATH itself."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif scope["path"] == METRICS_PATH:
            await _answer(send)
        else:
            await self._measured(scope, receive, send)

    async def _measured(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.perf_counter()
        area = area_of(scope["path"])
        begun = False

        async def watching_send(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _SECONDS.labels(area).observe(time.perf_counter() - began)
                _REQUESTS.labels(area, f"{message['status'] // 100}xx").inc()
            await send(message)

        try:
            await self._application(scope, receive, watching_send)
        except Exception:
            if not begun:
                _REQUESTS.labels(area, "5xx").inc()
            raise


def area_of(path: str) -> str:
    return next((area for start, area in _AREAS if path.startswith(start)), _OTHER)


async def _answer(send: Any) -> None:
    headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": generate_latest(REGISTRY)})
