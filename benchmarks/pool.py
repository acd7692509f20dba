"""Waits and cost under each policy of the pool: 100 students, 30 days, 90 hours each, simulated.

All but processor time is the same on every machine. A row is one `./apranova simulate`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.charts import figure
from benchmarks.measure import Findings, Measure, Target
from benchmarks.planning_run import planned

HABITS = {"plain": ("--habit", "break_share=0", "--habit", "job_share=0"), "default": ()}
"""*Plain*: classes on weekdays and self-study. *Default*: also breaks and jobs over night."""
ROWS = (
    ("plain", "schedule", None),
    ("plain", "predicted", 75),
    ("plain", "predicted", 45),
    ("default", "schedule", None),
    ("default", "predicted", 75),
    ("default", "predicted", 45),
)
"""Habits, policy, and the minutes of a warm task that an avoided cold start is worth.

The manager's default is 75.
"""
DOLLARS_MOST = {"plain": 552.0, "default": 570.0}
WAIT_MOST_S, COLD_MOST = 2.0, 0.05
_QUICK_DAYS = "3"


def run(*, quick: bool) -> Findings:
    rows = [row(*one, days=_QUICK_DAYS if quick else "30") for one in ROWS]
    return findings(rows)


def row(habits: str, policy: str, worth: int | None, *, days: str = "30") -> dict[str, Any]:
    options = ["--days", days, *HABITS[habits]]
    options += [] if worth is None else ["--worth-minutes", str(worth)]
    report.console.print(f"  {policy} {worth or ''} ({habits} habits) …")
    found = planned(options, policy=policy)
    hours = found["task_hours"]
    return {
        "habits": habits,
        "policy": policy,
        "worth_minutes": worth,
        "options": " ".join(["--policy", policy, *options]),
        "launches": found["launches"]["number"],
        "starts": found["wait_s_of_starts"]["number"],
        "cold": found["launches"]["cold"],
        "workspaces_dollars": round(found["dollars"]["workspaces"], 2),
        "p95_wait_s": found["wait_s"]["p95"],
        "p95_wait_s_of_starts": found["wait_s_of_starts"]["p95"],
        "warm_hours": round(hours["warm_pool"]),
        "wasted_warm_hours": round(found["wasted_warm_hours"]),
        "idle_tail_hours": round(hours["idle_tail"]),
        "starting_hours": round(hours["starting"]),
    }


def findings(rows: list[dict[str, Any]]) -> Findings:
    measures: list[Measure] = []
    for one in rows:
        if (one["policy"], one["worth_minutes"]) != ("predicted", 75):
            continue
        habits = one["habits"]
        dollars = Target("max", DOLLARS_MOST[habits])
        cold = one["cold"] / max(1, one["launches"])
        measures += [
            Measure(f"{habits} habits: workspaces", "$", [one["workspaces_dollars"]], dollars),
            Measure("the same: p95 wait of all launches", "s", [one["p95_wait_s"]], Target("max", WAIT_MOST_S)),
            Measure("the same: cold starts, of all launches", "", [cold], Target("max", COLD_MOST)),
        ]
    return Findings(
        title="Waits and cost of a school: 100 students, 30 days, 90 hours each (seed 1)",
        measures=measures,
        details={"command": "./apranova simulate --compare POLICY with the options of each row", "rows": rows},
    )


def plot(found: Findings, path: Path) -> None:
    rows: list[dict[str, Any]] = found.details["rows"]  # type: ignore[assignment]
    with figure(path, found.title, rows=1, height=4.5) as (axes,):
        for habits in HABITS:
            own = [one for one in rows if one["habits"] == habits]
            shares = [100.0 * one["cold"] / one["starts"] for one in own]
            axes.plot([one["workspaces_dollars"] for one in own], shares, "o", label=f"{habits} habits")
            for one, share in zip(own, shares, strict=True):
                axes.annotate(
                    f" {one['policy']} {one['worth_minutes'] or ''}", (one["workspaces_dollars"], share), fontsize=7
                )
        axes.set(xlabel="dollars for workspaces", ylabel="cold starts, %", ylim=(0, 105))
        axes.grid(color="#e4e6ea")
        axes.legend()
