"""Faults at port calls: crashes, errors and another manager's work, before or after any one call
takes effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract.errors import ApraNovaError, Reason
from manager.ports.task_agent import AgentUnreachable


class Crash(BaseException):
    """The process is gone: no handler of the code under test may see this as an error it can deal
    with."""


class Faults:
    """Counts down the points around port calls, and does the planned thing at its turn."""

    def __init__(self) -> None:
        self._planned: list[tuple[int, Callable[[str], None]]] = []
        self._busy = False
        self.silent: set[str] = set()
        self.after_each: Callable[[], None] = lambda: None

    def plan(self, points: int, what: Callable[[str], None]) -> None:
        self._planned.append((points, what))

    def clear(self) -> None:
        self._planned.clear()
        self.silent.clear()

    def point(self, port: str) -> None:
        if self._busy:
            return
        self._planned = [(left - 1, what) for left, what in self._planned]
        due = [what for left, what in self._planned if left <= 0]
        self._planned = [(left, what) for left, what in self._planned if left > 0]
        self._busy = True
        try:
            for what in due:
                what(port)
        finally:
            self._busy = False


def crash(_port: str) -> None:
    raise Crash


def fail(port: str) -> None:
    if port == "agent":
        raise AgentUnreachable("a planned fault")
    if port == "store":
        raise OSError("a planned fault: the outcome of this call is unknown")
    raise ApraNovaError(Reason.INTERNAL, "a planned fault")


class Faulty:
    """A port behind which each call has a fault point before and after its effect."""

    def __init__(self, port: str, real: Any, faults: Faults) -> None:
        self._port, self._real, self._faults = port, real, faults

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._faults.point(self._port)
            if self._port in self._faults.silent:
                fail(self._port)
            answer = value(*args, **kwargs)
            self._faults.after_each()
            self._faults.point(self._port)
            return answer

        return call
