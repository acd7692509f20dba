"""The bill of the templates as a table, and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from simulator.costs.from_infrastructure import InfrastructureBill
from simulator.costs.model import Group
from simulator.costs.price_book import PriceBook
from simulator.costs.report import money, table_of


def show_infrastructure(result: InfrastructureBill, book: PriceBook, out: Console) -> None:
    out.print(_lines(result))
    out.print(f"\n{result.found.free} resources cost nothing by themselves. Not counted, because it goes by use:")
    for line in result.found.by_use:
        out.print(f"  {line}", soft_wrap=True, markup=False)
    out.print()
    out.print(_document(result))
    for line in result.document:
        out.print(f"  {line.group.value}: {line.basis}", soft_wrap=True, markup=False)
    out.print(
        f"Prices are those of {book.region}; {len(book.unverified)} of {len(book.prices)} could not be verified "
        "(--show-prices). What is assumed of use: --assumptions."
    )


def _lines(result: InfrastructureBill) -> Table:
    table = table_of("The templates, one month", "dollars")
    table.add_column("resources", overflow="fold")
    table.add_column("counted", style="dim", overflow="fold")
    for group in Group:
        table.add_row(f"[bold]{group.value}[/]", f"[bold]{money(result.bill.group(group))}[/]")
        for line in result.bill.lines:
            if line.group is group:
                table.add_row(f"  {line.name}", money(line.dollars), result.found.causes.get(line.name, ""), line.basis)
    table.add_section()
    table.add_row("[bold]Total[/]", f"[bold]{money(result.bill.total)}[/]")
    table.add_row("Per student", money(result.bill.per_student))
    return table


def _document(result: InfrastructureBill) -> Table:
    says = result.document_stated is not None
    columns = ("worked out", "it says", "rounded by") if says else ("worked out",)
    table = table_of("The same templates, counted as the document does", *columns)
    for line in result.document:
        table.add_row(line.group.value, money(line.dollars), *_stated(line.dollars, line.stated))
    table.add_section()
    total = result.document_total
    table.add_row("[bold]Total[/]", f"[bold]{money(total)}[/]", *_stated(total, result.document_stated))
    return table


def _stated(dollars: float, stated: float | None) -> tuple[str, ...]:
    if stated is None:
        return ()
    rounded = stated - dollars
    return (money(stated), f"{rounded:+.2f}" if abs(rounded) >= 0.005 else "")


def infrastructure_as_json(result: InfrastructureBill) -> dict[str, Any]:
    return {
        "total": result.bill.total,
        "per_student": result.bill.per_student,
        "lines": [
            line | {"resources": result.found.causes.get(line["name"], "")} for line in result.bill.lines_as_json()
        ],
        "not_counted": list(result.found.by_use),
        "document": {
            "total": result.document_total,
            "stated": result.document_stated,
            "lines": [vars(line) for line in result.document],
        },
    }
