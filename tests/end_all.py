"""Run one command. When it ends, is interrupted, or our caller dies, end all that it started.

`python -m tests.end_all COMMAND…` passes the exit code through. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
CLEAN_UP_WITHIN_S = 30
"""How long an interrupted command has to stop what its fixtures started."""


def main() -> int:
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans become our children, whatever session they are in
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the child must not inherit that it is ignored
    child = subprocess.Popen(sys.argv[1:], start_new_session=True)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, lambda *_: child.kill())
        signal.alarm(CLEAN_UP_WITHIN_S)
        child.send_signal(signal.SIGINT)  # to it alone: it needs its browser's driver to close the browser

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            break
    end_all_children()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def end_all_children() -> None:
    """Kill our children until there are none: the children of each come to us when it ends."""
    with suppress(ChildProcessError):
        while True:
            for pid in Path("/proc/thread-self/children").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            os.wait()


if __name__ == "__main__":
    sys.exit(main())
