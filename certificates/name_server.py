"""Port 53: carries queries to the challenge zones and answers back, by UDP and TCP.

The sockets come bound from whoever starts us, so that this process needs no privilege.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, cast

from certificates.rate_limit import RateLimit
from certificates.zone import QUERY_BYTES_MAX, ChallengeZones

TCP_CONNECTIONS_MAX = 32
TCP_QUERIES_MAX = 16
TCP_SILENT_MAX_S = 5.0


class NameServer:
    """Serves in a thread of its own from `start` on, as long as the process lives."""

    def __init__(self, zones: ChallengeZones, sockets: Sequence[socket.socket]) -> None:
        self._zones = zones
        self._sockets = sockets
        self._limit = RateLimit()
        self._connections = 0

    def start(self) -> None:
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="name-server", daemon=True).start()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            sock.setblocking(False)
            if sock.type == socket.SOCK_DGRAM:
                await loop.create_datagram_endpoint(lambda: _Datagrams(self._zones, self._limit), sock=sock)
            else:
                await asyncio.start_server(self._converse, sock=sock)
        await asyncio.Event().wait()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= TCP_CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._connections += 1
        try:
            for _ in range(TCP_QUERIES_MAX):
                async with asyncio.timeout(TCP_SILENT_MAX_S):
                    if not await self._answer_one(reader, writer):
                        break
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the conversation goes on."""
        size = int.from_bytes(await reader.readexactly(2), "big")
        peer = writer.get_extra_info("peername")
        if size > QUERY_BYTES_MAX or peer is None or not self._limit.allows(peer[0], time.monotonic()):
            return False
        response = self._zones.answer(await reader.readexactly(size), tcp=True)
        if response is None:
            return False
        writer.write(len(response).to_bytes(2, "big") + response)
        await writer.drain()
        return True


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zones: ChallengeZones, limit: RateLimit) -> None:
        self._zones, self._limit = zones, limit
        self._refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        truncated = not self._limit.allows(str(addr[0]), time.monotonic())
        if truncated:
            self._refused += 1
            if self._refused % 2:  # half of them hear “come by TCP”, at no more bytes than they sent
                return
        response = self._zones.answer(data, tcp=False, truncated=truncated)
        if response is not None:
            self._transport.sendto(response, addr)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error of an earlier answer; the next query is served all the same."""
