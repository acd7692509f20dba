"""The shim itself: starts programs, keeps what a later engine needs of them, enters sandboxes.

It has one thread, because a process with threads may enter no user namespace, and because the
kernel ends its children with the thread that started them. It collects no child by itself: until
the engine asks for the exit code, no other process can get that pid.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contract.wire import BadMessage, from_json, to_json
from manager.adapters.bubblewrap.mounter import Order, carry_out
from manager.adapters.bubblewrap.template_view import enter_view
from manager.adapters.sandbox_shim.wire import PASSED_FROM, Collected, Prepared, Spawn, receive, send

log = logging.getLogger(__name__)

LAST_WORDS_MAX_BYTES = 8192
EXCHANGE_TIMEOUT_S = 5.0
READ_MAX_BYTES = 1 << 20
PAUSE_S = 0.5
"""After `READ_MAX_BYTES`: a child that only talks must not keep the shim busy; it waits."""


class Refused(Exception):
    """The text is for the engine's log."""


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    output: int
    kept: int | None
    last_words: bytearray = field(default_factory=bytearray)
    read_bytes: int = 0
    """Since the last pause."""

    def read(self) -> bytes | None:
        """The new output; None if there is none yet, empty at its end."""
        try:
            data = os.read(self.output, 65536)
        except BlockingIOError:
            return None
        self.last_words += data
        self.read_bytes += len(data)
        # Students' output can reach this pipe; it must not fill the memory or a disk.
        del self.last_words[:-LAST_WORDS_MAX_BYTES]
        return data


class Shim:
    def __init__(self, listener: socket.socket, prepared: Prepared) -> None:
        self._prepared = prepared
        self._children: dict[str, _Child] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._ending = False
        self._paused: dict[str, float] = {}
        """Names of children → when their output is read again."""

    def serve(self) -> None:
        """Return when the engine asks us to end. The kernel ends our children with us."""
        while not self._ending:
            for key, _ in self._selector.select(PAUSE_S if self._paused else None):
                key.data(key.fileobj)
            self._go_on_reading()

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(EXCHANGE_TIMEOUT_S)
        self._selector.register(connection, selectors.EVENT_READ, self._answer)

    def _answer(self, connection: socket.socket) -> None:
        descriptors: list[int] = []
        try:
            order, descriptors = receive(connection)
            if order is not None:
                answer, kept = self._carry_out(order, descriptors)
                send(connection, answer, kept)
                return
        except ConnectionError:
            pass  # the supervisor only looks whether we answer
        except (OSError, ValueError) as error:
            log.warning("an exchange was not finished: %r", error)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._selector.unregister(connection)
        connection.close()

    def _carry_out(self, order: Any, descriptors: Sequence[int]) -> tuple[Any, Sequence[int]]:
        try:
            match order["order"]:
                case "hello":
                    return {"value": to_json(self._prepared)}, ()
                case "list":
                    return {"value": {name: child.process.pid for name, child in self._children.items()}}, ()
                case "spawn":
                    return {"value": self._spawn(from_json(Spawn, order["arguments"]), descriptors)}, ()
                case "kept":
                    return {"value": None}, (self._kept(order["arguments"]),)
                case "collect":
                    return {"value": to_json(self._collect(order["arguments"]))}, ()
                case "mount":
                    carry_out(from_json(Order, order["arguments"]))
                    return {"value": None}, ()
                case "end":
                    self._ending = True
                    return {"value": None}, ()
                case name:
                    return {"failure": f"this order is not known: {name}"}, ()
        except (Refused, BadMessage, OSError, subprocess.SubprocessError) as error:
            return {"failure": str(error)}, ()
        except Exception as error:  # one broken order must not end every sandbox
            log.exception("an order failed")
            return {"failure": repr(error)}, ()

    def _spawn(self, spawn: Spawn, descriptors: Sequence[int]) -> int:
        if spawn.name in self._children or spawn.passed > len(descriptors):
            raise Refused(f"{spawn.name} is there already, or its descriptors are not")
        passed = range(PASSED_FROM, PASSED_FROM + spawn.passed)
        with contextlib.ExitStack() as opened:
            for number, descriptor in zip(passed, descriptors, strict=False):
                os.dup2(descriptor, number)
                opened.callback(os.close, number)
            input_read, input_write = os.pipe()
            opened.callback(os.close, input_read)
            with os.fdopen(input_write, "wb") as standard_input:  # fits the pipe's buffer, so nothing blocks
                standard_input.write(spawn.standard_input.encode())
            output_read, output_write = os.pipe()
            opened.callback(os.close, output_write)
            view = spawn.view
            try:
                process = subprocess.Popen(
                    spawn.command,
                    stdin=input_read,
                    stdout=output_write,
                    stderr=subprocess.STDOUT,
                    cwd=spawn.directory,
                    env=spawn.environment,
                    pass_fds=tuple(passed),
                    start_new_session=spawn.own_session,
                    preexec_fn=(lambda: enter_view(view)) if view else None,  # noqa: PLW1509  there is one thread
                )
            except BaseException:
                os.close(output_read)
                raise
        os.set_blocking(output_read, False)
        kept = os.dup(descriptors[spawn.passed]) if len(descriptors) > spawn.passed else None
        self._children[spawn.name] = _Child(process, output_read, kept)
        self._read_from(spawn.name)
        return process.pid

    def _listen_to(self, name: str) -> None:
        child = self._children.get(name)  # a moment ago it may have been collected
        if child is None:
            return
        data = child.read()
        if data == b"":
            self._selector.unregister(child.output)
        elif child.read_bytes >= READ_MAX_BYTES:
            self._selector.unregister(child.output)
            child.read_bytes = 0
            self._paused[name] = time.monotonic() + PAUSE_S

    def _go_on_reading(self) -> None:
        for name in [name for name, until in self._paused.items() if until <= time.monotonic()]:
            del self._paused[name]
            self._read_from(name)

    def _read_from(self, name: str) -> None:
        if name in self._children:
            output = self._children[name].output
            self._selector.register(output, selectors.EVENT_READ, lambda _: self._listen_to(name))

    def _kept(self, name: str) -> int:
        child = self._children.get(name)
        if child is None or child.kept is None:
            raise Refused(f"nothing is kept for {name}")
        return child.kept

    def _collect(self, name: str) -> Collected:
        child = self._children.get(name)
        code = child.process.poll() if child else None
        if child is None or code is None:
            raise Refused(f"{name} is not there, or still runs")
        child.read()
        with contextlib.suppress(KeyError):  # its output ended before
            self._selector.unregister(child.output)
        os.close(child.output)
        if child.kept is not None:
            os.close(child.kept)
        del self._children[name]
        return Collected(code, child.last_words.decode(errors="replace").strip())
