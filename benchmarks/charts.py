"""The plots' common look: light, titled, every axis named, medians next to the marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # a server has no display
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.measure import Measure, nearest_rank
from benchmarks.report import number

BLUE, ORANGE, GREY, RED = "#2f6fb2", "#d9822b", "#8a8f98", "#c23b3b"


@contextmanager
def figure(path: Path, title: str, *, rows: int, height: float = 2.9) -> Iterator[Sequence[Axes]]:
    drawing, axes = plt.subplots(rows, 1, figsize=(9, height * rows), squeeze=False, facecolor="white")
    drawing.suptitle(title, fontsize=14, fontweight="bold")
    yield [row[0] for row in axes]
    drawing.tight_layout(rect=(0, 0, 1, 0.98))
    drawing.savefig(path, dpi=110)
    plt.close(drawing)


def dots(axes: Axes, measures: Sequence[Measure], title: str, unit: str) -> None:
    """Each sample a dot, the median a bar with its value, the target a red line in its row."""
    for row, measure in enumerate(measures):
        median = measure.summary()["median"]
        axes.plot(measure.samples, [row] * len(measure.samples), "o", color=BLUE, alpha=0.35, markersize=5)
        axes.plot([median, median], [row - 0.3, row + 0.3], color=BLUE, linewidth=2.5)
        axes.annotate(f"median {number(median)}", (median, row - 0.34), ha="center", va="bottom", fontsize=8)
        if measure.target:
            axes.plot([measure.target.most] * 2, [row - 0.4, row + 0.4], color=RED, linewidth=1.5)
    _rows(axes, [_short(measure) for measure in measures])
    axes.set(title=title, xlabel=unit)
    axes.set_ylim(len(measures) - 0.4, -0.65)
    axes.grid(axis="x", color="#e4e6ea")
    axes.set_axisbelow(True)


def stacks(axes: Axes, rows: Sequence[tuple[str, dict[str, float]]], title: str, unit: str) -> None:
    """One bar for each row, made of named parts, with the sum at its end."""
    colors = [BLUE, ORANGE, "#4f9d69", "#8866aa", "#c4a83a", GREY, "#5fb3c9", "#b5596b", "#6b7f3a", "#a07855"]
    names = list(dict.fromkeys(name for _, parts in rows for name in parts))
    for row, (_, parts) in enumerate(rows):
        left = 0.0
        for name, value in parts.items():
            label = name if row == next(i for i, (_, other) in enumerate(rows) if name in other) else None
            axes.barh(row, value, left=left, color=colors[names.index(name) % len(colors)], label=label, height=0.55)
            left += value
        axes.annotate(f" {number(left)}", (left, row), va="center", fontsize=9, fontweight="bold")
    _rows(axes, [name for name, _ in rows])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title=title, xlabel=unit)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def limit(axes: Axes, row: int, value: float) -> None:
    axes.plot([value, value], [row - 0.42, row + 0.42], color=RED, linewidth=1.8)


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _short(measure: Measure) -> str:
    """The part of a name that differs from its neighbours'."""
    before, _, after = measure.name.partition(", ")
    return after or before.partition(":")[0]


def bands(axes: Axes, measures: Sequence[Measure], title: str, unit: str) -> None:
    """For thousands of samples: the range of nine tenths of them, and the median."""
    for row, measure in enumerate(measures):
        ordered, median = sorted(measure.samples), measure.summary()["median"]
        low, high = nearest_rank(ordered, 0.05), nearest_rank(ordered, 0.95)
        axes.barh(row, high - low, left=low, color=BLUE, alpha=0.35, height=0.4)
        axes.plot([median, median], [row - 0.3, row + 0.3], color=BLUE, linewidth=2.5)
        axes.annotate(f"median {number(median)}", (median, row - 0.34), ha="center", va="bottom", fontsize=8)
    _rows(axes, [_short(measure) for measure in measures])
    axes.set(title=title, xlabel=unit)
    axes.set_xlim(left=0)
    axes.set_ylim(len(measures) - 0.4, -0.65)
