"""The ports as one process sees them: every call has its fate."""

from __future__ import annotations

from typing import Any

from greenlet import GreenletExit, getcurrent

from simulator.faults import Faults
from simulator.loop import EventLoop
from simulator.process import Process


class Port:
    """A simulated adapter as seen over the network. Plain attributes pass through."""

    def __init__(self, process: Process, name: str, real: Any, faults: Faults) -> None:
        self._process, self._name, self._real, self._faults = process, name, real, faults

    def __getattr__(self, method: str) -> Any:
        real = getattr(self._real, method)
        if not callable(real) or method in self._real.LOCAL:
            return real
        process, port, faults, latency_s = self._process, self._name, self._faults, self._real.latency_s
        name, loop = f"{port}.{method}", process.loop

        def call(*arguments: Any, **named: Any) -> Any:
            if getcurrent() is loop.hub:
                return real(*arguments, **named)  # nobody's thread: the simulation itself asks
            if not process.alive:
                raise GreenletExit
            fate = faults.fate(port, method, latency_s(method, arguments))
            return process.call(name, real, arguments, named, fate)

        self.__dict__[method] = call
        return call


class SkewedClock:
    """A machine's own clock, some seconds off."""

    def __init__(self, loop: EventLoop, offset_s: float) -> None:
        self._loop = loop
        self.offset_s = offset_s

    def now(self) -> float:
        return self._loop.now + self.offset_s


class NumberedIds:
    """Short names for readable traces. One for the whole run: no two processes draw the same."""

    def __init__(self) -> None:
        self._count = 0

    def task_id(self) -> str:
        return f"task-{self._next()}"

    def home_id(self) -> str:
        return f"home-{self._next()}"

    def secret(self) -> str:
        return f"secret-{self._next()}"

    def _next(self) -> int:
        self._count += 1
        return self._count
