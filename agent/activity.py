"""What a person did last, and which job is busy.

Three sources. The application reports what it sees of a person. A terminal's device keeps the time
at which *input* was last read (atime; the kernel rounds it to 8 s, to hide how fast somebody
types); its mtime is output, which a forgotten `tail -f` makes forever, and does not count. A busy
job is CPU time of the student's processes, kept apart from the person, because the manager keeps it
up only for so long. A student can forge all of this in their own task; the manager's session limit
bounds that.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from agent.listening import listeners
from agent.processes import Process, list_processes, words_for
from agent.programs import running_programs

SAMPLE_INTERVAL_S = 15.0
BUSY_WINDOW_S = 60.0
BUSY_CPU_S = 3.0
"""5 % of one CPU over a minute: a compiler is far above, a waiting dev server is below 2 %."""


@dataclass
class Activity:
    students: Callable[[list[Process]], list[Process]]
    """Of all processes of the task, those that do the student's work."""
    now: Callable[[], float]
    visited: Callable[[float], frozenset[int]] = lambda _: frozenset()
    """The ports that others than the student visited within so many seconds."""
    processes: Callable[[], list[Process]] = list_processes
    terminal_read_at: Callable[[int], float | None] = field(default_factory=lambda: terminal_read_at)
    last_at: float | None = None
    reason: str = ""
    busy: str = ""
    _samples: deque[tuple[float, dict[int, float]]] = field(default_factory=deque)
    _latest: list[Process] = field(default_factory=list)

    def person(self, reason: str, at: float | None = None) -> None:
        """A sign of a person, now or a moment ago."""
        at = self.now() if at is None else min(at, self.now())
        if self.last_at is None or at >= self.last_at:
            self.last_at, self.reason = at, reason

    def sample(self) -> None:
        """Look at terminals and processes; cheap enough for every question."""
        students = self._latest = self.students(self.processes())
        self._look_at_terminals({process.terminal for process in students if process.terminal})
        self._look_at_cpu(students)

    def programs(self, *, without: Collection[int]) -> tuple[str, ...]:
        """The student's that ran at the last look, but for those pids and what they started."""
        return running_programs(self._latest, without=without)

    def _look_at_terminals(self, terminals: set[int]) -> None:
        for terminal in terminals:
            read_at = self.terminal_read_at(terminal)
            if read_at is not None:
                self.person("used the terminal", read_at)

    def _look_at_cpu(self, students: list[Process]) -> None:
        now = self.now()
        cpu_s = {process.pid: process.cpu_s for process in students}
        while len(self._samples) > 1 and self._samples[1][0] <= now - BUSY_WINDOW_S:
            self._samples.popleft()
        if not self._samples:
            self._samples.append((now, cpu_s))
        before = self._samples[0][1]
        serving = self._serving_visitors(students)
        counted = [process for process in students if process.pid not in serving]
        if now - self._samples[-1][0] >= SAMPLE_INTERVAL_S / 2:
            self._samples.append((now, cpu_s))
        # A parent that waits for a child inherits its time: the sum only loses a closed terminal's.
        earlier_s = sum(spent_s for pid, spent_s in before.items() if pid not in serving)
        used_s = sum(process.cpu_s for process in counted) - earlier_s
        if used_s < BUSY_CPU_S:
            self.busy = ""
            return
        hungriest = max(counted, key=lambda process: process.cpu_s - before.get(process.pid, 0.0))
        leader = next((process for process in students if process.pid == hungriest.group), hungriest)
        self.busy = words_for(leader)

    def _serving_visitors(self, students: list[Process]) -> set[int]:
        """What a visitor makes a program do is no work of the student's and keeps nothing running.

        So a program that serves a shared port does not count while others visit it, nor do its
        children.
        """
        ports = self.visited(BUSY_WINDOW_S)
        found = listeners(ports, (process.pid for process in students)) if ports else set()
        while more := {process.pid for process in students if process.parent in found} - found:
            found |= more
        return found


def terminal_read_at(terminal: int) -> float | None:
    """When input was last read from the pseudo-terminal with this device number; None: never.

    Opening one sets all its times to the same moment; then only reading input changes `atime`.
    """
    major, minor = os.major(terminal), os.minor(terminal)
    if not 136 <= major <= 143:  # the kernel's majors for /dev/pts
        return None
    try:
        status = os.stat(f"/dev/pts/{(major - 136) * 256 + minor}")  # noqa: PTH116 — no Path needed
    except OSError:
        return None
    return status.st_atime if status.st_rdev == terminal and status.st_atime > status.st_ctime else None
