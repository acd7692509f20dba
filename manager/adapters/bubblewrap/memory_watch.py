"""A task's memory: who tells it that a program was ended for it, and its limit without a cgroup.

RLIMIT_DATA bounds the private memory of one process and nothing that is shared. So once a second
the engine adds up what all processes of a sandbox hold, shared memory included, and ends the
largest process of one that holds more than it may, as the kernel would. What grows by gigabytes
within that second is seen too late: a guard, not the wall that a cgroup is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from manager.adapters.bubblewrap.cgroups import TaskCgroup

log = logging.getLogger(__name__)

EVERY_S = 1.0
DATA_FACTOR = 2
"""Without a cgroup each process may use this many times the task's memory: a guard, not a limit."""
EXACT_EVERY = 10
"""So many looks apart, processes that share much (forks of a template) are added up exactly."""
GROWN = 1.05
_KIBIBYTE = 1024
_IN_MEMORY = ("tmp", "dev/shm", "run/user/1000")


@dataclass
class _Watched:
    name: str
    pid: int
    """Process 1 of the sandbox, which is never ended: that would end all."""
    limit_bytes: int
    cgroup: TaskCgroup | None
    """None: nothing but this watch limits its memory."""
    tell: Callable[[], None]
    """Called after one of its programs was ended."""
    kills: int = 0
    fine_at: int = 0
    """The rough sum that an exact look found to be fine."""
    looks: int = 0
    used_bytes: int | None = None
    """At the last look; a cgroup is asked only when somebody wants to know."""


@dataclass(frozen=True)
class Use:
    """What one process holds: its own share of what it shares with others."""

    pid: int
    private_bytes: int
    shared_bytes: int

    @property
    def all_bytes(self) -> int:
        return self.private_bytes + self.shared_bytes


def total(uses: list[Use], in_memory_bytes: int) -> int:
    """`in_memory_bytes`: files in memory, which may also be mapped and must not count twice."""
    shared = max(sum(use.shared_bytes for use in uses), in_memory_bytes)
    return sum(use.private_bytes for use in uses) + shared


class MemoryWatch:
    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}
        """By the number of the sandbox's PID namespace."""
        self._looking: asyncio.Task[None] | None = None

    def add(
        self, name: str, pid: int, limit_bytes: int, *, cgroup: TaskCgroup | None, tell: Callable[[], None]
    ) -> None:
        kills = cgroup.out_of_memory_kills() if cgroup else 0
        with contextlib.suppress(OSError):  # it has just ended
            self._watched[_namespace_of(pid)] = _Watched(name, pid, limit_bytes, cgroup, tell, kills)
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_again_and_again())

    def limit(self, pid: int, limit_bytes: int) -> None:
        for watched in self._watched.values():
            if watched.pid == pid:
                watched.limit_bytes, watched.fine_at = limit_bytes, 0
                if watched.cgroup is None:
                    self._limit_data(pid, limit_bytes)

    def _limit_data(self, pid: int, limit_bytes: int) -> None:
        """The guard of each process that is there; what it starts inherits it."""
        numbers = {_namespace_of(pid): None}
        for pids in _processes_by_namespace(numbers).values():
            for one in pids:
                with contextlib.suppress(OSError):
                    hard = resource.prlimit(one, resource.RLIMIT_DATA)[1]
                    wanted = limit_bytes * DATA_FACTOR
                    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
                    resource.prlimit(one, resource.RLIMIT_DATA, (soft, hard))

    def remove(self, pid: int) -> None:
        self._watched = {number: watched for number, watched in self._watched.items() if watched.pid != pid}

    def used(self) -> dict[str, int]:
        """Bytes by the names that were given, without those that are not counted yet."""
        counted = {it.name: it.cgroup.memory_used() if it.cgroup else it.used_bytes for it in self._watched.values()}
        return {name: used for name, used in counted.items() if used is not None}

    def end(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                self.look()
            except OSError:
                log.exception("the memory of sandboxes could not be read")

    def look(self) -> None:
        for watched in self._watched.values():
            kills = watched.cgroup.out_of_memory_kills() if watched.cgroup else 0
            if kills > watched.kills:
                watched.kills = kills
                watched.tell()
        without = {number: it for number, it in self._watched.items() if it.cgroup is None}
        for number, pids in _processes_by_namespace(without).items():
            watched = self._watched[number]
            rough = total(list(filter(None, map(rough_use, pids))), files_in_memory(watched.pid))
            watched.looks += 1
            watched.used_bytes = rough
            if rough <= watched.limit_bytes or (rough <= watched.fine_at * GROWN and watched.looks % EXACT_EVERY):
                continue
            uses = list(filter(None, map(exact_use, pids)))
            used = total(uses, files_in_memory(watched.pid))
            watched.used_bytes = used
            watched.fine_at = rough if used <= watched.limit_bytes else 0
            if used > watched.limit_bytes:
                self._end_largest(number, watched, uses, used)

    def _end_largest(self, number: int, watched: _Watched, uses: list[Use], used: int) -> None:
        others = [use for use in uses if use.pid != watched.pid]
        if not others:
            return
        largest = max(others, key=lambda use: use.all_bytes)
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(largest.pid)
            try:
                if _namespace_of(largest.pid) == number:  # pids are used again
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    watched.tell()
                    log.info(
                        "%s holds %d MB of %d: its largest process, with %d MB, is ended",
                        *(watched.name, used >> 20, watched.limit_bytes >> 20, largest.all_bytes >> 20),
                    )
            finally:
                os.close(descriptor)


def rough_use(pid: int) -> Use | None:
    """From one small file; counts shared pages once for each process. None: it has ended."""
    values = _kibibytes(pid, "status")
    if not values:
        return None
    return Use(pid, values.get("RssAnon", 0) + values.get("VmSwap", 0), values.get("RssShmem", 0))


def exact_use(pid: int) -> Use | None:
    """From the kernel's walk over all its pages, which takes milliseconds."""
    values = _kibibytes(pid, "smaps_rollup")
    if not values:
        return None
    return Use(pid, values.get("Pss_Anon", 0) + values.get("SwapPss", 0), values.get("Pss_Shmem", 0))


def _kibibytes(pid: int, file: str) -> dict[str, int]:
    """Name → bytes, of the lines in kB; empty when the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines if line.endswith(" kB"))
    return {words[0].rstrip(":"): int(words[1]) * _KIBIBYTE for words in pairs if words[1].isdigit()}


def files_in_memory(pid: int) -> int:
    """What lies in the sandbox's own file systems in memory."""
    used = 0
    for place in _IN_MEMORY:
        with contextlib.suppress(OSError):
            state = os.statvfs(f"/proc/{pid}/root/{place}")
            used += (state.f_blocks - state.f_bfree) * state.f_frsize
    return used


def _processes_by_namespace(numbers: Mapping[int, object]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if not numbers:
        return found
    for entry in os.listdir("/proc"):  # noqa: PTH208  a Path for each process is waste
        if entry.isdecimal():
            with contextlib.suppress(OSError):  # it has ended, or is somebody else's
                number = _namespace_of(int(entry))
                if number in numbers:
                    found.setdefault(number, []).append(int(entry))
    return found


def _namespace_of(pid: int) -> int:
    return os.stat(f"/proc/{pid}/ns/pid").st_ino  # noqa: PTH116  the same
