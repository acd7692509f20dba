"""The school's own proxy, where the network has one: the way out leads through it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass

from contract.network import Proxy
from manager.adapters.sandbox_engine.refusal import WRONG_PASSWORD, Refused, school_proxy_refused, school_proxy_silent

log = logging.getLogger(__name__)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD_MAX_BYTES = 32 * 1024
_WORD = 2
_OPENED = 200


@dataclass(frozen=True)
class Upstream:
    proxy: Proxy
    tls: ssl.SSLContext | None = None
    """When the proxy itself is spoken to by TLS."""
    timeout_s: float = 30.0

    async def tunnel(self, host: str, port: int) -> Streams:
        """A connection to the host, by CONNECT. Raises Refused."""
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        reader, writer = await self.connect()
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{self.credentials()}\r\n".encode("latin-1"))
        opened = False
        try:
            status, reason = status_of(await self.read_head(reader))
            opened = status == _OPENED
        finally:
            if not opened:
                writer.close()
        if not opened:
            raise self.refusal(host, port, status, reason)
        return reader, writer

    async def connect(self) -> Streams:
        """Raises Refused."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await asyncio.open_connection(
                    self.proxy.host, self.proxy.port, ssl=self.tls, limit=HEAD_MAX_BYTES
                )
        except (OSError, TimeoutError) as error:
            log.warning("the school's proxy %s:%d does not answer: %s", self.proxy.host, self.proxy.port, error)
            raise school_proxy_silent(self.proxy.host) from None

    async def read_head(self, reader: asyncio.StreamReader) -> bytes:
        """Raises Refused."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await reader.readuntil(b"\r\n\r\n")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise school_proxy_silent(self.proxy.host) from None

    def credentials(self) -> str:
        """A header line, or nothing."""
        authorization = self.proxy.authorization
        return f"Proxy-Authorization: {authorization}\r\n" if authorization else ""

    def refusal(self, host: str, port: int, status: int, reason: str) -> Refused:
        if status in WRONG_PASSWORD:
            log.warning("the school's proxy %s refuses our user and password", self.proxy.host)
        return school_proxy_refused(self.proxy.host, host, port, status, reason)


def status_of(head: bytes) -> tuple[int, str]:
    """Of an answer's first line; 0 when it is none."""
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ", _WORD)
    number = words[1] if len(words) > 1 and words[0].startswith("HTTP/") else ""
    return (int(number) if number.isdecimal() else 0), words[_WORD] if len(words) > _WORD else ""
