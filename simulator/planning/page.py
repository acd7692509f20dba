"""The report as one self-contained page: plots and their numbers, for light and dark screens."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from html import escape

from simulator.planning import svg, table
from simulator.planning.by_day import pool_by_time, waits_by_hour
from simulator.planning.report import Report, best
from simulator.planning.result import Result


def html(report: Report) -> str:
    first = report.results[0]
    title = f"{first.students:,} students, {first.period_s / 86_400:g} days"
    zone = zoneinfo.ZoneInfo(report.time_zone)
    sections = [
        _comparison(report),
        _waits(report.results, zone),
        _pool(report.results, zone),
        _costs(report),
        *([_curve(report)] if report.curves else []),
        _cohorts(first),
        _decisions(report.results),
        _assumed(report),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>ApraNova: {escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{escape(", ".join(one.name for one in report.results))}; seed {first.seed}. Made by <code>{escape(report.command)}</code>, which gives the same numbers again.</p>
{"".join(sections)}
</main>
</body>
</html>
"""


def _comparison(report: Report) -> str:
    names = [*(one.name for one in report.results), "always on"]
    body = "".join(
        f'<tr><th scope="rowgroup" colspan="{len(names) + 1}">{escape(title)}</th></tr>'
        + "".join(_row(name, texts) for name, texts in section)
        for title, section in table.sections(report.results, report.always_on)
    )
    return _section("Side by side", _wide(["", *names], body))


def _waits(results: Sequence[Result], zone: zoneinfo.ZoneInfo) -> str:
    by_hour = [(one.name, waits_by_hour(one, zone)) for one in results[: svg.SERIES_MAX]]
    most = max([wait for _, hours in by_hour for _, wait, _ in hours] + [2.0])
    plot = svg.lines(
        "95th percentile of the wait by hour of the day",
        svg.Axis("hour of the day", 0, 24, lambda hour: f"{hour:g}", range(0, 25, 3)),
        svg.Axis("p95 wait, seconds", 0, most * 1.08),
        [
            svg.Series(name, [(hour + 0.5, wait) for hour, wait, number in hours if number], marks=True)
            for name, hours in by_hour
        ],
    )
    head = ["hour", *(f"{name}: p95" for name, _ in by_hour), *(f"{name}: launches" for name, _ in by_hour)]
    body = [
        [
            f"{hour}",
            *(f"{hours[hour][1]:.1f} s" if hours[hour][2] else "–" for _, hours in by_hour),
            *(f"{hours[hour][2]:,}" for _, hours in by_hour),
        ]
        for hour in range(24)
    ]
    words = "Launches that needed a task, all days together. Within 2 s: a warm task was there."
    return _section(
        "Waits over the day", f"<p>{words}</p>{svg.legend([name for name, _ in by_hour])}{plot}{_details(head, body)}"
    )


def _pool(results: Sequence[Result], zone: zoneinfo.ZoneInfo) -> str:
    by_time = [(one.name, pool_by_time(one, zone)) for one in results[: svg.SERIES_MAX - 1]]
    asked = by_time[0][1]
    most = max(
        [value for _, times in by_time for _, value, _, _ in times] + [starts for _, _, _, starts in asked] + [1.0]
    )
    demand = "starts asked for in a quarter of an hour"
    plot = svg.lines(
        "Warm tasks against demand on a mean weekday",
        svg.Axis("hour of the day", 0, 24, lambda hour: f"{hour:g}", range(0, 25, 3)),
        svg.Axis("tasks", 0, most * 1.08),
        [
            svg.Series(
                demand,
                [point for hour, _, _, starts in asked for point in ((hour, starts), (hour + 0.25, starts))],
                area=True,
            ),
            *(
                svg.Series(f"warm: {name}", [(hour + 0.125, value) for hour, value, _, _ in times])
                for name, times in by_time
            ),
        ],
    )
    head = ["time", demand, *(f"warm: {name}" for name, _ in by_time), "at work"]
    body = [
        [
            f"{int(hour):02d}:{int(hour % 1 * 60):02d}",
            f"{starts:.2f}",
            *(f"{times[slot][1]:.2f}" for _, times in by_time),
            f"{working:.1f}",
        ]
        for slot, (hour, _, working, starts) in enumerate(asked)
    ]
    names = [demand, *(f"warm: {name}" for name, _ in by_time)]
    return _section("Pool against demand", f"<p>A mean weekday.</p>{svg.legend(names)}{plot}{_details(head, body)}")


def _costs(report: Report) -> str:
    """Its numbers are in the table of the first section."""
    bills = [*((one.name, one.bill) for one in report.results), ("always on", report.always_on)]
    parts = [(name, [(line, bill.line(line).dollars) for line in table.PURPOSES]) for name, bill in bills]
    stated = report.document.workspaces
    plot = svg.bars(
        "Cost of the workspaces by purpose, next to always on",
        parts,
        text=lambda dollars: f"${dollars:,.0f}",
        line=(stated, f"the document's sum: ${stated:,.0f}"),
    )
    return _section("Cost of the workspaces", f"{svg.legend(table.PURPOSES, filled=True)}{plot}")


def _curve(report: Report) -> str:
    everyone = report.on_the_curve
    found = best(everyone)
    least, most = everyone[0].workspaces_dollars, everyone[-1].workspaces_dollars
    margin = max(1.0, (most - least) * 0.05)
    plot = svg.lines(
        "Share of cold starts against the cost of the workspaces",
        svg.Axis("workspaces, dollars", least - margin, most + margin, lambda value: f"${value:,.0f}"),
        svg.Axis("cold starts, % of starts", 0, max(one.cold_percent for one in everyone) * 1.1 + 1),
        [
            svg.Series(name, sorted((one.workspaces_dollars, one.cold_percent) for one in results), marks=True)
            for name, results in report.curves
        ],
        best=(found.workspaces_dollars, found.cold_percent, f"best: {found.name}"),
    )
    words = (
        "Each point is a run of the same workload with a larger or smaller pool. Best: the cheapest with a p95 of at "
        "most 2 s, or, if there is none, the best compromise between cold starts and cost."
    )
    names = svg.legend([name for name, _ in report.curves])
    body = [[name, *texts] for name, texts in table.curve_rows(everyone)]
    numbers = _details(["run", *table.CURVE], body, shown=True)
    return _section("Wait against cost", f"<p>{words}</p>{names}{plot}{numbers}")


def _cohorts(result: Result) -> str:
    body = [[name, *texts] for name, texts in table.cohort_rows(result)]
    return _section(f"Cohorts ({result.name})", _details(["cohort", *table.COHORTS], body))


def _decisions(results: Sequence[Result]) -> str:
    decisions = [[one.name, text] for one in results for text in one.decisions]
    return _section("Last decisions of the policies", _table(["run", "reason"], decisions)) if decisions else ""


def _assumed(report: Report) -> str:
    body = [list(row) for row in report.habits]
    return _section("What was assumed", _details(["name", "value", "meaning", "source"], body))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _details(head: Sequence[str], body: Sequence[Sequence[str]], *, shown: bool = False) -> str:
    opened = ' open=""' if shown else ""
    return f"<details{opened}><summary>The numbers</summary>{_table(head, body)}</details>"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return _wide(head, "".join(_row(row[0], row[1:]) for row in body))


def _wide(head: Sequence[str], body: str) -> str:
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return f"<div class='wide'><table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"


def _row(name: str, texts: Sequence[str]) -> str:
    return f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"


_STYLE = """
:root { color-scheme: light dark; --text: #1d2230; --soft: #5a6274; --ground: #ffffff; --rule: #dfe3ea; --panel: #f6f7f9;
  --c0: #2458a6; --c1: #b8560f; --c2: #2b7a4b; --c3: #7a4fa0; --limit: #a61b3c; }
@media (prefers-color-scheme: dark) { :root { --text: #e8ebf2; --soft: #a3acbe; --ground: #14171f; --rule: #333a48;
  --panel: #1c212c; --c0: #7db0ff; --c1: #ffad66; --c2: #74d19a; --c3: #cda4f0; --limit: #ff7d98; } }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 920px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.7rem; margin: 0 0 4px; } h2 { font-size: 1.2rem; margin: 40px 0 8px; }
p { color: var(--soft); margin: 4px 0 12px; } code { font-size: .9em; overflow-wrap: anywhere; }
.plot { width: 100%; height: auto; display: block; background: var(--panel); border-radius: 8px; }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
.tick, .label, .value, .best-text { fill: var(--text); font-size: 13px; } .tick { fill: var(--soft); font-size: 12px; }
.value, .best-text { font-weight: 600; }
.line { fill: none; stroke-width: 2.4; } .area { stroke: none; opacity: .35; }
.line.s0, .dot.s0 { stroke: var(--c0); } .line.s1, .dot.s1 { stroke: var(--c1); } .line.s2, .dot.s2 { stroke: var(--c2); }
.line.s3, .dot.s3 { stroke: var(--c3); } .line.s1 { stroke-dasharray: 9 4; } .line.s2 { stroke-dasharray: 2 4; } .line.s3 { stroke-dasharray: 12 4 2 4; }
.dot { fill: var(--panel); stroke-width: 2; } .area.s0 { fill: var(--c0); }
.fill.p0 { fill: var(--c0); } .fill.p1 { fill: var(--c1); } .fill.p2 { fill: var(--c3); } .fill.p3 { fill: var(--c2); }
.best { fill: none; stroke: var(--limit); stroke-width: 2.5; } .limit { stroke: var(--limit); stroke-width: 2; stroke-dasharray: 5 4; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 8px 0; }
.key { width: 28px; height: 12px; margin-right: 8px; }
details { margin: 8px 0; } summary { cursor: pointer; color: var(--soft); padding: 4px 0; }
summary:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--rule); text-align: right; } th[scope=row], thead th:first-child { text-align: left; font-weight: 400; }
th[scope=rowgroup] { text-align: left; padding-top: 14px; }
"""
