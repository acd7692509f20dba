"""Answers of the raw ASGI part, and how they are sent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from backend.platform.problems import CONTENT_TYPE, ProblemError, problem_body

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = list[tuple[bytes, bytes]]

_NO_STORE = (b"cache-control", b"no-store")


@dataclass(slots=True)
class Answer:
    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


async def send_answer(send: Send, answer: Answer) -> None:
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def redirect(url: str, *, referrer: bytes = b"no-referrer") -> Answer:
    return Answer(302, [(b"location", url.encode()), _NO_STORE, (b"referrer-policy", referrer)])


def redirect_in_frame(url: str) -> Answer:
    """The next host learns by the Referer, and from it alone, that the editor shows the frame."""
    return redirect(url, referrer=b"origin")


def page(status: int, html: str, *, content_security_policy: str) -> Answer:
    return Answer(
        status,
        [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", content_security_policy.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            _NO_STORE,
        ],
        html.encode(),
    )


def problem(status: int, reason: str, detail: str) -> Answer:
    """RFC 9457, as in the API: an answer for a program, not for a person at a page."""
    body = problem_body(ProblemError(status, reason, detail))
    return Answer(status, [(b"content-type", CONTENT_TYPE.encode()), _NO_STORE], json.dumps(body).encode())
