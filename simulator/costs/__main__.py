"""`./apranova costs`: what a school of your size costs on AWS each month, and why."""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.costs import from_infrastructure, report
from simulator.costs.assembly import BadAssembly
from simulator.costs.comparison import as_json, compare
from simulator.costs.infrastructure_report import infrastructure_as_json, show_infrastructure
from simulator.costs.measured import measure, measured_as_json
from simulator.costs.measured_report import show_measured
from simulator.costs.plan import BadPlan, Plan, assumptions
from simulator.costs.price_book import OWN_PRICES, BadPriceBook, PriceBook, load_price_book
from simulator.costs.stack import ARCHES, BadTask, WorkspaceTask
from simulator.workloads.history import BadHistory, read_history

EXIT_BAD_INPUT = 2
OF_THE_TEMPLATES = ("pool", "idle_minutes", "arch", "spot")
WITH_A_FLAG = ("students", "hours", "pool", "idle_minutes", "sessions_a_day")

DESCRIPTION = """\
What a school costs on AWS in a month: workspaces that always run beside workspaces that run on demand.
First the architecture document's own arithmetic, then everything counted, with idle tails."""

EXAMPLES = f"""\
examples:
  ./apranova costs                                     the document's school: 100 students, 90 hours, pool of 3
  ./apranova costs --students 250 --hours 60 --pool 5  your own
  ./apranova costs --arch arm --spot 0.5               ARM processors, half of the task-hours on Spot
  ./apranova costs --idle-minutes 15 --sessions-a-day 3
  ./apranova costs --assume home_gb=25 --assume image_nat_share=1
  ./apranova costs --prices my-prices.toml             first copy {OWN_PRICES.parent.name}/{OWN_PRICES.name} (--show-prices says where) and edit it
  ./apranova costs --from-infrastructure school.toml   what ./apranova infrastructure writes, priced line by line
  ./apranova costs --history history.jsonl --from 2026-11-01 --to 2026-12-01
                                                       what students and cohorts really used (./apranova export-history), in dollars
  ./apranova costs --json                              for programs

exit codes: 0 done, 2 something asked for is not possible (the message says what)"""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["costs"]:  # the entry script passes its command on
        given = given[1:]
    asked = _parser().parse_args(given)
    try:
        return _run(asked)
    except (BadPlan, BadPriceBook, BadTask, BadAssembly, BadHistory, from_infrastructure.CannotSynthesise) as problem:
        print(f"apranova: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT


def _run(asked: argparse.Namespace) -> int:
    if asked.assumptions:
        report.show_assumptions(assumptions(), report.console())
        return 0
    book = load_price_book(asked.prices)
    if asked.show_prices:
        report.show_prices(book, report.console())
        return 0
    if asked.history is not None:
        return _measured(asked, book)
    if asked.begin is not None or asked.end is not None:
        raise BadPlan("--from and --to choose a part of what --history names")
    if asked.from_infrastructure is not None:
        return _from_infrastructure(asked, book)
    task = WorkspaceTask(arch=asked.arch or "x86", spot_share=asked.spot or 0.0)
    comparison = compare(_plan(asked), book, task=task)
    if asked.json:
        report.show_json(as_json(comparison), report.console())
    else:
        report.show(comparison, report.console())
    return 0


def _measured(asked: argparse.Namespace, book: PriceBook) -> int:
    """What was used is in the file: nothing of it can be planned besides."""
    for option in (*WITH_A_FLAG, "from_infrastructure"):
        if getattr(asked, option) is not None:
            raise BadPlan(f"--{option.replace('_', '-')} does not go with --history, which says what was used")
    if asked.assume:
        raise BadPlan("--assume does not go with --history, which says what was used")
    begin, end = _moment(asked.begin, "--from"), _moment(asked.end, "--to")
    if begin is not None and end is not None and begin >= end:
        raise BadPlan("--from must lie before --to")
    task = WorkspaceTask(arch=asked.arch or "x86", spot_share=asked.spot or 0.0)
    bill = measure(read_history(asked.history), book, task=task, begin=begin, end=end)
    if asked.json:
        report.show_json(measured_as_json(bill), report.console())
    else:
        show_measured(bill, report.console())
    return 0


def _moment(text: str | None, option: str) -> float | None:
    """A day or a moment as `export-history` takes them: without a zone in UTC. Seconds since the epoch."""
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadPlan(f"{option}: {text!r} is no date; write 2026-11-23 or 2026-11-23T09:00:00+01:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)).timestamp()


def _from_infrastructure(asked: argparse.Namespace, book: PriceBook) -> int:
    """The settings decide what the templates say; the rest of the plan is asked for as ever."""
    for option in OF_THE_TEMPLATES:
        if getattr(asked, option) is not None:
            raise BadPlan(
                f"--{option.replace('_', '-')} is in the settings file that --from-infrastructure reads; change it there"
            )
    found = from_infrastructure.synthesise(asked.from_infrastructure)
    asked.pool, asked.idle_minutes = found.pool, found.idle_minutes
    bill = from_infrastructure.bill_of(found, _plan(asked), book)
    if asked.json:
        report.show_json(infrastructure_as_json(bill), report.console())
    else:
        show_infrastructure(bill, book, report.console())
    return 0


def _plan(asked: argparse.Namespace) -> Plan:
    known = assumptions()
    default = Plan()
    values: dict[str, float] = {
        name: getattr(default, name) if getattr(asked, name) is None else getattr(asked, name) for name in WITH_A_FLAG
    }
    for text in asked.assume:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadPlan(f"--assume expects NAME=VALUE, not {text!r}")
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise BadPlan(
                f"there is no assumption {name!r}{f'; {close[0]} is meant?' if close else ''} --assumptions lists them"
            )
        if name in WITH_A_FLAG:
            raise BadPlan(f"{name} has an option of its own: --{name.replace('_', '-')}")
        try:
            values[name] = float(value)
        except ValueError:
            raise BadPlan(f"{name} must be a number, not {value!r}") from None
    return Plan(**values)  # pyright: ignore[reportArgumentType] students comes from an option of type int


def _parser() -> argparse.ArgumentParser:
    default = Plan()
    parser = argparse.ArgumentParser(
        prog="apranova costs",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name in WITH_A_FLAG:
        meaning = assumptions()[name].metadata["meaning"].replace("%", "%%")
        value = getattr(default, name)
        kind = int if name == "students" else float
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=f"{meaning}; default {value:g}")
    parser.add_argument("--arch", choices=ARCHES, help="processors of all tasks; default x86")
    parser.add_argument(
        "--spot",
        type=float,
        metavar="SHARE",
        help="share of the workspaces' task-hours on Spot, 0 to 1; default 0",
    )
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one of the other numbers; may be repeated",
    )
    parser.add_argument("--assumptions", action="store_true", help="list all numbers that can be assumed, and stop")
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="a price file instead of the one that comes with ApraNova"
    )
    parser.add_argument("--show-prices", action="store_true", help="list all prices with date and source, and stop")
    parser.add_argument(
        "--from-infrastructure",
        nargs="?",
        const=from_infrastructure.EXAMPLE,
        type=Path,
        metavar="FILE",
        help="synthesise this school's templates and price what is in them; default: the example of a hundred students",
    )
    parser.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="dollars by cohort and by student (pseudonym) from a file of ./apranova export-history, instead of a plan",
    )
    parser.add_argument(
        "--from", dest="begin", metavar="DATE", help="with --history: only what was used from then on (UTC)"
    )
    parser.add_argument("--to", dest="end", metavar="DATE", help="with --history: only what was used before then")
    parser.add_argument("--json", action="store_true", help="for programs; dollars, not rounded")
    return parser


if __name__ == "__main__":
    sys.exit(main())
