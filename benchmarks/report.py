"""A table for people, JSON for later comparisons."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Findings, Measure

SAMPLES_MAX = 500
"""Of more samples only the summary is written."""
RESULTS = Path(__file__).parent / "results"
console = Console(width=130)  # the same in a terminal and in a file


def show(findings: Findings, machine: dict[str, object]) -> None:
    table = Table(title=findings.title, title_style="bold", title_justify="left", box=None, pad_edge=False)
    for column in ("", "n", "median", "p95", "p99", "max", "unit", "target", ""):
        table.add_column(column, no_wrap=True, justify="left" if column in ("", "unit", "target") else "right")
    for measure in findings.measures:
        summary = measure.summary()
        numbers = (number(summary[name]) for name in ("median", "p95", "p99", "max"))
        table.add_row(measure.name, str(len(measure.samples)), *numbers, measure.unit, *_verdict(measure))
    console.print(table)
    for fact, holds in findings.facts.items():
        console.print(f"  {_mark(holds)} {fact}")
    console.print(
        f"[dim]{machine['cores']} cores, load {machine['load_before']} before and {machine['load_after']} after, "
        f"commit {machine['commit']}, {machine['date']}[/]\n"
    )


def write(path: Path, findings: Findings, machine: dict[str, object], *, quick: bool) -> None:
    document = {
        "title": findings.title,
        "quick": quick,
        "machine": machine,
        "facts": findings.facts,
        "details": findings.details,
        "measures": [
            {
                "name": measure.name,
                "unit": measure.unit,
                "note": measure.note,
                "target": vars(measure.target) if measure.target else None,
                "reached": measure.reached(),
                "summary": {key: _rounded(value) for key, value in measure.summary().items()},
                "samples": [_rounded(value) for value in measure.samples]
                if len(measure.samples) <= SAMPLES_MAX
                else None,
            }
            for measure in findings.measures
        ],
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def number(value: float) -> str:
    """Three significant digits."""
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _rounded(value: float) -> float:
    return round(value, 4)


def _verdict(measure: Measure) -> tuple[str, str]:
    if measure.target is None:
        return "", ""
    return f"{measure.target.statistic} ≤ {number(measure.target.most)}", _mark(bool(measure.reached()))


def _mark(good: bool) -> str:
    return "[green]✓[/]" if good else "[red]✗ missed[/]"
