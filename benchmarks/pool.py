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
    ("plain", "late-binding", "schedule", None),
    ("plain", "late-binding", "predicted", 75),
    ("plain", "late-binding", "predicted", 45),
    ("default", "late-binding", "schedule", None),
    ("default", "late-binding", "predicted", 75),
    ("default", "late-binding", "predicted", 45),
    ("default", "fixed", "schedule", None),
    ("default", "fixed", "predicted", 10),
    ("default", "fixed", "predicted", 30),
    ("default", "fixed", "predicted", 75),
    ("default", "fixed", "predicted", 120),
    ("default", "fixed", "predicted", 240),
    ("default", "fixed", "predicted", 480),
)
"""Habits, homes, policy, and the minutes of a warm task that an avoided cold start is worth.

The manager's default is 75.
"""
DOLLARS_MOST, WAIT_MOST_S, COLD_SHARE_MOST = 552.0, 2.0, 0.5
_QUICK_DAYS = "3"


def run(*, quick: bool) -> Findings:
    rows = [row(*one, days=_QUICK_DAYS if quick else "30") for one in ROWS]
    return findings(rows)


def row(habits: str, homes: str, policy: str, worth: int | None, *, days: str = "30") -> dict[str, Any]:
    options = ["--days", days, "--homes", homes, *HABITS[habits]]
    options += [] if worth is None else ["--worth-minutes", str(worth)]
    report.console.print(f"  {policy} {worth or ''} ({habits} habits, {homes} homes) …")
    found = planned(options, policy=policy)
    hours = found["task_hours"]
    return {
        "habits": habits,
        "homes": homes,
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
    by_key = {(one["habits"], one["homes"], one["policy"], one["worth_minutes"]): one for one in rows}
    late, schedule = by_key["plain", "late-binding", "predicted", 75], by_key["default", "fixed", "schedule", None]
    fixed = [one for one in rows if one["homes"] == "fixed" and one["policy"] == "predicted"]
    as_cheap = [one["cold"] for one in fixed if one["workspaces_dollars"] <= schedule["workspaces_dollars"]]
    fewest = min(as_cheap, default=schedule["cold"])
    return Findings(
        title="Waits and cost of a school: 100 students, 30 days, 90 hours each (seed 1)",
        measures=[
            Measure(
                "late-binding homes, plain habits: workspaces",
                "$",
                [late["workspaces_dollars"]],
                Target("max", DOLLARS_MOST),
            ),
            Measure("the same: p95 wait", "s", [late["p95_wait_s"]], Target("max", WAIT_MOST_S)),
            Measure(
                "fixed homes: cold starts at no more than the schedule's cost, over the schedule's",
                "",
                [fewest / max(1, schedule["cold"])],
                Target("max", COLD_SHARE_MOST),
            ),
        ],
        details={"command": "./apranova simulate --compare POLICY with the options of each row", "rows": rows},
    )


def plot(found: Findings, path: Path) -> None:
    rows: list[dict[str, Any]] = found.details["rows"]  # type: ignore[assignment]
    with figure(path, found.title, rows=1, height=4.5) as (axes,):
        for habits, homes in dict.fromkeys((one["habits"], one["homes"]) for one in rows):
            own = [one for one in rows if (one["habits"], one["homes"]) == (habits, homes)]
            shares = [100.0 * one["cold"] / one["starts"] for one in own]
            axes.plot([one["workspaces_dollars"] for one in own], shares, "o", label=f"{habits} habits, {homes} homes")
            for one, share in zip(own, shares, strict=True):
                axes.annotate(
                    f" {one['policy']} {one['worth_minutes'] or ''}", (one["workspaces_dollars"], share), fontsize=7
                )
        axes.set(xlabel="dollars for workspaces", ylabel="cold starts, %", ylim=(0, 105))
        axes.grid(color="#e4e6ea")
        axes.legend()
