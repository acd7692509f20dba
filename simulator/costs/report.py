"""The comparison as tables for a terminal; plain text when it goes into a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import Field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simulator.costs import document
from simulator.costs.comparison import Comparison
from simulator.costs.model import Group
from simulator.costs.price_book import PriceBook


def show(comparison: Comparison, out: Console) -> None:
    plan, task = comparison.plan, comparison.task
    spot = f", {100 * task.spot_share:g} % on Spot" if task.spot_share else ""
    out.print(
        f"[bold]One month: {plan.students:,} students, {plan.hours:g} hours each, {plan.pool:g} warm tasks[/]  "
        f"({task.vcpus:g} vCPU, {task.memory_gb:g} GB, {task.arch}{spot}; {escape(comparison.book.region)}, US dollars)\n"
    )
    out.print(_document_table(comparison))
    _explain_document(comparison, out)
    out.print(_line_table(comparison))
    out.print(
        f"On demand saves {money(comparison.workspace_saving)} of {money(comparison.always_on.group(Group.WORKSPACES))} on "
        f"workspaces ({100 * comparison.workspace_saving_share:.1f} %), {money(comparison.saving)} of "
        f"{money(comparison.always_on.total)} in all ({100 * comparison.saving_share:.1f} %).\n"
    )
    out.print(_choice_table(comparison))
    _caveats(comparison.book, out)


def _document_table(comparison: Comparison) -> Table:
    figures, plan = comparison.document, comparison.plan
    as_stated = (plan.students, plan.hours, plan.pool) == (document.STUDENTS, document.HOURS, document.POOL)
    columns = ("always on", "pool + on demand", "it says") if as_stated else ("always on", "pool + on demand")
    table = table_of("The document's way (x86, on demand)", *columns)

    def row(name: str, always_on: str, on_demand: str, stated: str, *, bold: bool = False) -> None:
        cells = (name, always_on, on_demand, *([stated] if as_stated else []))
        table.add_row(*cells, style="bold" if bold else None)

    def group(name: str, dollars: float, stated: float) -> None:
        row(name, _dollars(dollars), _dollars(dollars), _dollars(stated))

    stated = document.STATED
    workspaces = f"{stated['always_on']}, {stated['workspaces']}"
    group("Core services", figures.core, document.CORE)
    row("Workspaces", _dollars(figures.always_on), _dollars(figures.workspaces), workspaces)
    group("Storage", figures.storage, document.STORAGE)
    group("Monitoring", figures.monitoring, document.MONITORING)
    group("Data transfer", figures.transfer, document.TRANSFER)
    table.add_section()
    row("Total", _dollars(figures.total_always_on), _dollars(figures.total), stated["total"], bold=True)
    always_on = money(figures.total_always_on / figures.students)
    row("Per student", always_on, money(figures.per_student), stated["per_student"])
    return table


def _explain_document(comparison: Comparison, out: Console) -> None:
    figures = comparison.document
    out.print(
        f"Workspaces: {_dollars(figures.saving)} saved, {100 * figures.saving_share:.1f} %. A task-hour is ${figures.task_hour:.5f}: "
        f"pool {money(figures.pool)} + on demand {money(figures.on_demand)}.\n"
        f"Its own two lines would be {money(figures.pool_line)} + {money(figures.on_demand_line)} = "
        f"{money(figures.lines_together)}: they use ${document.ROUNDED_TASK_HOUR:.2f} an hour, one vCPU rounded, without the memory. "
        "It counts no idle tails.\n"
    )


def _line_table(comparison: Comparison) -> Table:
    table = table_of("Everything counted", "always on", "on demand")
    table.add_column("counted for on demand", style="dim", overflow="fold")
    always_on, on_demand = comparison.always_on, comparison.on_demand
    for group in Group:
        table.add_row(
            f"[bold]{group.value}[/]",
            f"[bold]{money(always_on.group(group))}[/]",
            f"[bold]{money(on_demand.group(group))}[/]",
        )
        for line in on_demand.lines:
            if line.group is group:
                table.add_row(
                    f"  {line.name}", money(always_on.line(line.name).dollars), money(line.dollars), line.basis
                )
    table.add_section()
    table.add_row("[bold]Total[/]", f"[bold]{money(always_on.total)}[/]", f"[bold]{money(on_demand.total)}[/]")
    table.add_row("Per student", money(always_on.per_student), money(on_demand.per_student))
    return table


def _choice_table(comparison: Comparison) -> Table:
    table = table_of("On demand, if …", "workspaces", "total", "per student")
    for choice in comparison.choices:
        table.add_row(choice.name, money(choice.workspaces), money(choice.total), money(choice.per_student))
    return table


def _caveats(book: PriceBook, out: Console) -> None:
    out.print(
        "\nWhat is assumed, and how to change it: --assumptions, --assume NAME=VALUE. What is not counted: docs/guides/costs.md"
    )
    if book.unverified:
        names = ", ".join(price.name for price in book.unverified)
        out.print(
            f"[yellow]![/] {len(book.unverified)} of {len(book.prices)} prices could not be verified: {names}. --prices FILE"
        )


def show_json(content: Mapping[str, Any], out: Console) -> None:
    out.print(json.dumps(content, indent=2, ensure_ascii=False), soft_wrap=True, markup=False)


def show_assumptions(fields: Mapping[str, Field[float]], out: Console) -> None:
    table = Table("name", "default", "meaning", box=None, header_style="bold", pad_edge=False)
    for name, item in fields.items():
        table.add_row(name, f"{item.default:g}", item.metadata["meaning"])
    out.print(table)


def show_prices(book: PriceBook, out: Console) -> None:
    out.print(f"{escape(book.origin)}, {escape(book.region)}\n", soft_wrap=True)
    for price in book.prices.values():
        amount = f"{price.price:.10f}".rstrip("0").rstrip(".")
        free = f", the first {price.free:,g} a month are free" if price.free else ""
        doubt = "" if price.verified else "  [yellow]not verified[/]"
        out.print(f"[bold]{price.name}[/]  {amount} for one {price.unit}{free}{doubt}", soft_wrap=True)
        source = price.source or "no source was found, the long-standing list price"
        out.print(f"    {price.date}  {escape(f'{source}. {price.note}'.strip())}", soft_wrap=True, style="dim")


def table_of(title: str, *columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
    table.add_column(title, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _dollars(amount: float) -> str:
    return f"${amount:,.0f}"


def money(amount: float) -> str:
    return f"${amount:,.2f}"
