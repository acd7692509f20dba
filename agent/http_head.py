"""The head of an HTTP/1 request: parsed strictly, judged, and rewritten for the application."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from contract.names import IDENTITY_HEADER

HEAD_BYTES_MAX = 64 * 1024

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\xff]+) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_OURS = b"x-apranova-"
_IDENTITY = IDENTITY_HEADER.encode()
_HOP_BY_HOP = (b"connection", b"keep-alive", b"proxy-connection", b"upgrade")
# code-server trusts these for its Origin check; only the gateway may say what the host is.
_FORGEABLE = (b"forwarded", b"x-forwarded-host")


class BadHead(ValueError):
    """Not a request that we pass on; the text says why."""


@dataclass(frozen=True)
class Head:
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    """Names in lower case."""
    minor_version: int = 1

    def values(self, name: str) -> list[bytes]:
        return [value for key, value in self.headers if key == name.encode()]

    def value(self, name: str) -> str:
        """The header's only value; empty when absent or doubled: two secrets open nothing."""
        values = self.values(name)
        return values[0].decode("latin-1") if len(values) == 1 else ""

    @property
    def is_websocket(self) -> bool:
        tokens = b",".join(self.values("connection")).lower().replace(b" ", b"").split(b",")
        return self.method == "GET" and b"upgrade" in tokens and self.value("upgrade").lower() == "websocket"

    def written(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The head with these headers instead, closing after one answer.

        The secret is checked once a connection, so a connection never carries a second request.
        """
        if self.is_websocket:
            headers = [*headers, (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
        else:
            headers = [*headers, (b"connection", b"close")]
        request_line = f"{self.method} {self.target} HTTP/1.{self.minor_version}\r\n".encode("latin-1")
        return request_line + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n"

    def points_below(self, prefix: str) -> bool:
        """Whether the path is `prefix` or below it, even when escapes or slashes hide that."""
        path = self.target.partition("?")[0]
        for _ in range(3):  # %252f → %2f → /
            path = unquote(path)
        return re.sub(r"[/\\]+", "/", path + "/").lower().startswith(prefix)


def parse_head(raw: bytes) -> Head:
    """Parse a head without its final empty line. Raises BadHead.

    Strict on purpose: it refuses what two parsers could read in two ways (bare line ends, folded
    lines, spaces before the colon, an absolute target), so the application sees what we judged.
    """
    line, *lines = raw.split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadHead("the request line is not HTTP/1.1")
    method, target, minor_version = match.groups()
    if not target.startswith(b"/"):
        raise BadHead("the target must be a path")
    headers = []
    for header in lines:
        match = _HEADER.fullmatch(header)
        if match is None or any(character in header for character in (b"\r", b"\n", b"\0")):
            raise BadHead("a header is malformed")
        headers.append((match[1].lower(), match[2]))
    return Head(method.decode(), target.decode("latin-1"), tuple(headers), int(minor_version))


def for_application(head: Head, *, with_identity: bool = False) -> bytes:
    """The head that the application gets."""
    return head.written(without_ours(head, with_identity=with_identity))


def without_ours(head: Head, *, with_identity: bool = False) -> list[tuple[bytes, bytes]]:
    """The headers that are meant for a program behind us."""
    return [
        (name, value)
        for name, value in head.headers
        if (not name.startswith(_OURS) or (with_identity and name == _IDENTITY))
        and name not in _HOP_BY_HOP
        and name not in _FORGEABLE
    ]
