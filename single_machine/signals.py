"""Turns the signals that ask a supervisor to end into one exception."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """A signal asks us to end. Not an Exception: nothing on the way may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def signals_end_us() -> Iterator[None]:
    def end(number: int, _frame: FrameType | None) -> None:
        raise Stop(number)

    earlier = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """An impatient second Ctrl-C must not leave half of it running."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
