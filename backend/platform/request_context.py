"""The current request's id and address, for audit records and log lines."""

from __future__ import annotations

import contextvars
import logging
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestContext:
    request_id: str = ""
    ip: str | None = None


_current: contextvars.ContextVar[RequestContext] = contextvars.ContextVar("request_context")


def current_request() -> RequestContext:
    """Empty outside a request."""
    return _current.get(RequestContext())


def enter_request(context: RequestContext) -> None:
    """Valid until the request's task or thread ends. Every request has its own copy."""
    _current.set(context)


class RequestIdFilter(logging.Filter):
    """Gives every log line the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request().request_id or "-"
        return True
