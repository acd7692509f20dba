"""The way out: a forward proxy for each task, which reaches only the public internet.

It resolves a name once, checks every address, and connects to exactly the address that it checked.
So a name that changes its address in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import encodings.idna  # noqa: F401  would else be imported at the first look-up of a name; by then root has been
import ipaddress
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor  # given up, and a Python below /root is out of reach
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from contract.addresses import Address, belongs_to_this_machine, is_public

log = logging.getLogger(__name__)

HEAD_MAX_BYTES = 32 * 1024
HEARD_OUT_MAX = 16
REFUSALS_NOTED_A_MINUTE = 5
BACKLOG = 100
PRIVATE = "ApraNova does not let workspaces reach private addresses"

Resolve = Callable[[str], Awaitable[list[Address]]]
Connect = Callable[[Address, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@dataclass(frozen=True)
class EgressLimits:
    ports: frozenset[int] = frozenset({22, 80, 443, 9418})
    connections_per_task_max: int = 64
    lookups_per_task_max: int = 4
    """A name that nobody answers holds one of the resolver's threads for long.
    A further look-up of the task waits for one of its own."""
    head_timeout_s: float = 15.0
    connect_timeout_s: float = 15.0
    idle_timeout_s: float = 300.0
    connection_max_s: float = 4 * 3600.0


class Refused(Exception):
    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def _too_many() -> Refused:
    """A new one each time: an exception keeps the frames of every place where it was raised."""
    return Refused("503 Service Unavailable", "This workspace has too many connections open")


class EgressProxy:
    """One listener on a Unix socket, for one task."""

    def __init__(
        self,
        limits: EgressLimits,
        *,
        resolve: Resolve | None = None,
        connect: Connect | None = None,
        is_own: Callable[[Address], bool] = belongs_to_this_machine,
    ) -> None:
        self._limits = limits
        self._resolve = resolve or resolve_with_the_system
        self._connect = connect or connect_to_address
        self._is_own = is_own
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._lookups = asyncio.Semaphore(limits.lookups_per_task_max)
        self._noted_since, self._noted = 0.0, 0

    async def listen(self, path: Path) -> int:
        """Listen on a new socket; its descriptor."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240  a tmpfs or a local disk: no waiting worth a thread
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)  # noqa: ASYNC240  the same
        listener.listen(BACKLOG)
        await self.serve(listener)
        return listener.fileno()

    async def serve(self, listener: socket.socket) -> None:
        """Serve a socket that may have been another engine's: who called meanwhile has waited."""
        listener.setblocking(False)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=HEAD_MAX_BYTES)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # asyncio always runs us in a task
            return
        self._connections.add(task)
        try:
            async with asyncio.timeout(self._limits.connection_max_s):
                await self._serve(reader, writer)
        except Refused as refusal:
            writer.write(_plain_answer(refusal.status, refusal.text))
            with contextlib.suppress(OSError):
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # one side closed or fell silent; our close tells the other
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Each connection holds a descriptor of the engine, of which all tasks have one pool. A few
        # more than the limit are read, because a reset would hide our answer from the program.
        if len(self._connections) > self._limits.connections_per_task_max + HEARD_OUT_MAX:
            raise _too_many()
        try:
            async with asyncio.timeout(self._limits.head_timeout_s):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise Refused("431 Request Header Fields Too Large", "The request's head is too large") from None
        except TimeoutError:
            raise Refused("408 Request Timeout", "The request's head did not arrive") from None
        if len(self._connections) > self._limits.connections_per_task_max:
            raise _too_many()
        target = _parse(head)
        far_reader, far_writer = await self._open(target)
        try:
            if target.forward:
                far_writer.write(target.forward)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _pipe_both_ways(reader, writer, far_reader, far_writer, self._limits.idle_timeout_s)
        finally:
            far_writer.close()

    async def _open(self, target: _Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if target.port not in self._limits.ports:
            allowed = ", ".join(str(port) for port in sorted(self._limits.ports))
            raise Refused("403 Forbidden", f"ApraNova lets workspaces reach these ports only: {allowed}")
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                addresses = await self._look_up(target.host)
        except TimeoutError:
            raise Refused("504 Gateway Timeout", f"Looking up the name {target.host} took too long") from None
        except (OSError, UnicodeError):
            raise Refused("502 Bad Gateway", f"The name {target.host} is not known") from None
        allowed_addresses = [address for address in addresses if is_public(address) and not self._is_own(address)]
        if not allowed_addresses:
            self._note_refusal(target.host, addresses)
            raise Refused("403 Forbidden", PRIVATE)
        for address in allowed_addresses[:4]:
            try:
                async with asyncio.timeout(self._limits.connect_timeout_s):
                    return await self._connect(address, target.port)
            except (OSError, TimeoutError):
                continue
        raise Refused("502 Bad Gateway", f"{target.host} does not answer")

    def _note_refusal(self, host: str, addresses: list[Address]) -> None:
        """Some lines a minute: a task that asks in a loop must not fill the disk."""
        now = asyncio.get_running_loop().time()
        if now >= self._noted_since + 60:
            self._noted_since, self._noted = now, 0
        self._noted += 1
        if self._noted <= REFUSALS_NOTED_A_MINUTE:
            log.info("egress refused: %.100s → %.200s", host, ", ".join(map(str, addresses[:4])))

    async def _look_up(self, host: str) -> list[Address]:
        """A look-up that is given up still holds its thread, so it counts until it ends."""
        await self._lookups.acquire()
        lookup = asyncio.ensure_future(self._resolve(host))
        lookup.add_done_callback(self._lookup_ended)
        return await asyncio.shield(lookup)

    def _lookup_ended(self, lookup: asyncio.Future[list[Address]]) -> None:
        self._lookups.release()
        if not lookup.cancelled():
            lookup.exception()  # perhaps nobody waits for it any more


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    forward: bytes
    """What to send first; empty for CONNECT."""


_CONNECT = re.compile(r"^(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})$")
_HOP_BY_HOP = ("connection:", "proxy-connection:", "proxy-authorization:", "keep-alive:")


def _parse(head: bytes) -> _Target:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused("400 Bad Request", "This is a proxy for HTTP; ask it with CONNECT or a full http:// address")
    method, target, version = words
    if method == "CONNECT":
        match = _CONNECT.match(target)
        if not match:
            raise Refused("400 Bad Request", "CONNECT needs host:port")
        return _Target(match["six"] or match["name"], int(match["port"]), b"")
    try:
        url = urlsplit(target)
        host, port = url.hostname, url.port or 80
    except ValueError:
        host, port, url = None, 0, urlsplit("")
    if url.scheme != "http" or not host or "\0" in host:
        raise Refused("400 Bad Request", "This is a proxy for HTTP; ask it with CONNECT or a full http:// address")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    # One request for each connection: later bytes go to the same, checked address.
    kept = [line for line in lines[1:-2] if not line.lower().startswith(_HOP_BY_HOP)]
    return _Target(
        host, port, "\r\n".join([f"{method} {path} {version}", *kept, "Connection: close", "", ""]).encode("latin-1")
    )


async def _pipe_both_ways(
    near_reader: asyncio.StreamReader,
    near_writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
    idle_timeout_s: float,
) -> None:
    """Ends when both directions have ended, or neither has moved for `idle_timeout_s`."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(idle_timeout_s) as idle:

        async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
                idle.reschedule(loop.time() + idle_timeout_s)
            if writer.can_write_eof():
                writer.write_eof()

        async with asyncio.TaskGroup() as directions:
            directions.create_task(_quietly(pipe(near_reader, far_writer), far_writer))
            directions.create_task(_quietly(pipe(far_reader, near_writer), near_writer))


async def _quietly(direction: Awaitable[None], writer: asyncio.StreamWriter) -> None:
    try:
        await direction
    except OSError:
        writer.close()  # a reset ends the other direction too, through its writer


_LOOKUP_THREADS = ThreadPoolExecutor(64, thread_name_prefix="look-up")
"""Enough for the limits of sixteen tasks at once; a thread is only started when it is needed."""


async def resolve_with_the_system(host: str) -> list[Address]:
    look_up = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOKUP_THREADS, look_up)
    # A zone index (fe80::1%eth0) occurs only in link-local addresses, which is_public() refuses.
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


async def connect_to_address(address: Address, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(str(address), port)


def _plain_answer(status: str, text: str) -> bytes:
    body = f"{text}\n".encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + body
