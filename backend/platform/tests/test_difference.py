"""What an instructor is shown of a changed file."""

from __future__ import annotations

import random

from backend.platform.difference import ADDED, COMPARED_LINES_MAX, REMOVED, SAME, SKIPPED, difference


def shown(before: str, after: str) -> str:
    return "\n".join(f"{line.kind}{line.text}" for line in difference(before, after))


def test_a_change_is_shown_with_three_lines_around_it() -> None:
    before = "\n".join("abcdefghij")
    told = shown(before, before.replace("f", "F"))
    assert told == "…2 lines are the same\n c\n d\n e\n-f\n+F\n g\n h\n i\n…1 line is the same"


def test_the_same_text_has_no_difference() -> None:
    assert difference("a\nb\n", "a\nb\n") == []


def test_both_texts_can_be_read_off_the_difference() -> None:
    chance = random.Random(7)  # noqa: S311  repeatable
    for _ in range(200):
        before, after = ([chance.choice("abc") for _ in range(chance.randrange(9))] for _ in range(2))
        lines = difference("\n".join(before), "\n".join(after))
        if any(line.kind == SKIPPED for line in lines) or before == after:
            continue
        assert [line.text for line in lines if line.kind in (SAME, REMOVED)] == before
        assert [line.text for line in lines if line.kind in (SAME, ADDED)] == after


def test_more_lines_than_are_compared_are_shown_one_text_after_the_other() -> None:
    many = [f"line {number}" for number in range(COMPARED_LINES_MAX + 1)]
    lines = difference("\n".join(["same", *many]), "\n".join(["same", *reversed(many)]))
    assert [line.kind for line in lines] == [SAME] + [REMOVED] * len(many) + [ADDED] * len(many)


def test_one_change_in_a_long_text_is_compared_all_the_same() -> None:
    many = [f"line {number}" for number in range(5 * COMPARED_LINES_MAX)]
    lines = difference("\n".join(many), "\n".join([*many[:2_500], "new", *many[2_500:]]))
    assert [line.text for line in lines if line.kind == ADDED] == ["new"]
