"""How the manager's work grows with a school: one week with 100 to 100,000 students, simulated.

Only the simulation's own time and memory depend on the machine. Each size runs in a process of its
own, so that its memory can be measured. `--students` chooses sizes, because the largest takes long;
the result keeps the rows of the others. Each row has its commit and day.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, report
from benchmarks.charts import figure
from benchmarks.measure import Findings, Measure, Target
from benchmarks.planning_run import planned

SIZES = (100, 1_000, 10_000, 100_000)
SIZES_QUICK = (100, 1_000)
OPTIONS = ("--days", "7", "--class-starts", "8,9,10,11,13,14,16,18", "--sweep-pause", "5")
"""One week, and at most one reconcile pass each five seconds.

Classes start at eight different hours. Else the launch rate of an AWS account would hide the rest.
"""
MINUTES_MOST, MEGABYTES_MOST = 15.0, 4_096.0
RESULT = report.RESULTS / "simulate.json"
_COLUMNS = {
    "launches": "launches",
    "records_read_a_sweep": "records per pass",
    "records_read_max": "records, longest pass",
    "sweep_ms": "ms per pass",
    "sweep_ms_max": "ms, longest pass",
    "sweeps": "passes",
    "store_calls_a_launch": "store calls per launch",
    "store_calls_peak_per_s": "store calls, busiest s",
    "run_task": "RunTask",
    "run_task_peak_per_s": "RunTask asked for, busiest s",
    "launches_delayed": "delayed",
    "machine_s": "processor s",
    "memory_mb": "MB",
}


def run(*, quick: bool, sizes: Sequence[int] = ()) -> Findings:
    """`sizes`: only these; the other rows of the last result stay."""
    rows = [_week(size) for size in sizes or (SIZES_QUICK if quick else SIZES)]
    return findings(_with_others(rows) if sizes else rows)


def findings(rows: list[dict[str, Any]]) -> Findings:
    """`rows`: the smallest size first."""
    last = rows[-1]
    size = f"{last['students']:,} students, one week"
    _show(rows)
    return Findings(
        title="How the manager's work grows with a school (one simulated week)",
        measures=[
            Measure(f"{size}: time", "min", [last["wall_s"] / 60.0], Target("max", MINUTES_MOST)),
            Measure(f"{size}: memory", "MB", [last["memory_mb"]], Target("max", MEGABYTES_MOST)),
        ],
        facts={
            "the records that a pass reads grow less than half as fast as the students": _growth(
                rows, "records_read_a_sweep"
            )
            < 0.5 * last["students"] / rows[0]["students"],
        },
        details={
            "command": f"./apranova simulate --students N --policy predicted --compare predicted {' '.join(OPTIONS)}",
            "growth": rows,
        },
    )


def _with_others(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = json.loads(RESULT.read_text(encoding="utf-8"))["details"]["growth"] if RESULT.exists() else []
    by_size = {row["students"]: row for row in (*kept, *rows)}
    return [by_size[size] for size in sorted(by_size)]


def plot(findings: Findings, path: Path) -> None:
    rows: list[dict[str, Any]] = findings.details["growth"]  # type: ignore[assignment]
    students = [row["students"] for row in rows]
    with figure(path, findings.title, rows=2, height=3.4) as (above, below):
        for name, style in (("records_read_a_sweep", "o-"), ("sweep_ms", "s--")):
            above.plot(students, [row[name] for row in rows], style, label=_COLUMNS[name])
        for name, style in (("store_calls_peak_per_s", "o-"), ("run_task_peak_per_s", "s--")):
            below.plot(students, [row[name] for row in rows], style, label=_COLUMNS[name])
        for axes in (above, below):
            axes.set(xscale="log", yscale="log", xlabel="students")
            axes.grid(color="#e4e6ea")
            axes.legend()


def _week(size: int) -> dict[str, Any]:
    report.console.print(f"  {size:,} students …")
    began = time.monotonic()
    found = planned(("--students", str(size), *OPTIONS))
    work = found["work"]
    return {
        "students": size,
        **machine.revision(),
        "wall_s": round(time.monotonic() - began, 1),
        "launches": found["launches"]["number"],
        "cold": found["launches"]["cold"],
        "p95_wait_s": found["wait_s"]["p95"],
        "workspaces_dollars_a_student": round(found["dollars"]["workspaces_a_student"], 4),
        "store_calls_a_launch": round(work["store_calls"] / max(1, found["launches"]["number"]), 2),
        **{name: round(value, 3) if isinstance(value, float) else value for name, value in work.items()},
    }


def _growth(rows: list[dict[str, Any]], name: str) -> float:
    return rows[-1][name] / rows[0][name] if rows[0][name] else 0.0


def _show(rows: list[dict[str, Any]]) -> None:
    table = report.Table(box=None, pad_edge=False)
    table.add_column("students", justify="right")
    for row in rows:
        table.add_column(f"{row['students']:,} ({row['commit']})", justify="right")
    for name, label in _COLUMNS.items():
        table.add_row(
            label, *(f"{row[name]:,.4g}" if isinstance(row[name], float) else f"{row[name]:,}" for row in rows)
        )
    report.console.print(table)
