"""The way out: a forward proxy for each task, which reaches only the public internet.

It resolves a name once, checks every address, and connects to exactly the address that it checked.
So a name that changes its address in between (DNS rebinding) gains nothing.

Where the school has a proxy of its own, that one connects (`upstream`). A name that leads to a
private address here is refused all the same; what only the school's proxy knows, it must refuse.
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
from contract.network import Network
from manager.adapters.sandbox_engine.refusal import Refused, answer_of, other_port, private_address, too_many
from manager.adapters.sandbox_engine.upstream import Upstream

log = logging.getLogger(__name__)

HEAD_MAX_BYTES = 32 * 1024
HEARD_OUT_MAX = 16
PIECE_BYTES = 64 * 1024
REFUSALS_NOTED_A_MINUTE = 5
BACKLOG = 100
LOCAL_LOOKUP_S = 2.0
"""Behind a proxy, the names of the internet are often unknown, and nobody says so."""
UNKNOWN_KEPT_S = 60.0
UNKNOWN_MAX = 256
_INTERNAL = (".local", ".internal", ".localhost", ".home.arpa")

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


class EgressProxy:
    """One listener on a Unix socket, for one task."""

    def __init__(
        self,
        limits: EgressLimits,
        *,
        network: Network | None = None,
        upstream: Upstream | None = None,
        resolve: Resolve | None = None,
        connect: Connect | None = None,
        is_own: Callable[[Address], bool] = belongs_to_this_machine,
    ) -> None:
        """`upstream`: the proxy of `network`, if it has one."""
        self._limits = limits
        self._network = network or Network()
        self._mirrors = self._network.mirrors()
        self._upstream = upstream
        self._unknown: dict[str, float] = {}
        """Names that only the school's proxy may know → when to ask again."""
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
            writer.write(answer_of(refusal))
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
            raise too_many()
        try:
            async with asyncio.timeout(self._limits.head_timeout_s):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise Refused(431, "The request's head is too large") from None
        except TimeoutError:
            raise Refused(408, "The request's head did not arrive") from None
        if len(self._connections) > self._limits.connections_per_task_max:
            raise too_many()
        target = _parse(head)
        is_mirror = (target.host.lower(), target.port) in self._mirrors
        if target.port not in self._limits.ports and not is_mirror:
            raise other_port(target.host, target.port, self._limits.ports)
        if self._upstream is None or self._network.goes_direct(target.host):
            await self._serve_direct(target, reader, writer, is_mirror=is_mirror)
            return
        if not is_mirror:
            await self._check_name(target.host)
        await self._serve_through(self._upstream, target, reader, writer)

    async def _serve_direct(
        self, target: _Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_mirror: bool
    ) -> None:
        far_reader, far_writer = await self._open(target, is_mirror=is_mirror)
        try:
            if target.forward:
                far_writer.write(target.forward)
            else:
                writer.write(ESTABLISHED)
            await _pipe_both_ways(reader, writer, far_reader, far_writer, self._limits.idle_timeout_s)
        finally:
            far_writer.close()

    async def _serve_through(
        self, upstream: Upstream, target: _Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """A plain request goes on as one, because most proxies allow CONNECT to port 443 alone. It
        ends with its body, or a second request behind it would reach the school's proxy unchecked.
        """
        if target.forward:
            body_max = target.body_bytes
            far_reader, far_writer = await upstream.connect()
            far_writer.write(target.for_proxy(upstream.credentials()))
        else:
            body_max = None
            far_reader, far_writer = await upstream.tunnel(target.host, target.port)
            writer.write(ESTABLISHED)
        try:
            idle_s = self._limits.idle_timeout_s
            await _pipe_both_ways(reader, writer, far_reader, far_writer, idle_s, near_bytes_max=body_max)
        finally:
            far_writer.close()

    async def _check_name(self, host: str) -> None:
        """Raises Refused when the name leads to a private address, as far as this machine knows.

        The school's proxy looks the name up once more. What it may read as another name than we do
        does not pass: Squid drops a dot at the end, and some read 010.0.0.1 as 10.0.0.1.
        """
        host = host.lower().rstrip(".")
        if _NUMBER.fullmatch(host.rpartition(".")[2]) and not _is_address(host):
            raise private_address(host)
        now = asyncio.get_running_loop().time()
        if self._unknown.get(host, 0.0) > now:
            return
        try:
            async with asyncio.timeout(LOCAL_LOOKUP_S):
                addresses = await self._look_up(host)
        except (OSError, UnicodeError, TimeoutError):
            if "." not in host or host.endswith(_INTERNAL):
                raise private_address(host) from None
            if len(self._unknown) >= UNKNOWN_MAX:
                self._unknown.clear()
            self._unknown[host] = now + UNKNOWN_KEPT_S
            return
        if not all(is_public(address) and not self._is_own(address) for address in addresses):
            self._note_refusal(host, addresses)
            raise private_address(host)

    async def _open(self, target: _Target, *, is_mirror: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                addresses = await self._look_up(target.host)
        except TimeoutError:
            raise Refused(504, f"Looking up the name {target.host:.100} took too long. Try again") from None
        except (OSError, UnicodeError):
            raise Refused(502, f"The name {target.host:.100} is not known. Check how it is written") from None
        allowed_addresses = [
            address for address in addresses if is_mirror or (is_public(address) and not self._is_own(address))
        ]
        if not allowed_addresses:
            self._note_refusal(target.host, addresses)
            raise private_address(target.host)
        for address in allowed_addresses[:4]:
            try:
                async with asyncio.timeout(self._limits.connect_timeout_s):
                    return await self._connect(address, target.port)
            except (OSError, TimeoutError):
                continue
        raise Refused(502, f"{target.host:.100} does not answer. Try again later")

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
    request: tuple[str, str, str, str] = ("", "", "", "")
    """Method, URL, path and version of a plain request; empty for CONNECT."""
    lines: tuple[str, ...] = ()
    """Its other header lines."""

    @property
    def forward(self) -> bytes:
        """What the server itself gets first. One request for each connection: later bytes go to the
        same, checked address."""
        method, _, path, version = self.request
        return self._head(f"{method} {path} {version}") if method else b""

    def for_proxy(self, credentials: str) -> bytes:
        method, url, _, version = self.request
        return self._head(f"{method} {url} {version}", credentials.rstrip())

    def _head(self, first: str, *more: str) -> bytes:
        lines = (first, *self.lines, *filter(None, more), "Connection: close", "", "")
        return "\r\n".join(lines).encode("latin-1")

    @property
    def body_bytes(self) -> int:
        """Raises Refused when its end cannot be told beforehand."""
        fields = [line.lower().partition(":") for line in self.lines]
        lengths = {value.strip() for name, _, value in fields if name.strip() == "content-length"} or {"0"}
        if any(name.strip() == "transfer-encoding" for name, _, _ in fields):
            raise Refused(411, "ApraNova passes plain HTTP on only with a Content-Length. Use the https:// address")
        if len(lengths) != 1 or not _LENGTH.fullmatch(length := lengths.pop()):
            raise Refused(400, "The request has no clear Content-Length")
        return int(length)


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_NO_PROXY_REQUEST = "This is a proxy for HTTP; ask it with CONNECT or a full http:// address"
_CONNECT = re.compile(r"^(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})$")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_FIRST = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP/1\.\d")
_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*")
"""What another server could read as two lines, or as a part of the one before, does not pass."""
_LENGTH = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HOP_BY_HOP = ("connection:", "proxy-connection:", "proxy-authorization:", "keep-alive:")


def _parse(head: bytes) -> _Target:
    lines = head.decode("latin-1").split("\r\n")
    if not _FIRST.fullmatch(lines[0]):
        raise Refused(400, _NO_PROXY_REQUEST)
    method, target, version = lines[0].split(" ")
    if method == "CONNECT":
        match = _CONNECT.match(target)
        if not match:
            raise Refused(400, "CONNECT needs host:port")
        return _Target(match["six"] or match["name"], int(match["port"]))
    try:
        url = urlsplit(target)
        host, port = url.hostname, url.port or 80
    except ValueError:
        host, port, url = None, 0, urlsplit("")
    if url.scheme != "http" or not host or not _HOST.fullmatch(host):
        raise Refused(400, _NO_PROXY_REQUEST)
    if not all(_FIELD.fullmatch(line) for line in lines[1:-2]):
        raise Refused(400, "A header line of the request is not well formed")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = tuple(line for line in lines[1:-2] if not line.lower().startswith(_HOP_BY_HOP))
    return _Target(host, port, (method, f"http://{url.netloc.rpartition('@')[2]}{path}", path, version), kept)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _pipe_both_ways(
    near_reader: asyncio.StreamReader,
    near_writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
    idle_timeout_s: float,
    *,
    near_bytes_max: int | None = None,
) -> None:
    """Ends when both directions have ended, or neither has moved for `idle_timeout_s`."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(idle_timeout_s) as idle:

        async def pipe(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bytes_max: int | None = None
        ) -> None:
            left = bytes_max
            while left != 0 and (data := await reader.read(PIECE_BYTES if left is None else min(left, PIECE_BYTES))):
                left = None if left is None else left - len(data)
                writer.write(data)
                await writer.drain()
                idle.reschedule(loop.time() + idle_timeout_s)
            if bytes_max is None and writer.can_write_eof():
                writer.write_eof()

        async with asyncio.TaskGroup() as directions:
            directions.create_task(_quietly(pipe(near_reader, far_writer, near_bytes_max), far_writer))
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
