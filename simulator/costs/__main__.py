"""`./apranova costs`: what a school of your size costs on AWS each month, and why."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.costs import from_infrastructure, report
from simulator.costs.comparison import as_json, compare
from simulator.costs.infrastructure_report import infrastructure_as_json, show_infrastructure
from simulator.costs.measured import measure, measured_as_json
from simulator.costs.measured_report import show_measured
from simulator.costs.plan import Plan
from simulator.costs.price_book import OWN_PRICES, PriceBook, load_price_book
from simulator.costs.stack import ARCHES, WorkspaceTask
from simulator.operator_input import BadInput, console, numbers_of, read_numbers, refuse, words_of
from simulator.workloads.history import read_history

OF_THE_TEMPLATES = ("pool", "idle_minutes", "arch", "spot")
WITH_A_FLAG = ("students", "hours", "pool", "idle_minutes", "sessions_a_day")

DESCRIPTION = """\
Prints what a school costs on AWS in a month: workspaces that always run, next to workspaces that
run on demand. First comes the architecture document's own arithmetic, then everything counted."""

EXAMPLES = f"""\
examples:
  ./apranova costs                                     100 students, 90 hours each, a pool of 3
  ./apranova costs --students 250 --hours 60 --pool 5  your own numbers
  ./apranova costs --arch arm --spot 0.5               ARM, half of the task-hours on Spot
  ./apranova costs --idle-minutes 15 --sessions-a-day 3
  ./apranova costs --assume home_gb=25 --assume image_nat_share=1
  ./apranova costs --prices my-prices.toml             a copy of {OWN_PRICES.name}, edited
  ./apranova costs --from-infrastructure school.toml   your settings' templates, line by line
  ./apranova costs --history history.jsonl --from 2026-11-01 --to 2026-12-01
                                                       what students and cohorts used
  ./apranova costs --json                              for programs

exit codes: 0 done, 2 an option is not possible (the message says which)"""


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words_of("costs", arguments))
    try:
        _run(asked)
    except BadInput as problem:
        return refuse(problem)
    return 0


def _run(asked: argparse.Namespace) -> None:
    if asked.assumptions:
        report.show_assumptions(numbers_of(Plan), console())
        return
    book = load_price_book(asked.prices)
    if asked.show_prices:
        report.show_prices(book, console())
    elif asked.history is not None:
        _measured(asked, book)
    elif asked.begin is not None or asked.end is not None:
        raise BadInput("--from and --to need --history")
    elif asked.from_infrastructure is not None:
        _from_infrastructure(asked, book)
    else:
        comparison = compare(_plan(asked), book, task=_task(asked))
        if asked.json:
            report.show_json(as_json(comparison), console())
        else:
            report.show(comparison, console())


def _measured(asked: argparse.Namespace, book: PriceBook) -> None:
    """The file says what was used: nothing of it can be planned."""
    for option in (*WITH_A_FLAG, "from_infrastructure", "assume"):
        if getattr(asked, option) not in (None, []):
            raise BadInput(f"{_flag(option)} does not go with --history, which says what was used")
    begin, end = _moment(asked.begin, "--from"), _moment(asked.end, "--to")
    if begin is not None and end is not None and begin >= end:
        raise BadInput("--from must lie before --to")
    bill = measure(read_history(asked.history), book, task=_task(asked), begin=begin, end=end)
    if asked.json:
        report.show_json(measured_as_json(bill), console())
    else:
        show_measured(bill, console())


def _moment(text: str | None, option: str) -> float | None:
    """A day or a moment as `export-history` takes them, UTC by default. Seconds since the epoch."""
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option}: {text!r} is not a date; write 2026-11-23 or 2026-11-23T09:00:00+01:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)).timestamp()


def _from_infrastructure(asked: argparse.Namespace, book: PriceBook) -> None:
    """The settings decide what the templates say; options give the rest of the plan."""
    for option in OF_THE_TEMPLATES:
        if getattr(asked, option) is not None:
            raise BadInput(f"{_flag(option)} is in the settings file that --from-infrastructure reads; change it there")
    found = from_infrastructure.synthesize(asked.from_infrastructure)
    asked.pool, asked.idle_minutes = found.pool, found.idle_minutes
    bill = from_infrastructure.bill_of(found, _plan(asked), book)
    if asked.json:
        report.show_json(infrastructure_as_json(bill), console())
    else:
        show_infrastructure(bill, book, console())


def _task(asked: argparse.Namespace) -> WorkspaceTask:
    return WorkspaceTask(arch=asked.arch or "x86", spot_share=asked.spot or 0.0)


def _plan(asked: argparse.Namespace) -> Plan:
    values = read_numbers(asked.assume, Plan, option="--assume", list_option="--assumptions")
    for name in WITH_A_FLAG:
        if name in values:
            raise BadInput(f"{name} has an option of its own: {_flag(name)}")
        if getattr(asked, name) is not None:
            values[name] = getattr(asked, name)
    return Plan(**values)  # pyright: ignore[reportArgumentType] students comes from an option of type int


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apranova costs",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    for name in WITH_A_FLAG:
        item = numbers_of(Plan)[name]
        meaning = item.metadata["meaning"].replace("%", "%%")
        kind = int if name == "students" else float
        add(_flag(name), type=kind, metavar="N", help=f"{meaning}; default {item.default:g}")
    add("--arch", choices=ARCHES, help="processors of all tasks; default x86")
    add("--spot", type=float, metavar="SHARE", help="share of task-hours on Spot, 0 to 1; default 0")
    add("--assume", action="append", default=[], metavar="NAME=VALUE", help="change another number; may be repeated")
    add("--assumptions", action="store_true", help="list all numbers that are assumed")
    add("--prices", type=Path, metavar="FILE", help="a price file of your own")
    add("--show-prices", action="store_true", help="list all prices with date and source")
    templates = "synthesize the templates of these settings and price them; default: the example of a hundred students"
    add(
        "--from-infrastructure", nargs="?", const=from_infrastructure.EXAMPLE, type=Path, metavar="FILE", help=templates
    )
    history = "dollars by cohort and student (pseudonym), from a file of ./apranova export-history"
    add("--history", type=Path, metavar="FILE", help=history)
    add("--from", dest="begin", metavar="DATE", help="with --history: only what was used since then (UTC)")
    add("--to", dest="end", metavar="DATE", help="with --history: only what was used before then")
    add("--json", action="store_true", help="for programs; dollars, not rounded")
    return parser


if __name__ == "__main__":
    sys.exit(main())
