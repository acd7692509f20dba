"""Plots as SVG text inside the page: no script, no font, no other file.

Colors are classes, so that the style sheet can choose them for light and dark screens. Series also
differ in dashes and marks, for people who cannot tell the colors apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 18, 14, 46
SERIES_MAX = 4


@dataclass(frozen=True)
class Series:
    name: str
    points: Sequence[tuple[float, float]]
    area: bool = False
    """Drawn as filled steps, behind the lines."""
    marks: bool = False


@dataclass(frozen=True)
class Axis:
    label: str
    least: float
    most: float
    text: Callable[[float], str] = lambda value: f"{value:g}"
    ticks: Sequence[float] = ()

    def chosen(self) -> Sequence[float]:
        return self.ticks or nice_ticks(self.least, self.most)


def nice_ticks(least: float, most: float, number: int = 6) -> list[float]:
    """Round values that cover the range."""
    span = max(most - least, 1e-9)
    raw = span / number
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    first = math.ceil(least / step - 1e-9)
    return [round(index * step, 10) for index in range(first, int(most / step + 1e-9) + 1)]


def lines(
    title: str, across: Axis, up: Axis, series: Sequence[Series], *, best: tuple[float, float, str] | None = None
) -> str:
    """A plot of lines over areas. `best`: a point with a ring around it, and its words."""

    def x(value: float) -> float:
        return _LEFT + (value - across.least) / max(across.most - across.least, 1e-9) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        share = (min(value, up.most) - up.least) / max(up.most - up.least, 1e-9)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)

    parts = [_opening(title, HEIGHT)]
    for tick in up.chosen():
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(
            f'<text class="tick" x="{_LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{escape(up.text(tick))}</text>'
        )
    parts += [
        f'<text class="tick" x="{x(tick):.1f}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle">{escape(across.text(tick))}</text>'
        for tick in across.chosen()
    ]
    for number, one in enumerate(series):
        parts.append(_drawn(one, number, x, y))
    if best is not None:
        px, py = x(best[0]), y(best[1])
        anchor = "end" if px > WIDTH / 2 else "start"
        parts.append(f'<circle class="best" cx="{px:.1f}" cy="{py:.1f}" r="9"/>')
        parts.append(
            f'<text class="best-text" x="{px + (-14 if anchor == "end" else 14):.1f}" y="{max(py - 12, 24):.1f}" text-anchor="{anchor}">{escape(best[2])}</text>'
        )
    parts.append(
        f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{HEIGHT - _BOTTOM}" y2="{HEIGHT - _BOTTOM}"/>'
    )
    parts.append(
        f'<text class="label" x="{(WIDTH + _LEFT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across.label)}</text>'
    )
    middle = (HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text class="label" x="14" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 14 {middle:.0f})">{escape(up.label)}</text>'
    )
    return "".join((*parts, "</svg>"))


def bars(
    title: str,
    rows: Sequence[tuple[str, Sequence[tuple[str, float]]]],
    *,
    text: Callable[[float], str],
    line: tuple[float, str] | None = None,
) -> str:
    """Horizontal bars made of parts, with their sum. `line`: a value to compare all with."""
    left, row_height = 190, 46
    height = _TOP + row_height * len(rows) + 34
    most = max([sum(value for _, value in parts) for _, parts in rows] + [line[0] if line else 0.0]) or 1.0

    def x(value: float) -> float:
        return left + value / most * (WIDTH - left - 90)

    names = list(dict.fromkeys(name for _, parts in rows for name, _ in parts))
    drawn = [_opening(title, height)]
    for number, (label, parts) in enumerate(rows):
        top, begin = _TOP + number * row_height, 0.0
        drawn.append(f'<text class="label" x="{left - 10}" y="{top + 22}" text-anchor="end">{escape(label)}</text>')
        for name, value in parts:
            width = x(begin + value) - x(begin)
            drawn.append(
                f'<rect class="fill p{names.index(name)}" x="{x(begin):.1f}" y="{top + 4}" width="{width:.1f}" height="26"><title>{escape(name)}: {escape(text(value))}</title></rect>'
            )
            begin += value
        drawn.append(f'<text class="value" x="{x(begin) + 8:.1f}" y="{top + 22}">{escape(text(begin))}</text>')
    if line is not None:
        bottom = _TOP + row_height * len(rows)
        drawn.append(f'<line class="limit" x1="{x(line[0]):.1f}" x2="{x(line[0]):.1f}" y1="{_TOP - 6}" y2="{bottom}"/>')
        drawn.append(
            f'<text class="tick" x="{x(line[0]):.1f}" y="{bottom + 16}" text-anchor="start">{escape(line[1])}</text>'
        )
    return "".join((*drawn, "</svg>"))


def legend(names: Sequence[str], *, filled: bool = False) -> str:
    """Next to the plot, as text that a screen reader reads too."""
    kind = "p" if filled else "s"
    items = "".join(
        '<li><svg class="key" viewBox="0 0 28 12" aria-hidden="true">'
        + (
            f'<rect class="fill {kind}{number}" width="28" height="12"/>'
            if filled
            else f'<line class="line {kind}{number}" x1="0" x2="28" y1="6" y2="6"/>'
        )
        + f"</svg>{escape(name)}</li>"
        for number, name in enumerate(names)
    )
    return f'<ul class="legend">{items}</ul>'


def _opening(title: str, height: int) -> str:
    return f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}">'


def _drawn(one: Series, number: int, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    if not one.points:
        return ""
    style = f"s{number % SERIES_MAX}"
    path = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in one.points)
    if one.area:
        ground = y(0.0)
        first, last = x(one.points[0][0]), x(one.points[-1][0])
        return f'<polygon class="area {style}" points="{first:.1f},{ground:.1f} {path} {last:.1f},{ground:.1f}"/>'
    marks = (
        "".join(f'<circle class="dot {style}" cx="{x(px):.1f}" cy="{y(py):.1f}" r="4"/>' for px, py in one.points)
        if one.marks
        else ""
    )
    return f'<polyline class="line {style}" points="{path}"/>{marks}'
