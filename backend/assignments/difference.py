"""What changed between two texts, line by line, in bounded time for any text."""

from __future__ import annotations

from dataclasses import dataclass

EDITS_MAX = 600
"""Time and memory grow with its square, and a student chooses the text."""
CONTEXT_LINES = 3
LINES_MAX = 5_000

SAME, ADDED, REMOVED, SKIPPED = " ", "+", "-", "…"


@dataclass(frozen=True)
class Line:
    kind: str
    text: str


def difference(before: str, after: str) -> list[Line]:
    """The lines that changed with some lines around them. Texts that have next to nothing in common
    are shown one after the other."""
    old, new = before.splitlines(), after.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _edits(old[start : len(old) - end], new[start : len(new) - end])
    same = [Line(SAME, text) for text in old[:start]]
    rest = [Line(SAME, text) for text in old[len(old) - end :]]
    return _shortened([*same, *middle, *rest])[:LINES_MAX]


def _edits(old: list[str], new: list[str]) -> list[Line]:
    """Myers' greedy algorithm; then back along the furthest points that it kept."""
    reached: list[dict[int, int]] = []
    furthest = {1: 0}
    for edits in range(min(len(old) + len(new), EDITS_MAX) + 1):
        reached.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            x = _step(furthest, diagonal, edits)
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            furthest[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return _path_back(old, new, reached)
    return [*(Line(REMOVED, text) for text in old), *(Line(ADDED, text) for text in new)]


def _step(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    down = diagonal == -edits or (diagonal != edits and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1))
    return furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1


def _path_back(old: list[str], new: list[str], reached: list[dict[int, int]]) -> list[Line]:
    lines: list[Line] = []
    x, y = len(old), len(new)
    for edits in range(len(reached) - 1, -1, -1):
        furthest, diagonal = reached[edits], x - y
        down = diagonal == -edits or (
            diagonal != edits and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
        )
        before = diagonal + 1 if down else diagonal - 1
        to_x = furthest[before] if edits else 0
        to_y = to_x - before if edits else 0
        while x > to_x and y > to_y:
            x, y = x - 1, y - 1
            lines.append(Line(SAME, old[x]))
        if edits:
            lines.append(Line(ADDED, new[to_y]) if down else Line(REMOVED, old[to_x]))
        x, y = to_x, to_y
    return lines[::-1]


def _shortened(lines: list[Line]) -> list[Line]:
    near = [False] * len(lines)
    for number, line in enumerate(lines):
        if line.kind != SAME:
            for close in range(max(0, number - CONTEXT_LINES), min(len(lines), number + CONTEXT_LINES + 1)):
                near[close] = True
    shown: list[Line] = []
    skipped = 0
    for line, is_near in zip(lines, near, strict=True):
        if is_near:
            if skipped:
                shown.append(Line(SKIPPED, f"{skipped} lines are the same"))
            skipped = 0
            shown.append(line)
        else:
            skipped += 1
    if skipped and shown:
        shown.append(Line(SKIPPED, f"{skipped} lines are the same"))
    return shown
