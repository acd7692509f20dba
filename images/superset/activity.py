"""Which requests are a sign of a person, in words for what was done (agent) and what runs (server).

Superset's pages ask for many things by themselves: running queries are polled every 2 seconds, a
dashboard with auto-refresh fetches its charts forever (with force=true), and everything that is
shown is reported to /superset/log/. None of that is a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_NOT_A_PERSON = re.compile(
    r"^/(apranova/|health(check)?|ping|version|favicon\.ico|static/|_shared/|superset/log/|api/v1/log/|api/v1/query/updated_since"
    r"|api/v1/query/stop|api/v1/security/csrf_token|api/v1/me/|api/v1/menu/|api/v1/async_event/|swaggerview/)"
)
_FORCED = re.compile(r"[?&]force=(true|1)(&|$)")
_REASONS = (
    # method (a pattern), path (a pattern), what the person did, what runs meanwhile
    (r"POST", r"/api/v1/sqllab/execute/", "ran a query", "a query is running"),
    (r"GET|POST", r"/api/v1/sqllab/(results|export)", "looked at results", "results are being fetched"),
    (r"POST", r"/api/v1/database/(\d+/)?upload(_metadata)?/", "uploaded a file", "a file is being uploaded"),
    (r"POST", r"/api/v1/(dashboard|chart|dataset|database|assets|saved_query)/import/", "uploaded a file", "a file is being uploaded"),
    (r"GET|POST", r"/api/v1/chart/data|/superset/explore_json/|/api/v1/chart/\d+/data/", "looked at a chart", "a chart is being drawn"),
    (r"GET", r"/superset/dashboard/", "opened a dashboard", "a dashboard is being opened"),
    (r"POST|PUT|DELETE", r"/api/v1/dashboard/\d+/filter_state|/api/v1/dashboard/[^/]+/permalink", "used a dashboard", ""),
    (r"POST|PUT|DELETE", r"/api/v1/dashboard/", "edited a dashboard", "a dashboard is being saved"),
    (r"GET", r"/explore/", "edited a chart", "a chart is being opened"),
    (r"POST|PUT|DELETE", r"/api/v1/(chart|explore)/", "edited a chart", "a chart is being saved"),
    (r"POST|PUT|DELETE", r"/api/v1/dataset/", "edited a dataset", "a dataset is being saved"),
    (r"GET|POST|PUT|DELETE", r"/(sqllab/|tabstateview/|tableschemaview/|api/v1/(sqllab|saved_query)/)", "worked in SQL Lab", ""),
)  # fmt: skip
_COMPILED = tuple((re.compile(method), re.compile(path), reason, running) for method, path, reason, running in _REASONS)
PAIRS = tuple((did, running) for _, _, did, running in _REASONS)
"""What was done, and what ran: a query's end is a sign of a person, too."""
_OTHERWISE = ("used Superset", "")


VAGUE = frozenset({"worked in SQL Lab", "looked at results", _OTHERWISE[0]})
SPECIFIC_FOR_S = 60.0


class Words:
    """Superset saves its own state just after a query; that must not hide what the person did."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._specific = ""
        self._until = 0.0

    def of(self, method: str, target: str) -> str:
        """As `reason`; for a minute after something specific, that instead of something vague."""
        did = reason(method, target)
        if did in VAGUE and self._now() < self._until:
            return self._specific
        if did and did not in VAGUE:
            self._specific, self._until = did, self._now() + SPECIFIC_FOR_S
        return did


def reason(method: str, target: str) -> str:
    """What a person did, in words that follow 'You'; empty when the request is no sign of one."""
    return _meaning(method, target)[0]


def running(method: str, target: str) -> str:
    """What keeps the workspace up while this request is being answered; empty when it does not."""
    return _meaning(method, target)[1]


def _meaning(method: str, target: str) -> tuple[str, str]:
    path, _, query = target.partition("?")
    if _NOT_A_PERSON.match(path) or method in ("HEAD", "OPTIONS"):
        return "", ""
    if path.startswith("/api/v1/chart/") and _FORCED.search(f"?{query}"):
        return "", ""
    for methods, paths, did, runs in _COMPILED:
        if methods.fullmatch(method) and paths.match(path):
            return did, runs
    return _OTHERWISE
