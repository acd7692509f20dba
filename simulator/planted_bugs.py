"""Proof that the simulator finds bugs: plants one at a time and says in which run it shows.

`python -m simulator.planted_bugs` prints the table of simulator/README.md.
"""

from __future__ import annotations

import argparse
import gc
import sys
from dataclasses import dataclass

from simulator.fleet import run_seed
from simulator.invariants import Violation
from simulator.sabotage import BUGS, PlantedBug

RUNS_MAX = 800
"""Enough for the rarest: some bugs show only where several rare faults meet."""


@dataclass(frozen=True)
class Finding:
    runs: int
    violation: Violation | None


def find(bug: PlantedBug) -> Finding:
    """Run seed after seed until the bug shows."""
    with bug.plant():
        for seed in range(RUNS_MAX):
            violation = run_seed(seed).violation
            if seed % 50 == 49:
                gc.collect()
            if violation is not None:
                return Finding(seed + 1, violation)
    return Finding(RUNS_MAX, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulator.planted_bugs", description=__doc__)
    parser.add_argument("--only", default="", help="only bugs whose name contains this")
    chosen = [bug for bug in BUGS if parser.parse_args().only in bug.name]
    print("| planted bug | what a person would notice | found in run | by |")
    print("|---|---|---|---|")
    missed = 0
    for bug in chosen:
        finding = find(bug)
        missed += finding.violation is None
        where = str(finding.runs) if finding.violation else f"not in {finding.runs}"
        print(f"| {bug.name} | {bug.effect} | {where} | {finding.violation or '–'} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
