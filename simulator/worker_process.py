"""What a process of a pool does first."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Be ended by the kernel as soon as the process `parent`, which has forked this one, is gone: also one that was killed, and
    could tell nobody. A pool's process would wait for work for ever. Elsewhere than on Linux it does."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it was gone before the kernel knew
