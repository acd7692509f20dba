"""Starts a database server at its first connection, and ends it when nobody uses it any more.

The agent listens on the server's addresses and passes bytes on; the server itself listens only on a
Unix socket of the task. So a waiting workspace pays nothing, a program that connects during the
start only waits, and the agent knows when the last connection has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

from agent.processes import Children, Command
from images.vscode.databases.output import Output, is_full
from images.vscode.databases.server import CannotStart, Server

UNUSED_S = 600.0
"""So long after its last connection a server ends, and starts again at the next."""
READY_WITHIN_S = 60.0
"""An ordinary start takes a fifth of a second; one that repairs after a crash takes longer."""
END_WITHIN_S = 6.0
CONNECTIONS_MAX = 128
LOOPBACK = ("127.0.0.1", "::1")
_REFUSED_WITHIN_S = 5.0
_POLL_S = 0.02
_TELL_AGAIN_S = 600.0
_TRY_AGAIN_S = 2.0
"""A program that connects again at once gets the answer of the start that failed."""
_REASON = re.compile(r"(FATAL|PANIC|[Ee]rror).*")
"""Without what a server writes before it: the time and a process id."""


class OnDemand:
    def __init__(self, server: Server, children: Children, *, tell: Callable[[str], None]) -> None:
        """`tell` shows the student a sentence without its period."""
        self.server = server
        self.unused_s = UNUSED_S
        self._children = children
        self._tell = tell
        self._listeners: list[asyncio.Server] = []
        self._socket_file: Path | None = None
        self._open: set[Caller] = set()
        self._starting: asyncio.Task[None] | None = None
        self._pid: int | None = None
        self._ended = asyncio.Event()
        self._asked_to_end = False
        self._unused: asyncio.TimerHandle | None = None
        self._failed_at = float("-inf")
        self._told_at: dict[str, float] = {}
        self._background: set[asyncio.Task[None]] = set()

    # --- listening ---

    async def listen(self) -> None:
        """From now on a connection starts the server. Idempotent. A server that is there wins."""
        if self._listeners:
            return
        loop = asyncio.get_running_loop()
        for address in LOOPBACK:
            try:
                listener = await loop.create_server(lambda: Caller(self), address, self.server.port)
            except OSError:
                if address == LOOPBACK[0]:
                    return
                continue  # a machine without IPv6
            self._listeners.append(listener)
        if (path := self.server.socket_for_programs) is not None:
            with contextlib.suppress(OSError):
                self._listeners.append(await loop.create_unix_server(lambda: Caller(self), path))
                self._socket_file = path

    @property
    def is_listening(self) -> bool:
        return bool(self._listeners)

    def give_up_port(self) -> None:
        """Until the workspace's next launch."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if self._socket_file is not None:
            self._socket_file.unlink(missing_ok=True)
            self._socket_file = None

    async def close(self) -> None:
        self.give_up_port()
        for caller in tuple(self._open):
            caller.abort()
        await self.end()

    # --- the server's life ---

    async def run(self) -> None:
        """Return when the server serves. Raises CannotStart."""
        if self._starting is None or (self._starting.done() and self._must_try(self._starting)):
            self._starting = asyncio.ensure_future(self._start())
        await asyncio.shield(self._starting)

    def _must_try(self, last: asyncio.Task[None]) -> bool:
        """A server that was not ready in time may be so by now."""
        serves = self._pid is not None and last.exception() is None
        return not serves and time.monotonic() - self._failed_at > _TRY_AGAIN_S

    async def end(self) -> bool:
        """End it cleanly; whether it has ended in time."""
        self._asked_to_end = True
        try:
            async with asyncio.timeout(END_WITHIN_S):
                if self._pid is None and self._starting is not None and not self._starting.done():
                    await asyncio.wait([self._starting])  # it makes its files
                if self._pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self._pid, self.server.stop_signal)
                    await self._ended.wait()
        except TimeoutError:
            return False
        return True

    async def _start(self) -> None:
        self._asked_to_end = False
        try:
            if self._pid is None:
                await self.server.prepare(self._run_short)
                self._start_server()
            await self._until_ready()
        except OSError as problem:
            text = f"{self.server.name} cannot use its files in your home: {problem.strerror} ({problem.filename})"
            self._failed(text)
            raise CannotStart(text) from problem
        except CannotStart as problem:
            self._failed(str(problem))
            raise

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not await self.server.is_ready():
            if self._pid is None:
                raise CannotStart(self._why())
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.server.name} still repairs its files. Connect again in a minute")
            await asyncio.sleep(_POLL_S)

    def _failed(self, text: str) -> None:
        self._failed_at = time.monotonic()
        if not self._asked_to_end:
            self._tell_sometimes(text)

    def _tell_sometimes(self, text: str) -> None:
        """A program that tries again and again is no reason for a notice each time."""
        now = time.monotonic()
        if now - self._told_at.get(text, float("-inf")) > _TELL_AGAIN_S:
            self._told_at[text] = now
            self._tell(text)

    def _start_server(self) -> None:
        self._ended.clear()
        self._output = Output(self.server.log, self._said)
        try:
            command = self.server.command()
            self._pid = self._children.start(command, output=self._output.for_server, for_student=True)
        finally:
            self._output.started()
        self._in_background(self._watch(self._pid))

    async def _run_short(self, command: Command) -> None:
        output = Output(None)
        try:
            pid = self._children.start(command, output=output.for_server)
        finally:
            output.started()
        code = await self._children.end_of(pid)
        self._children.forget(pid)
        output.drain()
        if code != 0:
            self._output = output
            raise CannotStart(self._why())

    async def _watch(self, pid: int) -> None:
        code = await self._children.end_of(pid)
        self._children.forget(pid)
        self._output.drain()
        self._pid = None
        self._ended.set()
        starting = self._starting is not None and not self._starting.done()
        if self._asked_to_end or starting:
            return
        if code == 0:
            self.give_up_port()
            self._tell_sometimes(
                f"You stopped {self.server.name}. Port {self.server.port} is free for a server of your own; "
                "the workspace's comes back with the next launch"
            )
        else:
            self._tell_sometimes(f"{self._why()}. It starts again with the next connection")

    def _why(self) -> str:
        """The reason behind the server's last words."""
        name, lines = self.server.name, self._output.lines
        if any(is_full(line) for line in lines):
            return f"{name} ended because your home is full. Your tables are safe. Delete something, then connect again"
        reason = next((found[0] for line in reversed(lines) if (found := _REASON.search(line))), "")
        return f"{name} ended: {reason[:200]}" if reason else f"{name} ended"

    def _said(self, line: str) -> None:
        if is_full(line):
            self._tell_sometimes(
                f"{self.server.name} cannot write: your home is full. What was saved before is safe. "
                "Delete something, then try again"
            )

    # --- connections ---

    def opened(self, caller: Caller) -> bool:
        """Whether there is room for one more."""
        self._open.add(caller)
        if self._unused is not None:
            self._unused.cancel()
        return len(self._open) <= CONNECTIONS_MAX

    def closed(self, caller: Caller) -> None:
        self._open.discard(caller)
        self._end_when_unused()

    def _end_when_unused(self) -> None:
        if self._unused is not None:
            self._unused.cancel()
        if not self._open and self._pid is not None:
            loop = asyncio.get_running_loop()
            self._unused = loop.call_later(self.unused_s, lambda: self._in_background(self._end_unused()))

    async def _end_unused(self) -> None:
        if not self._open:
            await self.end()

    def connect(self, caller: Caller) -> None:
        self._in_background(self._connect(caller))

    async def _connect(self, caller: Caller) -> None:
        try:
            await self.run()
            loop = asyncio.get_running_loop()
            await loop.create_unix_connection(lambda: Callee(caller), str(self.server.socket))
        except CannotStart as problem:
            caller.refuse(str(problem))
        except OSError:
            caller.abort()  # it ended at this moment; the program connects again
        self._end_when_unused()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


class Caller(asyncio.Protocol):
    """The side of the student's program."""

    def __init__(self, database: OnDemand) -> None:
        self._database = database
        self._refusal = ""
        self._received = bytearray()
        self.callee: Callee | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if not self._database.opened(self):
            self.transport.abort()
            return
        self._database.connect(self)

    def joined(self, callee: Callee) -> None:
        self.callee = callee
        if self.transport.is_closing():
            callee.transport.close()
            return
        callee.transport.write(bytes(self._received))
        self.transport.resume_reading()

    def refuse(self, text: str) -> None:
        """Answer in the server's protocol: a student sees it where they see its other errors."""
        self._refusal = text
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._answer_refused()
            asyncio.get_running_loop().call_later(_REFUSED_WITHIN_S, self.transport.close)

    def abort(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.callee is not None:
            self.callee.transport.write(data)
            return
        self._received += data
        if self._refusal:
            self._answer_refused()
        else:  # not earlier: a transport that has just been made begins to read in any case
            self.transport.pause_reading()

    def _answer_refused(self) -> None:
        answer, is_told = self._database.server.refusal(self._received, self._refusal)
        self.transport.write(answer)
        if is_told:
            self.transport.close()

    def eof_received(self) -> bool:
        if self.callee is None or self.callee.transport.is_closing():
            return False
        self.callee.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        if self.callee is not None:
            self.callee.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.callee is not None:
            self.callee.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        self._database.closed(self)
        if self.callee is not None:
            self.callee.transport.close()


class Callee(asyncio.Protocol):
    """The side of the server."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._caller.joined(self)

    def data_received(self, data: bytes) -> None:
        self._caller.transport.write(data)

    def pause_writing(self) -> None:
        self._caller.transport.pause_reading()

    def resume_writing(self) -> None:
        self._caller.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        self._caller.transport.close()  # sends what is buffered first
