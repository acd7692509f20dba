"""What changed between two texts, line by line, in bounded time for any text."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

COMPARED_LINES_MAX = 1_000
"""Between what is the same at the beginning and at the end. A student chooses the text, and time
can grow with the square of the lines."""
CONTEXT_LINES = 3
LINES_MAX = 5_000
TEXT_BYTES_MAX = 200_000
"""What a page shows of one file. The whole file can be downloaded."""

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
    if max(len(old), len(new)) > COMPARED_LINES_MAX:
        return [*(Line(REMOVED, text) for text in old), *(Line(ADDED, text) for text in new)]
    lines: list[Line] = []
    for what, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new).get_opcodes():
        if what == "equal":
            lines += (Line(SAME, text) for text in old[old_from:old_to])
        else:
            lines += (Line(REMOVED, text) for text in old[old_from:old_to])
            lines += (Line(ADDED, text) for text in new[new_from:new_to])
    return lines


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
                shown.append(_skipped(skipped))
            skipped = 0
            shown.append(line)
        else:
            skipped += 1
    if skipped and shown:
        shown.append(_skipped(skipped))
    return shown


def _skipped(count: int) -> Line:
    return Line(SKIPPED, "1 line is the same" if count == 1 else f"{count} lines are the same")


def text_of(content: bytes) -> str | None:
    """The first TEXT_BYTES_MAX bytes as text; None: it is no text."""
    part = content[:TEXT_BYTES_MAX]
    if b"\0" in part:
        return None
    cut = len(part) < len(content)
    try:
        return part.decode()
    except UnicodeDecodeError as problem:
        within_the_last_letter = cut and problem.start >= len(part) - 3
        return part[: problem.start].decode() if within_the_last_letter else None
