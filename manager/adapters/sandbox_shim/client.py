"""The engine's end of its connection to the shim."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from contract.wire import BadMessage, from_json, to_json
from manager.adapters.sandbox_shim.wire import Collected, Prepared, ShimGone, Spawn, View, receive, send

ORDER_TIMEOUT_S = 5.0
CONNECT_WITHIN_S = 10.0
"""The supervisor starts both at once."""


class OrderRefused(Exception):
    """The shim could not do it; the text says why."""


class ShimClient:
    """One connection for the engine's life. Orders are short and come one at a time, so a call
    blocks: 2 ms for a mount, 5 ms for a new process."""

    def __init__(self, path: Path) -> None:
        """Raises ShimGone."""
        deadline = time.monotonic() + CONNECT_WITHIN_S
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(ORDER_TIMEOUT_S)
        while True:
            try:
                self._connection.connect(str(path))
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ShimGone(f"{path}: {error}") from error
                time.sleep(0.02)
        self.prepared = from_json(Prepared, self._ask("hello"))

    def when_gone(self, end: Callable[[], None]) -> None:
        """Call `end` when the shim has ended and with it every sandbox."""

        def look() -> None:
            with contextlib.suppress(BlockingIOError):
                if not self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    asyncio.get_running_loop().remove_reader(self._connection)
                    end()

        asyncio.get_running_loop().add_reader(self._connection, look)

    def children(self) -> dict[str, int]:
        """The pids of all that were started and not collected. None of them has been used again."""
        return from_json(dict[str, int], self._ask("list"))

    def spawn(self, spawn: Spawn, descriptors: Sequence[int] = ()) -> int:
        """Start a program; its pid. Raises OrderRefused."""
        pid: int = self._ask("spawn", to_json(spawn), descriptors)
        return pid

    def collect(self, name: str) -> Collected:
        """The exit code of a program that has ended; frees its name. Raises OrderRefused."""
        return from_json(Collected, self._ask("collect", name))

    def kept(self, name: str) -> socket.socket:
        """The listener that was given with `spawn`. Raises OrderRefused."""
        with _closing(self._exchange("kept", name)[1]) as descriptors:
            return socket.socket(fileno=os.dup(descriptors[0]))

    def mount(self, order: object) -> None:
        """Raises OrderRefused."""
        self._ask("mount", to_json(order))

    def end(self) -> None:
        """End the shim and every program it started."""
        self._ask("end")

    def _ask(self, order: str, arguments: object = None, descriptors: Sequence[int] = ()) -> Any:
        value, returned = self._exchange(order, arguments, descriptors)
        with _closing(returned):
            return value

    def _exchange(self, order: str, arguments: object, descriptors: Sequence[int] = ()) -> tuple[Any, list[int]]:
        try:
            send(self._connection, {"order": order, "arguments": arguments}, descriptors)
            answer, returned = receive(self._connection)
            if answer is None:
                raise ShimGone("it ended")
        except (OSError, ValueError) as error:
            # A late answer would be taken for the next order's: `when_gone` sees this end.
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            raise ShimGone(f"the shim does not answer to {order}: {error!r}") from error
        if "failure" in answer:
            raise OrderRefused(str(answer["failure"]))
        return answer.get("value"), returned


@contextlib.contextmanager
def _closing(descriptors: list[int]) -> Iterator[list[int]]:
    try:
        yield descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


class Child:
    """One program that the shim started; a pidfd tells its end."""

    def __init__(self, shim: ShimClient, name: str, pid: int) -> None:
        """The shim keeps the pid from being used again, so this is the same process."""
        self.pid = pid
        self.last_words = ""
        """The end of its output, once it has ended."""
        self._shim = shim
        self._name = name
        self._pidfd = os.pidfd_open(pid)
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        loop.add_reader(self._pidfd, self._on_end)

    @classmethod
    def spawn(
        cls,
        shim: ShimClient,
        name: str,
        command: Sequence[str],
        *,
        standard_input: bytes,
        environment: Mapping[str, str] | None = None,
        directory: str = "/",
        passed: Sequence[int] = (),
        kept: int | None = None,
        own_session: bool = False,
        view: View | None = None,
    ) -> Child:
        """Raises OSError."""
        spawn = Spawn(
            name=name,
            command=tuple(command),
            standard_input=standard_input.decode(),
            environment=dict(environment or {}),
            directory=directory,
            own_session=own_session,
            passed=len(passed),
            view=view,
        )
        try:
            return cls(shim, name, shim.spawn(spawn, [*passed, *([kept] if kept is not None else [])]))
        except OrderRefused as error:
            raise OSError(f"{command[0]} could not be started: {error}") from error

    @property
    def ended(self) -> bool:
        """Also when nobody had the time to notice."""
        if self._ended.done():
            return True
        look = select.poll()  # select.select() refuses descriptors above 1023, and an engine has more
        look.register(self._pidfd, select.POLLIN)
        return bool(look.poll(0))

    async def wait(self) -> int:
        """The exit code; if negative, the number of the signal that ended it."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        if not self._ended.done():
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _on_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        try:
            collected = self._shim.collect(self._name)
        except (OrderRefused, BadMessage, ShimGone) as error:
            collected = Collected(-signal.SIGKILL, f"its end is not known: {error}")
        self.last_words = collected.last_words
        self._ended.set_result(collected.code)
