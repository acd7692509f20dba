"""`./apranova simulate`: a term of your school under the real workspace manager, before it begins."""

from __future__ import annotations

import argparse
import difflib
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from simulator.costs.price_book import BadPriceBook
from simulator.costs.stack import ARCHES, BadTask
from simulator.planning import policies, table
from simulator.planning.inputs import BadInput, Inputs, read_inputs
from simulator.planning.jobs import Job, run_all
from simulator.planning.page import Report, html
from simulator.planning.result import Result
from simulator.workloads.habits import BadHabit, habits_by_name
from simulator.workloads.history import BadHistory
from simulator.workloads.timetable import BadTimetable

EXIT_BAD_INPUT = 2
WIDTH_IN_A_FILE = 130

DESCRIPTION = """\
Simulates weeks of a school: students come to classes and study at hours of their own, and the workspace manager's real code
launches, warms, stops and sweeps for them, on tasks that start as slowly as Fargate's. Says what students wait and what it costs."""

EXAMPLES = """\
examples:
  ./apranova simulate                                      the document's school: 100 students, 30 days, 90 hours each
  ./apranova simulate --homes fixed --curve --html plan.html
  ./apranova simulate --students 240 --days 84 --start 2026-10-05 --timetable berlin.ics --timetable vienna.ics \\
      --time-zone Europe/Berlin --holidays 2026-12-21..2027-01-03
  ./apranova simulate --idle-minutes 15 --habit attendance=0.7 --habit study_hours=1.5
  ./apranova simulate --history launches.jsonl             what your own students did, replayed

A run takes some seconds for 100 students and 30 days. Equal seeds give equal results.
What the words mean and how to plan a term: docs/guides/plan-a-term.md

exit codes: 0 done, 2 something asked for is not possible (the message says what), 130 stopped"""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["simulate"]:  # the entry script passes its command on
        given = given[1:]
    asked = _parser().parse_args(given)
    if asked.habits:
        _show_habits(_console(sys.stdout))
        return 0
    try:
        inputs = read_inputs(asked)
        _writable(asked.json, asked.html)
        return _run(inputs, asked, command=shlex.join(["./apranova", "simulate", *given]))
    except (BadInput, BadHabit, BadTimetable, BadHistory, BadPriceBook, BadTask) as problem:
        print(f"apranova: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("\napranova: stopped; nothing was written", file=sys.stderr)
        return 130


def _run(inputs: Inputs, asked: argparse.Namespace, *, command: str) -> int:
    jobs = [inputs.job(scenario, scenario.policy_name) for scenario in inputs.scenarios]
    on_the_curve: list[tuple[str, int]] = []
    if asked.curve:
        for scenario in inputs.scenarios:
            found = policies.variants(scenario)
            on_the_curve.append((scenario.policy_name, len(found)))
            jobs += [inputs.job(variant, name) for name, variant in found]
    results = _with_progress(jobs, asked.jobs)
    main_results, rest = results[: len(inputs.scenarios)], results[len(inputs.scenarios) :]
    curves: list[tuple[str, list[Result]]] = []
    for main_result, (name, number) in zip(main_results, on_the_curve, strict=False):
        curves.append((name, [main_result, *rest[:number]]))
        rest = rest[number:]
    always_on, document = inputs.always_on(main_results[0]), inputs.document(main_results[0])
    out = _console(sys.stdout)
    table.show(main_results, always_on=always_on, document=document, out=out)
    if curves:
        table.show_curve(curves, out=out)
    if asked.json:
        content = {
            "command": command,
            "runs": [one.as_json() for one in main_results],
            "curve": {name: [one.as_json() for one in found] for name, found in curves},
            "always_on": {"workspaces": always_on.group(table.Group.WORKSPACES), "total": always_on.total},
            "document_workspaces": document.workspaces,
            "habits": {name: value for name, value, _, _ in inputs.assumed},
        }
        asked.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        out.print(f"\nwritten: {asked.json}", markup=False, soft_wrap=True)
    if asked.html:
        page = html(Report(main_results, curves, always_on, document, inputs.time_zone, command, inputs.assumed))
        asked.html.write_text(page, encoding="utf-8")
        out.print(f"written: {asked.html}", markup=False, soft_wrap=True)
    return 0


def _with_progress(jobs: Sequence[Job], processes: int | None) -> list[Result]:
    """Bars on a terminal, nothing in a file."""
    if not sys.stderr.isatty():
        return run_all(jobs, processes=processes)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[launches]:,} launches"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars = [progress.add_task(job.name, total=1.0, launches=0) for job in jobs]

        def tell(shares: Sequence[float], launches: Sequence[int]) -> None:
            for bar, share, number in zip(bars, shares, launches, strict=True):
                progress.update(bar, completed=share, launches=number)

        return run_all(jobs, processes=processes, progress=tell)


def _writable(*files: Path | None) -> None:
    """Before minutes of work, not after."""
    for file in files:
        if file is not None:
            try:
                with file.open("a", encoding="utf-8"):
                    pass
            except OSError as error:
                raise BadInput(f"{file}: cannot be written ({error.strerror})") from None


def _show_habits(out: Console) -> None:
    found = table.Table("name", "default", "meaning", "source", box=None, header_style="bold", pad_edge=False)
    for name, item in habits_by_name().items():
        found.add_row(name, f"{item.default:g}", item.metadata["meaning"], item.metadata["source"])
    out.print(found)


def _console(file: TextIO) -> Console:
    return Console(file=file, highlight=False, width=None if file.isatty() else WIDTH_IN_A_FILE)


def _policy(text: str) -> str:
    if text not in policies.DESCRIPTIONS:
        close = difflib.get_close_matches(text, policies.DESCRIPTIONS, n=1)
        known = "; ".join(f"{name}: {what}" for name, what in policies.DESCRIPTIONS.items())
        raise argparse.ArgumentTypeError(
            f"there is no policy {text!r}{f', {close[0]} is meant?' if close else ''} ({known})"
        )
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apranova simulate",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    known = ", ".join(policies.DESCRIPTIONS)
    who = parser.add_argument_group("the school")
    who.add_argument("--students", type=int, default=100, metavar="N", help="default 100")
    who.add_argument("--days", type=int, default=30, metavar="N", help="default 30")
    who.add_argument(
        "--start", default="2026-09-28", metavar="DATE", help="the first day; default 2026-09-28, a Monday"
    )
    who.add_argument(
        "--time-zone", default="UTC", metavar="NAME", help="of classes and of the pool's schedule; default UTC"
    )
    who.add_argument("--cohort-size", type=int, default=25, metavar="N", help="default 25")
    who.add_argument(
        "--class-starts",
        default="9",
        metavar="H,H,…",
        help="hours at which cohorts' weekday classes start, taken in turns; default 9",
    )
    who.add_argument(
        "--timetable",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.ics",
        help="classes from an iCalendar file instead; repeated: cohorts take them in turns",
    )
    who.add_argument(
        "--holidays",
        action="append",
        default=[],
        metavar="DAYS",
        help="days without class: 2026-12-24 or 2026-12-21..2027-01-03; may be repeated",
    )
    who.add_argument(
        "--habit", action="append", default=[], metavar="NAME=VALUE", help="change what students do; may be repeated"
    )
    who.add_argument("--habits", action="store_true", help="list all habits with their meaning and source, and stop")
    who.add_argument(
        "--history", type=Path, metavar="FILE", help="replay an export of ./apranova export-history instead of all this"
    )
    how = parser.add_argument_group("the platform")
    how.add_argument(
        "--policy",
        type=_policy,
        default=policies.DEFAULT,
        metavar="NAME",
        help=f"of the warm pool: {known}; default {policies.DEFAULT}",
    )
    how.add_argument(
        "--compare",
        type=_policy,
        action="append",
        default=None,
        metavar="NAME",
        help="another policy beside it, under the same workload; may be repeated; default schedule",
    )
    how.add_argument(
        "--homes",
        choices=("late-binding", "fixed"),
        default="late-binding",
        help="whether a running task can be given a home (fixed: EFS on Fargate); default late-binding",
    )
    how.add_argument(
        "--pool",
        default="base=3 peak=5 off=1 weekend=2",
        metavar="SIZES",
        help="of the schedule; default 'base=3 peak=5 off=1 weekend=2' (the document's)",
    )
    how.add_argument(
        "--worth-minutes",
        type=float,
        metavar="N",
        help="what sparing a student a cold start is worth to a forecast, in minutes of a warm task; default: the manager's own",
    )
    how.add_argument(
        "--idle-minutes", type=float, default=30.0, metavar="N", help="idle timeout; default 30 (the document's)"
    )
    how.add_argument(
        "--start-seconds",
        default="25-60",
        metavar="A-B",
        help="how long a task takes to start; default 25-60 (Fargate)",
    )
    how.add_argument(
        "--launches-a-second",
        type=float,
        default=20.0,
        metavar="N",
        help="RunTask calls and launches that AWS allows a second (a call starts one task); default 20, its first quota of each",
    )
    how.add_argument(
        "--sweep-pause",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds between two sweeps: what happens meanwhile becomes one pass; default 1",
    )
    how.add_argument("--arch", choices=ARCHES, default="x86", help="default x86")
    how.add_argument(
        "--spot", type=float, default=0.0, metavar="SHARE", help="share of task-hours on Spot, 0 to 1; default 0"
    )
    how.add_argument(
        "--prices", type=Path, metavar="FILE", help="a price file instead of the one that comes with ApraNova"
    )
    run = parser.add_argument_group("the run")
    run.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    run.add_argument(
        "--curve",
        action="store_true",
        help="also with larger and smaller pools: waiting against cost, and the best point",
    )
    run.add_argument("--jobs", type=int, metavar="N", help="processes at once; default: one for each core")
    run.add_argument("--json", type=Path, metavar="FILE", help="write everything for programs")
    run.add_argument(
        "--html", type=Path, metavar="FILE", help="write a report with plots, one file that needs no network"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
