"""The measured bill as tables: cohorts, then students by their pseudonyms."""

from __future__ import annotations

import datetime as dt

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simulator.costs.measured import NO_COHORT, MeasuredBill, Share
from simulator.costs.model import task_hour_price
from simulator.costs.report import money, table_of
from simulator.costs.stack import sizes_of

_FIGURES = ("sessions", "task-hours", "dollars")


def show_measured(bill: MeasuredBill, out: Console) -> None:
    task = bill.task
    spot = f", {100 * task.spot_share:g} % on Spot" if task.spot_share else ""
    out.print(
        f"[bold]Workspaces, {_day(bill.begin)} to {_day(bill.end)}[/]  "
        f"({task.arch}{spot}, {escape(bill.book.region)}, US dollars)"
    )
    for size, own in sizes_of(task).items():
        price = task_hour_price(own, bill.book)
        out.print(f"{size.label}: {own.vcpus:g} vCPU, {own.memory_gb:g} GB, ${price:.5f} a task-hour")
    out.print()
    out.print(_cohorts(bill))
    out.print()
    out.print(_students(bill))
    out.print(
        "\nFrom the launch to the end of the task, idle tails included. Warm tasks that nobody claimed are nobody's, and not here."
    )
    if bill.ends_unknown or bill.begins_unknown:
        out.print(
            f"[yellow]![/] Not counted: {bill.ends_unknown:,} launches whose end, and {bill.begins_unknown:,} ends whose launch is not in the "
            "file. Export all of the history, and choose the time here: --from, --to"
        )


def _cohorts(bill: MeasuredBill) -> Table:
    table = table_of("Cohort", "students", *_FIGURES)
    for share in bill.cohorts:
        table.add_row(escape(share.name), f"{share.students:,}", *_figures(share))
    table.add_section()
    sessions = sum(share.sessions for share in bill.cohorts)
    everybody = len({share.name for share in bill.students})
    table.add_row(
        "[bold]Total[/]",
        f"{everybody:,}",
        f"{sessions:,}",
        f"{bill.task_hours:,.1f}",
        f"[bold]{money(bill.dollars)}[/]",
    )
    return table


def _students(bill: MeasuredBill) -> Table:
    table = table_of("Student (pseudonym)", "cohort", *_FIGURES)
    for share in bill.students:
        table.add_row(escape(share.name), escape(share.cohort or NO_COHORT), *_figures(share))
    return table


def _figures(share: Share) -> tuple[str, str, str]:
    return f"{share.sessions:,}", f"{share.task_hours:,.1f}", money(share.dollars)


def _day(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M}"
