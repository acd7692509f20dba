"""Port 53: carries queries to the challenge zones and answers back, by UDP and TCP.

The sockets come bound from whoever starts us, so that this process needs no privilege. No limit is
for queries from the address that they go to: the supervisor's, which asks whether we live and would
end an order if a flood kept it out. The kernel drops packets from outside that claim this address.
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
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where this machine itself asks a socket that listens everywhere."""


class NameServer:
    """Serves in a thread of its own from `start` on, as long as the process lives."""

    def __init__(self, zones: ChallengeZones, sockets: Sequence[socket.socket]) -> None:
        self._zones = zones
        self._sockets = sockets
        self._limit = RateLimit()
        self._tcp_limit = RateLimit()  # of its own: who forges addresses cannot use it up for others
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
        peer, bound = (writer.get_extra_info(name) or ("",) for name in ("peername", "sockname"))
        address, ours = str(peer[0]), peer[0] == bound[0]
        if not address or (self._connections >= TCP_CONNECTIONS_MAX and not ours):
            writer.transport.abort()
            return
        self._connections += 1
        try:
            for _ in range(TCP_QUERIES_MAX):
                async with asyncio.timeout(TCP_SILENT_MAX_S):
                    if not await self._answer_one(reader, writer, "" if ours else address):
                        break
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limited: str) -> bool:
        """Whether the conversation goes on. `limited`: an address, or nothing for our own."""
        size = int.from_bytes(await reader.readexactly(2), "big")
        if size > QUERY_BYTES_MAX or (limited and not self._tcp_limit.allows(limited, time.monotonic())):
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
        bound = transport.get_extra_info("sockname")[0]
        self._ours = EVERY_ADDRESS.get(bound, bound)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        truncated = addr[0] != self._ours and not self._limit.allows(str(addr[0]), time.monotonic())
        if truncated:
            self._refused += 1
            if self._refused % 2:  # half of them hear “come by TCP”, at no more bytes than they sent
                return
        response = self._zones.answer(data, tcp=False, truncated=truncated)
        if response is not None:
            self._transport.sendto(response, addr)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error of an earlier answer; the next query is served all the same."""
