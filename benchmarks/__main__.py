"""The command `./apranova benchmark`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import ModuleType

from benchmarks import (
    chaos,
    console,
    databases,
    first_screen,
    footprint,
    full_stack,
    gateway,
    handout,
    history,
    hostile_student,
    lambda_function,
    launch,
    machine,
    network,
    packages,
    page_quality,
    peers,
    pool,
    preview,
    report,
    roster,
    rush,
    simulate,
    superset,
    whole_class,
)
from benchmarks.mutants import run as mutants
from tests.run import StepFailed, find_chromium

ALL: dict[str, ModuleType] = {
    "launch": launch,
    "rush": rush,
    "class": whole_class,
    "peers": peers,
    "firstscreen": first_screen,
    "network": network,
    "gateway": gateway,
    "preview": preview,
    "databases": databases,
    "packages": packages,
    "history": history,
    "handout": handout,
    "footprint": footprint,
    "fullstack": full_stack,
    "superset": superset,
    "simulate": simulate,
    "pool": pool,
    "console": console,
    "roster": roster,
    "lighthouse": page_quality,
    "lambda": lambda_function,
    "chaos": chaos,
    "hostile": hostile_student,
}
"""Each has `run(quick) -> Findings` and `plot(findings, path)`."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what we started is stopped as well
    if sys.argv[1:2] == ["chaos"]:  # a command of its own, as it asks whether the product holds
        sys.argv[1:2] = ["benchmark", "chaos"]
    if sys.argv[2:3] == ["mutants"]:
        return mutants.main(sys.argv[3:])
    arguments = _parse()
    try:
        if arguments.name not in (
            "databases",
            "packages",
            "history",
            "handout",
            "preview",
            "rush",
            "simulate",
            "pool",
            "roster",
            "lambda",
        ):
            find_chromium()
    except StepFailed as problem:
        sys.stderr.write(f"apranova: {problem}\n")
        return 1
    for name in [arguments.name] if arguments.name else ALL:
        _measure(name, quick=arguments.quick, **_chosen(arguments))
    return 0


def _measure(name: str, *, quick: bool, **chosen: object) -> None:
    report.console.print(f"── {name}")
    about, began = machine.describe(), time.monotonic()
    about["load_before"] = machine.load()
    findings = ALL[name].run(quick=quick, **chosen)
    about["load_after"] = machine.load()
    about["seconds"] = round(time.monotonic() - began)
    file = report.RESULTS / (f"{name}-quick" if quick else name)
    report.write(file.with_suffix(".json"), findings, about, quick=quick)
    ALL[name].plot(findings, file.with_suffix(".png"))
    report.show(findings, about)


def _chosen(arguments: argparse.Namespace) -> dict[str, object]:
    chosen = {"sizes": arguments.students, "rounds": arguments.rounds}
    return {name: value for name, value in chosen.items() if value}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="apranova benchmark",
        description="Measure the product: how long a launch takes, what the gateway costs, how much memory it needs. "
        "Starts its own products in temporary folders, prints a table and writes benchmarks/results/.",
        epilog="`benchmark mutants --help`: how many small mistakes the tests notice. "
        "What the numbers mean, and the last full run: benchmarks/README.md",
    )
    parser.add_argument("command", choices=("benchmark",), help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?", choices=ALL, help="default: all of them")
    parser.add_argument(
        "--quick", action="store_true", help="few samples, to see that it works; results are kept apart"
    )
    parser.add_argument(
        "--students",
        type=_sizes,
        metavar="N,N",
        help="simulate: only these sizes; the result keeps the rows of the others. class: so many",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help=f"chaos: strikes of each kind (default {chaos.ROUNDS})")
    arguments = parser.parse_args()
    if arguments.rounds and arguments.name != "chaos":
        parser.error("--rounds only works with `chaos`")
    if arguments.students and arguments.name != "class" and (arguments.name != "simulate" or arguments.quick):
        parser.error("--students only works with `class`, and with `simulate` without --quick")
    return arguments


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(sorted({int(word) for word in text.split(",")}))
    if sizes[0] < 1:
        raise argparse.ArgumentTypeError("at least 1 student is expected")
    return sizes


if __name__ == "__main__":
    sys.exit(main())
