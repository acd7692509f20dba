"""One request to the platform, with limits on time and size; it is never redirected."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

CONNECT_S = 5.0
PIECE_S = 10.0
WHOLE_S = 30.0
BYTES_MAX = 5_000_000


class PlatformProblem(Exception):
    """A sentence for the person who waits. `for_good`: the same request would fail again."""

    def __init__(self, text: str, *, for_good: bool = False, status: int = 0) -> None:
        super().__init__(text)
        self.for_good = for_good
        self.status = status
        """Of its answer; 0: there was none."""


@dataclass(frozen=True)
class Answer:
    body: bytes
    next_url: str
    """Of the next page, by the header Link; empty: there is none."""


def ask(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, data: bytes | dict[str, str] | None = None
) -> Answer:
    """Raises PlatformProblem."""
    host = urlsplit(url).hostname or url
    until = time.monotonic() + WHOLE_S
    try:
        with requests.request(
            method,
            url,
            headers={"User-Agent": "ApraNova", **(headers or {})},
            data=data,
            timeout=(CONNECT_S, PIECE_S),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _read(response, host, until)
            status = response.status_code
            next_url = str(response.links.get("next", {}).get("url", ""))
    except requests.RequestException:
        raise PlatformProblem(f"{host} does not answer right now.") from None
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(body, next_url)
    raise _refused(host, status)


def _read(response: requests.Response, host: str, until: float) -> bytes:
    body = b""
    for piece in response.iter_content(64 * 1024):
        body += piece
        if len(body) > BYTES_MAX:
            raise PlatformProblem(f"{host} sends more than we read.", for_good=True)
        if time.monotonic() > until:
            raise PlatformProblem(f"{host} did not answer in time.")
    return body


def _refused(host: str, status: int) -> PlatformProblem:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        text = (
            f"{host} does not allow it (status {status}). Ask who runs the learning platform whether ApraNova may use "
            "this service."
        )
        return PlatformProblem(text, for_good=status == HTTPStatus.FORBIDDEN, status=status)
    if status == HTTPStatus.NOT_FOUND:
        return PlatformProblem(f"{host} does not have it any more (status 404).", for_good=True, status=status)
    temporary = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_TIMEOUT,
    )
    return PlatformProblem(f"{host} refuses it (status {status}).", for_good=not temporary, status=status)
