"""`HomeMeter` over directories, with a child process that counts."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from manager.domain.disk import HomeUse, Space
from manager.ports.clock import Clock
from manager.ports.home_meter import Measurement
from manager.ports.home_volumes import check_home_id

log = logging.getLogger(__name__)

_START_S = 30.0
"""On a busy machine a process of the lowest priority may wait this long for its turn."""


def space_of(name: str, place: Path) -> Space:
    """Raises OSError."""
    seen = os.statvfs(place)
    files = (seen.f_favail, seen.f_files) if seen.f_files else (-1, -1)
    return Space(name, seen.f_bavail * seen.f_frsize, seen.f_blocks * seen.f_frsize, *files)


class DirectoryHomeMeter:
    def __init__(self, homes: Path, others: Mapping[str, Path], clock: Clock) -> None:
        """`others`: what else needs room, by words that follow 'The disk with': 'the snapshots'."""
        self._homes = homes
        self._places = {"the homes": homes, **others}
        self._clock = clock

    def spaces(self) -> tuple[Space, ...]:
        found: dict[int, Space] = {}
        for name, place in self._places.items():
            device = place.stat().st_dev
            if device not in found:
                found[device] = space_of(name, place)
        return tuple(found.values())

    def measure(self, home_ids: Collection[str], *, each_s: float) -> Iterator[tuple[str, Measurement]]:
        if not home_ids:
            return
        folders = [str(self._homes / check_home_id(home_id)) for home_id in home_ids]
        idle = [ionice, "-c", "3"] if (ionice := shutil.which("ionice")) else []
        ends_with_us = [setpriv, "--pdeathsig", "KILL"] if (setpriv := shutil.which("setpriv")) else []
        counting = [sys.executable, "-m", "manager.adapters.directory_homes.count_home", str(each_s), *folders]
        try:
            child = subprocess.Popen(
                [*ends_with_us, *idle, *counting], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
            )
        except OSError as error:
            log.warning("homes cannot be measured: %s", error)
            return
        late = threading.Timer(_START_S + 2.0 * each_s * len(folders), child.kill)
        late.daemon = True
        late.start()
        try:
            for line in child.stdout or ():
                with contextlib.suppress(ValueError, KeyError):
                    seen = json.loads(line)
                    use = HomeUse(seen["bytes"], seen["files"], self._clock.now(), whole=seen["whole"])
                    yield Path(seen["folder"]).name, Measurement(use, seen["took_s"])
        finally:
            late.cancel()
            child.kill()
            child.communicate()
