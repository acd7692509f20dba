"""The report as texts in rows, which the page shows too, and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract.names import LaunchPath
from simulator.costs.model import Breakdown, Group
from simulator.planning.report import Report, best
from simulator.planning.result import Result, Work
from simulator.planning.settings import EXISTING_ANSWER_S

PURPOSES = ("Sessions", "Idle tails", "Starting", "Warm pool")
COHORTS = ("students", "task-hours", "cost", "per student", "launches", "p95 wait")
CURVE = ("workspaces", "cold starts", "of starts", "p50", "p95", "p99", "warm h", "wasted h")
COHORTS_SHOWN = 12
Rows = list[tuple[str, list[str]]]
"""(name of the row, a text for each column)"""


def show(report: Report, out: Console) -> None:
    first, document = report.results[0], report.document
    worked = first.worked_hours / max(1, first.students)
    out.print(
        f"[bold]{first.students:,} students, {first.period_s / 86_400:g} days, {worked:.1f} hours of work each[/]\n"
        f"Seed {first.seed}.\n"
    )
    table = _table("", *(one.name for one in report.results), "always on")
    for title, section in sections(report.results, report.always_on):
        table.add_row(f"[bold]{title}[/]")
        _fill(table, section)
    out.print(table)
    out.print(
        f"\nThe architecture document's arithmetic gives {money(document.workspaces)} for these workspaces: "
        f"{money(document.pool)} for a pool\naround the clock and {money(document.on_demand)} for the hours. "
        "It counts no idle tails.\n"
    )
    if len(first.cohorts) > 1:
        out.print(_cohort_table(first))
    for result in report.results:
        if result.decisions:
            out.print(f"\nLast decisions of the policy {escape(result.name)}:")
            for text in result.decisions:
                out.print(f"  {escape(text)}", style="dim")
    if report.curves:
        table = _table("Wait against cost", *CURVE)
        _fill(table, curve_rows(report.on_the_curve))
        out.print()
        out.print(table)


def sections(results: Sequence[Result], always_on: Breakdown) -> list[tuple[str, Rows]]:
    """(title, rows): a column for each run, and one for workspaces that always run."""
    found = (
        ("Launches", [_launches(one) for one in results], {}),
        (
            "Wait, click to running",
            [_waits(one) for one in results],
            {"  p50, all launches": seconds(EXISTING_ANSWER_S)},
        ),
        ("Task-hours", [_task_hours(one) for one in results], {}),
        ("Cost of the period", [_costs(one.bill) for one in results], _costs(always_on)),
        ("Load on AWS", [_load(one.work) for one in results], {}),
    )
    return [
        (title, [(name, [*(texts[name] for texts in each), always.get(name, "")]) for name in each[0]])
        for title, each, always in found
    ]


def _launches(one: Result) -> dict[str, str]:
    return {
        "launches": f"{len(one.launches):,}",
        **{f"  {path}": f"{100 * one.share(path):.1f} %" for path in LaunchPath},
        "failed, then clicked again": f"{one.launches.failed:,}",
    }


def _waits(one: Result) -> dict[str, str]:
    return {
        "  p50, all launches": seconds(one.waits.p50),
        "  p95, all launches": seconds(one.waits.p95),
        "  p99, all launches": seconds(one.waits.p99),
        "  p95, launches that needed a task": seconds(one.start_waits.p95),
        "  p99, launches that needed a task": seconds(one.start_waits.p99),
        "  longest": seconds(one.waits.longest),
    }


def _task_hours(one: Result) -> dict[str, str]:
    return {
        "  worked": hours(one.hours.session),
        "  idle tails": hours(one.hours.idle_tail),
        "  starting": hours(one.hours.starting),
        "  warm": hours(one.hours.warm_pool),
        "    of which wasted (nobody came)": hours(one.unclaimed.warm_pool),
    }


def _costs(bill: Breakdown) -> dict[str, str]:
    others = [group for group in Group if group is not Group.WORKSPACES]
    return {
        Group.WORKSPACES.value: money(bill.group(Group.WORKSPACES)),
        **{f"  {name}": money(bill.line(name).dollars) for name in PURPOSES},
        **{group.value: money(bill.group(group)) for group in others},
        "total": money(bill.total),
        "per student": money(bill.per_student),
    }


def _load(work: Work) -> dict[str, str]:
    return {
        "  RunTask calls requested, busiest second": f"{work.run_task_peak_per_s:,}",
        "  launches delayed by ECS's limits": f"{work.launches_delayed:,}",
        "  store calls": f"{work.store_calls:,}",
        "  store calls, busiest second": f"{work.store_calls_peak_per_s:,}",
        "  reconcile passes": f"{work.sweeps:,}",
        "  records read per pass, mean": f"{work.records_read_a_sweep:,.1f}",
        "  time of a pass, mean": f"{work.sweep_ms:.2f} ms",
    }


def curve_rows(runs: Sequence[Result]) -> Rows:
    chosen = best(runs)
    return [
        (
            f"{one.name}  ← best" if one is chosen else one.name,
            [
                money(one.workspaces_dollars),
                f"{one.cold:,}",
                f"{one.cold_percent:.1f} %",
                *(seconds(wait) for wait in (one.start_waits.p50, one.start_waits.p95, one.start_waits.p99)),
                hours(one.hours.warm_pool),
                hours(one.unclaimed.warm_pool),
            ],
        )
        for one in runs
    ]


def cohort_rows(result: Result) -> Rows:
    """Tasks that served nobody are in no cohort's row; they have a row of their own."""
    rows = [
        (
            one.label,
            [
                f"{one.students:,}",
                f"{one.hours.total:,.0f}",
                money(one.dollars),
                money(one.dollars / max(1, one.students)),
                f"{one.waits.number:,}",
                seconds(one.waits.p95),
            ],
        )
        for one in result.cohorts
    ]
    shared = result.unclaimed.total
    if shared:
        dollars = result.workspaces_dollars / result.hours.total * shared
        rows.append(("tasks that served nobody", ["", f"{shared:,.0f}", money(dollars), "", "", ""]))
    return rows


def _cohort_table(result: Result) -> Table:
    table = _table(f"Cohorts ({result.name})", *COHORTS)
    rows, left_out = cohort_rows(result), len(result.cohorts) - COHORTS_SHOWN
    _fill(table, rows[:COHORTS_SHOWN] if left_out > 0 else rows)
    if left_out > 0:
        table.add_row(f"and {left_out:,} more; --json has them all")
        _fill(table, rows[len(result.cohorts) :])
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
    table.add_column(escape(title))
    for column in columns:
        table.add_column(escape(column), justify="right", no_wrap=True)
    return table


def _fill(table: Table, rows: Rows) -> None:
    for name, texts in rows:
        table.add_row(escape(name), *texts)


def money(amount: float) -> str:
    return f"${amount:,.2f}"


def hours(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def seconds(number: float) -> str:
    return f"{number:.1f} s"
