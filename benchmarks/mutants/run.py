"""`./apranova benchmark mutants`: draw mutants, run the tests that cover each, list survivors."""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import psutil

from benchmarks import machine, report
from benchmarks.mutants.operators import Mutant, mutants_of
from benchmarks.mutants.trials import Trials

FOLDERS = ("agent", "backend/gateway", "backend/workspaces", "manager/domain", "manager/use_cases")
ACKNOWLEDGED = Path(__file__).with_name("acknowledged.toml")
RESULT = report.RESULTS / "mutants.json"
KILLED = ("killed", "time limit")
KILLED_AT_LEAST = 0.9


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    about = {**machine.describe(), "load_before": machine.load()}
    with tempfile.TemporaryDirectory(prefix="apranova-mutants-") as folder, ThreadPoolExecutor(options.jobs) as threads:
        trials = Trials(Path(folder))
        drawn = _drawn(trials.tree, options)
        try:
            outcomes = _tried(drawn, trials, threads)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for sandbox in psutil.Process().children():  # Ctrl-C
                sandbox.kill()
    survivors = [mutant for mutant, how in outcomes if how not in KILLED]
    equivalent, accepted = _acknowledged()
    print()
    for mutant in sorted(survivors, key=lambda it: (it.file, it.line)):
        reason = {**accepted, **equivalent}.get(mutant.key, "NOT ACKNOWLEDGED")
        print(f"{mutant.file}:{mutant.line} {mutant.function}\n  - {mutant.before}\n  + {mutant.after}\n  {reason}")
    counted = [(mutant, how) for mutant, how in outcomes if how in KILLED or mutant.key not in equivalent]
    shares = {}
    for folder in (*FOLDERS, "all"):
        hows = [how for mutant, how in counted if folder == "all" or mutant.file.startswith(folder + "/")]
        killed = sum(how in KILLED for how in hows)
        if hows:
            shares[folder] = {"killed": killed, "of": len(hows), "share": round(killed / len(hows), 3)}
            print(f"{folder:20} {killed:4} of {len(hows):4} that change anything killed: {killed / len(hows):.1%}")
    if not options.survivors:
        about["load_after"] = machine.load()
        survived = [[*mutant.key, equivalent.get(mutant.key) or accepted.get(mutant.key)] for mutant in survivors]
        result = {"machine": about, "seed": options.seed, "drawn": len(drawn), "killed": shares, "survived": survived}
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(how in KILLED for _, how in counted) or shares["all"]["share"] >= KILLED_AT_LEAST else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="apranova benchmark mutants",
        description="Draw small mistakes in the code at random and run the tests that cover each, in a copy of the "
        "tree. Exits with 1 when the tests kill less than 90 % of the mutants that change anything.",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="by default a new one")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--folder", action="append", choices=FOLDERS, help="only this folder; may be repeated")
    parser.add_argument("--survivors", action="store_true", help="try the survivors of the last run again")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(arguments)


def _drawn(tree: Path, options: argparse.Namespace) -> list[Mutant]:
    found = [
        mutant
        for folder in options.folder or FOLDERS
        for path in sorted((tree / folder).rglob("*.py"))
        if not {"tests", "migrations"} & set(path.relative_to(tree).parts)
        for mutant in mutants_of(tree, str(path.relative_to(tree)))
    ]
    if options.survivors:
        before = {tuple(key) for *key, _ in json.loads(RESULT.read_text(encoding="utf-8"))["survived"]}
        return [mutant for mutant in found if mutant.key in before]
    print(f"seed {options.seed}: {options.count} of {len(found)} mutants", flush=True)
    random.Random(options.seed).shuffle(found)  # noqa: S311  a seed must replay it
    return list(itertools.islice((mutant for mutant in found if mutant.compiles), options.count))


def _tried(drawn: Sequence[Mutant], trials: Trials, threads: ThreadPoolExecutor) -> list[tuple[Mutant, str]]:
    packages = sorted({mutant.file.partition("/")[0] for mutant in drawn}, reverse=True)
    records = dict(zip(packages, threads.map(trials.record, packages), strict=True))
    print("recorded which test runs which line", flush=True)
    trying = {
        threads.submit(trials.try_out, mutant, records[mutant.file.partition("/")[0]]): mutant for mutant in drawn
    }
    outcomes: list[tuple[Mutant, str]] = []
    for done in as_completed(trying):
        mutant, how = trying[done], done.result()
        if how == "interrupted":
            raise KeyboardInterrupt
        outcomes.append((mutant, how))
        if how not in KILLED:
            print(f"{len(outcomes):4} {how}  {mutant.file}:{mutant.line} {mutant.function}", flush=True)
            print(f"       - {mutant.before}\n       + {mutant.after}", flush=True)
    return outcomes


def _acknowledged() -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Reasons why mutants change nothing, and why no test should hold what others change."""
    document = tomllib.loads(ACKNOWLEDGED.read_text(encoding="utf-8"))
    equivalent, accepted = (
        {
            (place, change): reason
            for place, changes in document.get(kind, {}).items()
            for change, reason in changes.items()
        }
        for kind in ("equivalent", "accepted")
    )
    return equivalent, accepted
