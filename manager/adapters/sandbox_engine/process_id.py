"""A process on disk: its pid and when it started, because the kernel uses pids again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_START_TIME = 19
"""The field's place in /proc/<pid>/stat after the name, which may hold any character."""


@dataclass(frozen=True)
class ProcessId:
    pid: int
    started: int
    """In clock ticks since the machine's start."""

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Raises OSError if there is no such process."""
        return cls(pid, _started(pid))

    def open(self) -> int | None:
        """A pidfd of exactly this process; None when it has ended."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return None
        try:
            if _started(self.pid) == self.started:  # asked after opening: it cannot change any more
                return descriptor
        except OSError:
            pass
        os.close(descriptor)
        return None


def _started(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[_START_TIME])
