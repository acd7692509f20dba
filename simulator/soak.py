"""`./apranova soak`: run after run under faults, until Ctrl-C or the first violation."""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from simulator.fleet import Outcome, run_seed
from simulator.operator_input import words_of
from simulator.profile import difference, simpler
from simulator.quick import quick_records
from simulator.worker_process import end_with

_REPORT_EVERY_S = 10.0
_PART = 50
"""Runs that a process does at a time, and between two garbage collections."""
_TRACE_LINES = 60


@dataclass
class Totals:
    """What has run so far, over all parts of a soak."""

    next_seed: int = 0
    runs: int = 0
    events: int = 0
    simulated_s: float = 0.0
    launches: int = 0
    crashes: int = 0
    machine_s: float = 0.0
    """Processor time, not time on the wall."""
    violations: list[int] = field(default_factory=list)
    """Seeds."""

    def add(self, outcome: Outcome) -> None:
        self.next_seed = outcome.seed + 1
        self.runs += 1
        self.events += outcome.events
        self.simulated_s += outcome.simulated_s
        self.launches += outcome.launches
        self.crashes += outcome.crashes
        if outcome.violation is not None:
            self.violations.append(outcome.seed)

    def add_part(self, part: Totals) -> None:
        for total in fields(self):
            setattr(self, total.name, getattr(self, total.name) + getattr(part, total.name))
        self.next_seed = part.next_seed

    def text(self) -> str:
        days = self.simulated_s / 86_400.0
        return (
            f"{self.runs:,} runs, {self.events:,} events, {days:,.0f} simulated days, {self.launches:,} launches, "
            f"{self.crashes:,} crashes, {len(self.violations)} violations; next seed {self.next_seed}"
        )


def main() -> int:
    chosen = _parse(words_of("soak", None))
    if chosen.replay is not None:
        outcome = run_seed(chosen.replay, traced=True)
        print("\n".join(outcome.trace.lines))
        print(f"hash {outcome.trace.hash()}")
        return 0 if outcome.violation is None else 1
    totals = _load(chosen.totals)
    if chosen.seed is not None:
        totals.next_seed = chosen.seed
    return _soak(totals, runs=chosen.runs, totals_file=chosen.totals, keep_going=chosen.keep_going, jobs=chosen.jobs)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="apranova soak",
        description="Runs the workspace manager's real core in a simulated world full of faults, one seed after "
        "another, and stops at the first broken rule. Equal seeds give equal runs.",
    )
    parser.add_argument("--runs", type=_positive, help="stop after N runs (default: at Ctrl-C)", metavar="N")
    parser.add_argument("--seed", type=int, metavar="N", help="first seed (default: 0, or where the totals file ends)")
    parser.add_argument(
        "--totals", type=Path, metavar="FILE", help="keep totals in this file, and continue where it ends"
    )
    parser.add_argument("--jobs", type=_positive, metavar="N", help="processes (default: one for each core)")
    parser.add_argument("--keep-going", action="store_true", help="report a violation and continue")
    parser.add_argument("--replay", type=int, metavar="SEED", help="print everything that happens in one run")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _soak(totals: Totals, *, runs: int | None, totals_file: Path | None, keep_going: bool, jobs: int | None) -> int:
    began = reported = time.monotonic()
    began_with = totals.runs
    failed = False
    parts = _parts(totals.next_seed, runs, jobs or os.cpu_count() or 1, keep_going=keep_going)
    try:
        for part in parts:
            totals.add_part(part)
            for seed in part.violations:
                failed = True
                _tell(run_seed(seed))
            if failed and not keep_going:
                break
            if time.monotonic() - reported >= _REPORT_EVERY_S:
                reported = time.monotonic()
                speed = (totals.runs - began_with) / (reported - began)
                print(f"{totals.text()}  ({speed:.1f} runs/s)", flush=True)
                _save(totals, totals_file)
    except KeyboardInterrupt:
        print()
    finally:
        parts.close()
        _save(totals, totals_file)
    done, seconds = totals.runs - began_with, time.monotonic() - began
    print(f"{totals.text()}\nthis part: {done:,} runs in {seconds:.0f} s, {done / max(seconds, 1e-9):.1f} runs/s")
    return 1 if failed else 0


def _parts(first_seed: int, runs: int | None, jobs: int, *, keep_going: bool) -> Generator[Totals]:
    """Part after part in the order of their seeds, also with several processes."""
    firsts = itertools.count(first_seed, _PART) if runs is None else range(first_seed, first_seed + runs, _PART)
    end = float("inf") if runs is None else first_seed + runs
    orders = ((first, int(min(_PART, end - first)), keep_going) for first in firsts)
    if jobs == 1 or end - first_seed <= _PART:
        yield from (run_part(*order) for order in orders)
        return
    context = multiprocessing.get_context("fork")
    # Ctrl-C reaches all processes of a terminal: parts that have begun run to their end.
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(os.getpid(),)) as pool:
        waiting: deque[Future[Totals]] = deque()
        try:
            for order in orders:
                waiting.append(pool.submit(run_part, *order))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def run_part(first_seed: int, runs: int, keep_going: bool) -> Totals:
    """Stops at the first violation, unless `keep_going`."""
    part, processor_began, collects = Totals(), time.process_time(), gc.isenabled()
    gc.disable()
    try:
        with quick_records():
            for seed in range(first_seed, first_seed + runs):
                part.add(run_seed(seed))
                if part.violations and not keep_going:
                    break
    finally:
        if collects:
            gc.enable()
        gc.collect()
    part.machine_s = time.process_time() - processor_began
    return part


def _begin(parent: int) -> None:
    end_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _tell(outcome: Outcome) -> None:
    print(f"\n✗ seed {outcome.seed}: {outcome.violation}\n  {difference(outcome.profile)}", flush=True)
    smallest = shrunk(outcome)
    traced = run_seed(smallest.seed, smallest.profile, traced=True)
    print(f"\nThe same with less: {difference(smallest.profile)}\nIts last {_TRACE_LINES} steps:\n")
    print("\n".join(traced.trace.lines[-_TRACE_LINES:]))
    print(f"\nAll of the first run: ./apranova soak --replay {outcome.seed}\n", flush=True)


def shrunk(outcome: Outcome, *, tries_max: int = 200) -> Outcome:
    """The simplest profile found with which the same seed still breaks the same rule."""
    assert outcome.violation is not None  # noqa: S101 (the caller has one)
    rule, smallest, tries = outcome.violation.rule, outcome, 0
    found_simpler = True
    while found_simpler and tries < tries_max:
        found_simpler = False
        for profile in simpler(smallest.profile):
            tries += 1
            candidate = run_seed(outcome.seed, profile)
            if candidate.violation is not None and candidate.violation.rule == rule:
                smallest, found_simpler = candidate, True
                break
    return smallest


def _load(file: Path | None) -> Totals:
    if file is None or not file.exists():
        return Totals()
    try:
        return Totals(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError, RecursionError):
        raise SystemExit(f"apranova soak: {file} is not a totals file of an earlier soak") from None


def _save(totals: Totals, file: Path | None) -> None:
    """By a rename, so that a killed soak never leaves half a file."""
    if file is not None:
        new = file.with_suffix(file.suffix + ".new")
        new.write_text(json.dumps(asdict(totals), indent=1) + "\n")
        new.replace(file)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: totals are saved
    sys.exit(main())
