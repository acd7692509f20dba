"""A program in an editor's terminal that must never end, and how it ended if it did."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path

from benchmarks.one_server.machine import Server
from tests.student import VSCode
from tests.waiting import until

EVERY_S = 0.2
PROVES_ITSELF_S = 4.0
BEGINS_WITHIN_S = 60.0
_LINE = (
    "trap 'echo the terminal hung up >> ~/ticks; exit' HUP; "
    f"while true; do date +%s.%N >> ~/ticks; sleep {EVERY_S}; done"
)


def started_jobs(server: Server) -> set[Path]:
    return set((server.root / "var/lib/apranova/data/homes").glob("*/ticks"))


def start_job(server: Server, code: VSCode, *, known: set[Path]) -> Path:
    """The file into which it writes, outside the project, where VS Code would ask Git at each
    line."""
    for new in (False, True, True):
        code.terminal(_LINE, new=new)
        try:
            (job,) = until(lambda: started_jobs(server) - known, within_s=BEGINS_WITHIN_S)
        except AssertionError:
            print("what was typed did not begin; it is typed into another terminal", flush=True)
            continue
        code.page.wait_for_timeout(PROVES_ITSELF_S * 1_000)
        if goes_on(job):
            return job
        print(f"{how_it_ended(job)}; it begins in another terminal", flush=True)
    raise AssertionError("no job goes on")


def goes_on(job: Path) -> bool:
    return time.time() - job.stat().st_mtime < PROVES_ITSELF_S / 2


def how_it_ended(job: Path) -> str:
    """Empty when it goes on."""
    if goes_on(job):
        return ""
    last = (job.read_text().splitlines() or [""])[-1]
    how = "it was killed without a word" if _is_tick(last) else last
    ended = time.strftime("%H:%M:%S", time.gmtime(job.stat().st_mtime))
    return f"a job ended at {ended}: {how}"


def longest_pause(job: Path, *, since: float) -> float:
    ticks = [float(line) for line in job.read_text().splitlines() if _is_tick(line)]
    after = [tick for tick in ticks if tick >= since]
    return max((later - earlier for earlier, later in itertools.pairwise(after)), default=0.0)


def _is_tick(line: str) -> bool:
    return re.fullmatch(r"\d+\.\d+", line) is not None
