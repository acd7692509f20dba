"""The comparison as tables for a terminal; plain text when it goes into a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract.names import LaunchPath
from simulator.costs.document import DocumentFigures
from simulator.costs.model import Breakdown, Group
from simulator.planning.curve import best
from simulator.planning.result import Result

COHORTS_SHOWN = 12


def show(results: Sequence[Result], *, always_on: Breakdown, document: DocumentFigures, out: Console) -> None:
    first = results[0]
    homes = (
        "homes attached at the claim (late binding)"
        if first.late_binding
        else "homes fixed at a task's start (EFS on Fargate)"
    )
    out.print(
        f"[bold]{first.students:,} students, {first.period_s / 86_400:g} days, {first.worked_hours / max(1, first.students):.1f} hours worked each[/]  "
        f"({homes}; seed {first.seed})\n"
    )
    out.print(_main_table(results, always_on))
    out.print(
        f"\nThe document's own sum for these students' workspaces: {_money(document.workspaces)} "
        f"({document.pool:,.2f} for a pool around the clock, {document.on_demand:,.2f} for the hours; it counts no idle tails).\n"
    )
    if len(first.cohorts) > 1:
        out.print(_cohort_table(first))
    for result in results:
        if result.decisions:
            out.print(f"\nWhat {escape(result.name)} said last:")
            for text in result.decisions:
                out.print(f"  {escape(text)}", style="dim")


def show_curve(curves: Sequence[tuple[str, Sequence[Result]]], *, out: Console) -> None:
    everyone = sorted((one for _, results in curves for one in results), key=lambda one: one.workspaces_dollars)
    found = best(everyone)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
    table.add_column("Waiting against cost")
    for name in ("workspaces", "cold starts", "of starts", "p50", "p95", "p99", "warm h", "wasted h"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in everyone:
        table.add_row(
            f"[bold]{escape(one.name)}  ← best[/]" if one is found else escape(one.name),
            _money(one.workspaces_dollars),
            f"{one.cold:,}",
            f"{100 * one.cold / max(1, one.start_waits.number):.1f} %",
            *(_seconds(wait) for wait in (one.start_waits.p50, one.start_waits.p95, one.start_waits.p99)),
            _hours(one.hours.warm_pool),
            _hours(one.unclaimed.warm_pool),
        )
    out.print()
    out.print(table)


def rows(results: Sequence[Result], always_on: Breakdown) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Sections of (name of the row, a text for each run and one for always on). The page shows the same."""

    def each(name: str, text: Callable[[Result], str], always: str = "") -> tuple[str, list[str]]:
        return name, [*(text(one) for one in results), always]

    def group(group: Group) -> tuple[str, list[str]]:
        return each(group.value, lambda one: _money(one.bill.group(group)), _money(always_on.group(group)))

    def line(name: str) -> tuple[str, list[str]]:
        return each(f"  {name}", lambda one: _money(one.bill.line(name).dollars), _money(always_on.line(name).dollars))

    return [
        (
            "Launches",
            [
                each("launches", lambda one: f"{len(one.launches):,}"),
                *(each(f"  {path}", lambda one, path=path: f"{100 * one.share(path):.1f} %") for path in LaunchPath),
                each("refused or given up, clicked again", lambda one: f"{one.launches.failed:,}"),
            ],
        ),
        (
            "Wait, click to running",
            [
                each("  p50, all launches", lambda one: _seconds(one.waits.p50), _seconds(0.2)),
                each("  p95, all launches", lambda one: _seconds(one.waits.p95)),
                each("  p99, all launches", lambda one: _seconds(one.waits.p99)),
                each("  p95, of those that needed a task", lambda one: _seconds(one.start_waits.p95)),
                each("  p99, of those that needed a task", lambda one: _seconds(one.start_waits.p99)),
                each("  longest", lambda one: _seconds(one.waits.longest)),
            ],
        ),
        (
            "Task-hours",
            [
                each("  worked", lambda one: _hours(one.hours.session)),
                each("  idle tails", lambda one: _hours(one.hours.idle_tail)),
                each("  starting", lambda one: _hours(one.hours.starting)),
                each("  warm", lambda one: _hours(one.hours.warm_pool)),
                each("    of these wasted (nobody came)", lambda one: _hours(one.unclaimed.warm_pool)),
            ],
        ),
        (
            "Cost of the period",
            [
                group(Group.WORKSPACES),
                *(line(name) for name in ("Sessions", "Idle tails", "Starting", "Warm pool")),
                *(group(one) for one in Group if one is not Group.WORKSPACES),
                each("total", lambda one: _money(one.bill.total), _money(always_on.total)),
                each("a student", lambda one: _money(one.bill.per_student), _money(always_on.per_student)),
            ],
        ),
        (
            "Asked of AWS",
            [
                each("  RunTask calls asked for, busiest second", lambda one: f"{one.work.run_task_peak_per_s:,}"),
                each("  launches delayed by ECS's limits", lambda one: f"{one.work.launches_delayed:,}"),
                each("  store calls", lambda one: f"{one.work.store_calls:,}"),
                each("  store calls, busiest second", lambda one: f"{one.work.store_calls_peak_per_s:,}"),
                each("  sweeps", lambda one: f"{one.work.sweeps:,}"),
                each("  records read by a sweep, mean", lambda one: f"{one.work.records_read_a_sweep:,.1f}"),
                each("  a sweep's time, mean", lambda one: f"{one.work.sweep_ms:.2f} ms"),
            ],
        ),
    ]


def _main_table(results: Sequence[Result], always_on: Breakdown) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
    table.add_column("")
    for name in (*(escape(one.name) for one in results), "always on"):
        table.add_column(name, justify="right", no_wrap=True)
    for title, section in rows(results, always_on):
        table.add_row(f"[bold]{title}[/]")
        for name, texts in section:
            table.add_row(name, *texts)
    return table


def _cohort_table(result: Result) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
    table.add_column(f"Cohorts ({escape(result.name)})")
    for name in ("students", "task-hours", "cost", "a student", "launches", "p95 wait"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in result.cohorts[:COHORTS_SHOWN]:
        table.add_row(
            escape(one.label),
            f"{one.students:,}",
            f"{one.hours.total:,.0f}",
            _money(one.dollars),
            _money(one.dollars / one.students if one.students else 0.0),
            f"{one.waits.number:,}",
            _seconds(one.waits.p95),
        )
    if len(result.cohorts) > COHORTS_SHOWN:
        table.add_row(f"and {len(result.cohorts) - COHORTS_SHOWN:,} more; --json has them all")
    shared = result.unclaimed.total
    if shared:
        dollars = result.workspaces_dollars / result.hours.total * shared if result.hours.total else 0.0
        table.add_row("tasks that served nobody", "", f"{shared:,.0f}", _money(dollars))
    return table


def _money(amount: float) -> str:
    return f"${amount:,.2f}"


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"
