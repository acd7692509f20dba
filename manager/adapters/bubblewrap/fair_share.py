"""A sandbox that computes without a pause gives way to one that has just begun.

The kernel gives every sandbox the same share of the CPU. That is fair to two students who compile,
but one who computes for hours would take half of each core from everybody's launch. So a sandbox
that has used much lately, by itself or compared with all others, has a small share until it pauses.
It notices nothing while nobody else wants the CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from dataclasses import dataclass

from manager.adapters.bubblewrap.cgroups import TaskCgroup

log = logging.getLogger(__name__)

EVERY_S = 2.0
REMEMBERED_S = 8.0
"""The time after which a use counts a third. Starting VS Code takes less."""
HEAVY_CORES = 0.7
"""A sandbox that has used more gives way."""
LIGHT_CORES = 0.05
"""One that has used less never does. In between, it does if it has used half of all that sandboxes
have: on a crowded machine nobody gets much of a core."""
PAUSE = 0.5
"""So far below these limits it has to come before it has its full share again."""
FULL_SHARE, SMALL_SHARE = 1.0, 1 / 16


def next_average(average_cores: float, cores: float, elapsed_s: float) -> float:
    """The use of late, in cores, after `elapsed_s` with this use."""
    kept = math.exp(-elapsed_s / REMEMBERED_S)
    return kept * average_cores + (1 - kept) * cores


def gives_way(*, so_far: bool, average_cores: float, all_cores: float) -> bool:
    limit = min(HEAVY_CORES, max(LIGHT_CORES, all_cores / 2))
    return average_cores > (limit * PAUSE if so_far else limit)


@dataclass
class _Watched:
    cgroup: TaskCgroup
    size_share: float
    """Of its size; compared with other sandboxes."""
    used_s: float
    looked_at: float
    average_cores: float = 0.0
    gives_way: bool = False


class FairShare:
    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    def add(self, name: str, cgroup: TaskCgroup, size_share: float = 1.0) -> None:
        """Again, when its size has changed."""
        used_s = cgroup.cpu_used_s()
        if used_s is None:
            return
        with contextlib.suppress(OSError):  # it has just ended
            cgroup.set_cpu_share(FULL_SHARE * size_share)  # an earlier engine may have lowered it
        self._watched[name] = _Watched(cgroup, size_share, used_s, time.monotonic())
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_again_and_again())

    def remove(self, name: str) -> None:
        self._watched.pop(name, None)

    def end(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        for watched in self._watched.values():
            used_s, elapsed_s = watched.cgroup.cpu_used_s(), now - watched.looked_at
            if used_s is None or elapsed_s <= 0:
                continue  # it is ending
            cores = (used_s - watched.used_s) / elapsed_s
            watched.average_cores = next_average(watched.average_cores, cores, elapsed_s)
            watched.used_s, watched.looked_at = used_s, now
        all_cores = sum(watched.average_cores for watched in self._watched.values())
        for name, watched in self._watched.items():
            wanted = gives_way(so_far=watched.gives_way, average_cores=watched.average_cores, all_cores=all_cores)
            if wanted != watched.gives_way:
                watched.gives_way = wanted
                try:
                    share = SMALL_SHARE if wanted else FULL_SHARE
                    watched.cgroup.set_cpu_share(share * watched.size_share)
                except OSError as error:
                    log.warning("the CPU share of %s could not be changed: %s", name, error)
