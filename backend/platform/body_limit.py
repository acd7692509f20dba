"""A limit on the size of requests, in raw ASGI: Django would first write the body to the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.platform.problems import ProblemError, problem_response

TOO_LARGE = 413


class _BodyTooLarge(Exception):
    pass


class BodyLimit:
    """Answers 413 as soon as a body is announced, or has grown, beyond `bytes_max` of its path."""

    def __init__(self, application: Any, *, bytes_max: Callable[[str], int]) -> None:
        self._application = application
        self._bytes_max = bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        bytes_max = self._bytes_max(scope["path"])
        if _announced_length(scope) > bytes_max:
            await _refuse(send, bytes_max)
            return
        received = 0
        answered = False

        async def counting_receive() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > bytes_max:
                raise _BodyTooLarge
            return message

        async def watching_send(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._application(scope, counting_receive, watching_send)
        except _BodyTooLarge:
            if not answered:
                await _refuse(send, bytes_max)


def _announced_length(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Any, bytes_max: int) -> None:
    response = problem_response(
        ProblemError(
            TOO_LARGE, "too_large", "The request is too large.", remedy=f"Send less than {bytes_max // 2**20} MB."
        )
    )
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    headers += [(b"connection", b"close"), (b"content-length", str(len(response.content)).encode())]
    await send({"type": "http.response.start", "status": TOO_LARGE, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
