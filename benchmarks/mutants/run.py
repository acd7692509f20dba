"""`./apranova benchmark mutants`: draw mutants, run the tests that cover each, list survivors."""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import psutil

from benchmarks import machine, report
from benchmarks.mutants.operators import Key, Mutant, mutants_of
from benchmarks.mutants.trials import Trials

FOLDERS = ("agent", "backend/gateway", "backend/workspaces", "manager/domain", "manager/use_cases")
ACKNOWLEDGED = Path(__file__).with_name("acknowledged.toml")
RESULT = report.RESULTS / "mutants.json"
KILLED = ("killed", "time limit")
KILLED_AT_LEAST = 0.9


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    about = {**machine.describe(), "load_before": machine.load()}
    outcomes: list[tuple[Mutant, str]] = []
    with tempfile.TemporaryDirectory(prefix="apranova-mutants-") as folder, ThreadPoolExecutor(options.jobs) as threads:
        trials = Trials(Path(folder))
        drawn = _drawn(trials.tree, options)
        try:
            for outcome in _tried(drawn, trials, threads):
                outcomes.append(outcome)
                _tell(*outcome, number=len(outcomes))
        except KeyboardInterrupt:
            print(f"interrupted: {len(outcomes)} of {len(drawn)} mutants were tried")
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for sandbox in psutil.Process().children():
                sandbox.kill()
    reasons, equivalent = _acknowledged()
    survived = [[*mutant.key, reasons.get(mutant.key)] for mutant, how in outcomes if how not in KILLED]
    shares = _shares([(mutant.file, how) for mutant, how in outcomes if how in KILLED or mutant.key not in equivalent])
    print(f"{len(survived)} survived; {sum(reason is None for *_, reason in survived)} are not acknowledged")
    for folder, share in shares.items():
        print(f"{folder:20} {share['killed']:4} of {share['of']:4} that change anything killed: {share['share']:.1%}")
    if len(outcomes) == len(drawn) and not options.survivors:
        about["load_after"] = machine.load()
        result = {"machine": about, "seed": options.seed, "drawn": len(drawn), "killed": shares, "survived": survived}
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if shares.get("all", {"share": 1.0})["share"] >= KILLED_AT_LEAST else 1


def _tell(mutant: Mutant, how: str, *, number: int) -> None:
    if how not in KILLED:
        print(f"{number:4} {how}  {mutant.file}:{mutant.line} {mutant.function}")
        print(f"       - {mutant.before}\n       + {mutant.after}", flush=True)


def _shares(outcomes: Sequence[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """How many mutants of each folder were killed, from pairs of file and outcome."""
    shares: dict[str, dict[str, float]] = {}
    for folder in (*FOLDERS, "all"):
        hows = [how for file, how in outcomes if folder == "all" or file.startswith(folder + "/")]
        killed = sum(how in KILLED for how in hows)
        if hows:
            shares[folder] = {"killed": killed, "of": len(hows), "share": round(killed / len(hows), 3)}
    return shares


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


def _tried(drawn: Sequence[Mutant], trials: Trials, threads: ThreadPoolExecutor) -> Iterator[tuple[Mutant, str]]:
    packages = sorted({mutant.file.partition("/")[0] for mutant in drawn}, reverse=True)
    records = dict(zip(packages, threads.map(trials.record, packages), strict=True))
    print("recorded which test runs which line", flush=True)
    trying = {
        threads.submit(trials.try_out, mutant, records[mutant.file.partition("/")[0]]): mutant for mutant in drawn
    }
    for done in as_completed(trying):
        if done.result() == "interrupted":
            raise KeyboardInterrupt
        yield trying[done], done.result()


def _acknowledged() -> tuple[dict[Key, str], set[Key]]:
    """The reasons for acknowledged survivors, and which of these change nothing."""
    document = tomllib.loads(ACKNOWLEDGED.read_text(encoding="utf-8"))
    by_kind = {
        kind: {(place, change): reason for place, changes in places.items() for change, reason in changes.items()}
        for kind, places in document.items()
    }
    return {key: reason for found in by_kind.values() for key, reason in found.items()}, set(
        by_kind.get("equivalent", ())
    )
