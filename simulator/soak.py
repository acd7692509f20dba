"""`./apranova soak`: run after run under faults, until Ctrl-C or the first violation, which is then told and shrunk."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from simulator.fleet import Outcome, run_seed
from simulator.profile import difference, simpler

_REPORT_EVERY_S = 10.0
_COLLECT_EVERY = 50
"""Runs between two collections of garbage: the collector's own rhythm would cost a tenth of the time."""
_TRACE_LINES = 60


@dataclass
class Totals:
    """What has been run so far, over all parts of a soak."""

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

    def text(self) -> str:
        days = self.simulated_s / 86_400.0
        return (
            f"{self.runs:,} runs, {self.events:,} events, {days:,.0f} simulated days, {self.launches:,} launches, "
            f"{self.crashes:,} crashes, {len(self.violations)} violations; next seed {self.next_seed}"
        )


def main() -> int:
    words = sys.argv[1:]
    chosen = _parse(words[1:] if words[:1] == ["soak"] else words)  # ./apranova hands its command over too
    if chosen.replay is not None:
        outcome = run_seed(chosen.replay, traced=True)
        print("\n".join(outcome.trace.lines))
        print(f"hash {outcome.trace.hash()}")
        return 0 if outcome.violation is None else 1
    totals = _load(chosen.totals)
    if chosen.seed is not None:
        totals.next_seed = chosen.seed
    return _soak(totals, runs=chosen.runs, totals_file=chosen.totals, keep_going=chosen.keep_going)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="apranova soak",
        description="Run the workspace manager's real core in a simulated world full of faults, one seed after the other, "
        "and stop at the first broken rule. Equal seeds give equal runs.",
    )
    parser.add_argument("--runs", type=_positive, help="stop after so many runs (default: at Ctrl-C)")
    parser.add_argument("--seed", type=int, help="the first seed (default: 0, or where the totals file ends)")
    parser.add_argument("--totals", type=Path, metavar="FILE", help="keep totals in this file, and go on where it ends")
    parser.add_argument("--keep-going", action="store_true", help="report a violation and go on")
    parser.add_argument("--replay", type=int, metavar="SEED", help="print everything that happens in one run")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1 is expected")
    return value


def _soak(totals: Totals, *, runs: int | None, totals_file: Path | None, keep_going: bool) -> int:
    began = reported = time.monotonic()
    part_began_with, machine_before, processor_began = totals.runs, totals.machine_s, time.process_time()
    failed = False
    gc.disable()
    try:
        while runs is None or totals.runs - part_began_with < runs:
            outcome = run_seed(totals.next_seed)
            totals.add(outcome)
            totals.machine_s = machine_before + time.process_time() - processor_began
            if outcome.violation is not None:
                failed = True
                _tell(outcome)
                if not keep_going:
                    break
            if totals.runs % _COLLECT_EVERY == 0:
                gc.collect()
            if time.monotonic() - reported >= _REPORT_EVERY_S:
                reported = time.monotonic()
                speed = (totals.runs - part_began_with) / (reported - began)
                print(f"{totals.text()}  ({speed:.1f} runs/s)", flush=True)
                _save(totals, totals_file)
    except KeyboardInterrupt:
        print()
    finally:
        gc.enable()
        _save(totals, totals_file)
    done, seconds = totals.runs - part_began_with, time.monotonic() - began
    print(f"{totals.text()}\nthis part: {done:,} runs in {seconds:.0f} s, {done / max(seconds, 1e-9):.1f} schedules/s")
    return 1 if failed else 0


def _tell(outcome: Outcome) -> None:
    print(f"\n✗ seed {outcome.seed}: {outcome.violation}\n  {difference(outcome.profile)}", flush=True)
    smallest = shrunk(outcome)
    traced = run_seed(smallest.seed, smallest.profile, traced=True)
    print(f"\nThe same with less: {difference(smallest.profile)}\nIts last {_TRACE_LINES} steps:\n")
    print("\n".join(traced.trace.lines[-_TRACE_LINES:]))
    print(f"\nAll of the first run: ./apranova soak --replay {outcome.seed}\n", flush=True)


def shrunk(outcome: Outcome, *, tries_max: int = 200) -> Outcome:
    """The simplest profile found under which the same seed still breaks the same rule."""
    assert outcome.violation is not None  # noqa: S101 (the caller's business)
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
    except (ValueError, TypeError) as error:
        raise SystemExit(f"apranova soak: {file} is no totals file: {error}") from None


def _save(totals: Totals, file: Path | None) -> None:
    """By a rename: a soak that is killed must not leave half a file."""
    if file is not None:
        beside = file.with_suffix(file.suffix + ".new")
        beside.write_text(json.dumps(asdict(totals), indent=1) + "\n")
        beside.replace(file)


if __name__ == "__main__":
    sys.exit(main())
