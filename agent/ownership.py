"""Which processes of a task are the student's, and which are the application's own.

The student's: what has a terminal, and everything below it, whatever terminal, session or parent it
has later (`nohup`, `setsid`, `&`, a daemon). The application's own: what it started itself. What
loses its parent stays what it was; what only shows up without one has detached itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from agent.processes import Process


class Ownership:
    def __init__(self, agent: int, started: Callable[[], Collection[int]]) -> None:
        """`started`: the pids of what the agent itself has started."""
        self._agent = agent
        self._started = started
        self._students: dict[int, float] = {}
        """Start time by pid, as pids are used again."""
        self._own: dict[int, float] = {}

    def students(self, processes: list[Process]) -> list[Process]:
        by_pid = {process.pid: process for process in processes}
        sessions = {process.session for process in processes if process.terminal}
        sessions |= {pid for pid in self._students if self._is_known(self._students, by_pid.get(pid))}
        started = self._started()
        found: dict[int, bool] = {}

        def is_students(process: Process) -> bool:
            if process.pid not in found:
                found[process.pid] = decide(process)
            return found[process.pid]

        def decide(process: Process) -> bool:
            if process.pid in (1, self._agent):
                return False
            if process.terminal or process.session in sessions or self._is_known(self._students, process):
                return True
            parent = by_pid.get(process.parent)
            if parent is not None and parent.pid not in (1, self._agent):
                return is_students(parent)
            return not (process.pid in started or self._is_known(self._own, process))

        students = [process for process in processes if is_students(process)]
        own = [process for process in processes if not found[process.pid]]
        self._students = {process.pid: process.started for process in students}
        self._own = {process.pid: process.started for process in own}
        return students

    @staticmethod
    def _is_known(known: dict[int, float], process: Process | None) -> bool:
        return process is not None and known.get(process.pid) == process.started
