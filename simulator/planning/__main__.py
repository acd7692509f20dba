"""`./apranova simulate`: a term of your school under the real manager, before it begins."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from simulator.costs.stack import ARCHES
from simulator.operator_input import BadInput, check_writable, console, numbers_of, refuse, words_of
from simulator.planning import policies, table
from simulator.planning.inputs import Inputs, read_inputs
from simulator.planning.jobs import Job, run_all
from simulator.planning.page import html
from simulator.planning.report import Report
from simulator.planning.result import Result
from simulator.workloads.habits import Habits

DESCRIPTION = """\
Simulates weeks of a school. Students come to classes and study at other hours. The workspace
manager's real code launches, warms and stops for them, on tasks that start as slowly as Fargate's.
The result says how long students wait and what it costs."""

EXAMPLES = """\
examples:
  ./apranova simulate                                      100 students, 30 days, 90 hours each
  ./apranova simulate --curve --html plan.html
  ./apranova simulate --students 240 --days 84 --start 2026-10-05 --timetable berlin.ics \\
      --timetable vienna.ics --time-zone Europe/Berlin --holidays 2026-12-21..2027-01-03
  ./apranova simulate --idle-minutes 15 --habit attendance=0.7 --habit study_hours=1.5
  ./apranova simulate --history launches.jsonl             replays what your own students did

100 students and 30 days take a few seconds. Equal seeds give equal results.
The guide explains the words and how to plan a term: docs/guides/plan-a-term.md

exit codes: 0 done, 2 an option is not possible (the message says which), 130 stopped"""


def main(arguments: Sequence[str] | None = None) -> int:
    given = words_of("simulate", arguments)
    asked = _parser().parse_args(given)
    if asked.habits:
        _show_habits(console())
        return 0
    try:
        inputs = read_inputs(asked)
        check_writable(asked.json, asked.html)
        report = _simulated(inputs, asked, command=shlex.join(["./apranova", "simulate", *given]))
    except BadInput as problem:
        return refuse(problem)
    except KeyboardInterrupt:
        print("\napranova: stopped; nothing was written", file=sys.stderr)
        return 130
    out = console()
    table.show(report, out)
    out.print()
    for file, write in ((asked.json, Report.as_json), (asked.html, html)):
        if file is not None:
            file.write_text(write(report), encoding="utf-8")
            out.print(f"written: {file}", markup=False, soft_wrap=True)
    return 0


def _simulated(inputs: Inputs, asked: argparse.Namespace, *, command: str) -> Report:
    """Each policy's own run, and those of its curve after it."""
    families = [[(one.policy_name, one), *(policies.variants(one) if asked.curve else ())] for one in inputs.scenarios]
    jobs = [inputs.job(scenario, name) for family in families for name, scenario in family]
    results = iter(_with_progress(jobs, asked.jobs))
    found = [[next(results) for _ in family] for family in families]
    return Report(
        results=[runs[0] for runs in found],
        curves=[(runs[0].name, runs) for runs in found] if asked.curve else [],
        always_on=inputs.always_on(found[0][0]),
        document=inputs.document(found[0][0]),
        time_zone=inputs.time_zone,
        command=command,
        habits=inputs.assumed,
    )


def _with_progress(jobs: Sequence[Job], processes: int | None) -> list[Result]:
    """Bars on a terminal, nothing in a file."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[launches]:,} launches"),
    )
    out = Console(stderr=True)
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        bars = [progress.add_task(job.name, total=1.0, launches=0) for job in jobs]

        def tell(number: int, share: float, launches: int) -> None:
            progress.update(bars[number], completed=share, launches=launches)

        return run_all(jobs, processes=processes, progress=tell)


def _show_habits(out: Console) -> None:
    found = Table("name", "default", "meaning", "source", box=None, header_style="bold", pad_edge=False)
    for name, item in numbers_of(Habits).items():
        found.add_row(name, f"{item.default:g}", item.metadata["meaning"], item.metadata["source"])
    out.print(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apranova simulate",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    known = ", ".join(policies.NAMES)
    add = parser.add_argument_group("the school").add_argument
    add("--students", type=int, default=100, metavar="N", help="default %(default)s")
    add("--days", type=int, default=30, metavar="N", help="default %(default)s")
    add("--start", default="2026-09-28", metavar="DATE", help="first day; default %(default)s, a Monday")
    add("--time-zone", default="UTC", metavar="NAME", help="of the school's clocks; default %(default)s")
    add("--cohort-size", type=int, default=25, metavar="N", help="default %(default)s")
    add("--class-starts", default="9", metavar="H,H,…", help="hours at which classes start, used in turn; default 9")
    add("--timetable", type=Path, action="append", default=[], metavar="FILE.ics", help="classes; may be repeated")
    add("--holidays", action="append", default=[], metavar="DAYS", help="2026-12-24 or 2026-12-21..2027-01-03")
    add("--habit", action="append", default=[], metavar="NAME=VALUE", help="change what students do; may be repeated")
    add("--habits", action="store_true", help="list all habits with their meaning and source")
    add("--history", type=Path, metavar="FILE", help="replay an export of ./apranova export-history instead")
    add = parser.add_argument_group("the platform").add_argument
    default = policies.DEFAULT
    add("--policy", choices=policies.NAMES, default=default, help=f"of the warm pool: {known}; default {default}")
    add("--compare", choices=policies.NAMES, action="append", help="a second policy; default schedule")
    sizes = "base=3 peak=5 off=1 weekend=2"
    add("--pool", default=sizes, metavar="SIZES", help="of the schedule; default '%(default)s'")
    worth = "what avoiding a cold start is worth to the forecast, in minutes of a warm task"
    add("--worth-minutes", type=float, metavar="N", help=worth)
    add("--idle-minutes", type=float, default=30.0, metavar="N", help="idle timeout; default 30")
    limit = "RunTask calls and launches per second that AWS allows; default 20"
    add("--launches-a-second", type=float, default=20.0, metavar="N", help=limit)
    add("--sweep-pause", type=float, default=1.0, metavar="S", help="seconds between two reconcile passes; default 1")
    add("--arch", choices=ARCHES, default="x86", help="default %(default)s")
    add("--spot", type=float, default=0.0, metavar="SHARE", help="share of task-hours on Spot, 0 to 1; default 0")
    add("--prices", type=Path, metavar="FILE", help="a price file of your own")
    add = parser.add_argument_group("the run").add_argument
    add("--seed", type=int, default=1, metavar="N", help="default %(default)s")
    add("--curve", action="store_true", help="also run larger and smaller pools, and mark the best")
    add("--jobs", type=int, metavar="N", help="processes; default: one for each core")
    add("--json", type=Path, metavar="FILE", help="write everything for programs")
    add("--html", type=Path, metavar="FILE", help="write a report with plots, as one file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
