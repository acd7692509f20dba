"""What is different between two readings of a timetable. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calendars.classes import ClassMeeting

CHANGES_MAX = 20


@dataclass(frozen=True)
class Change:
    """A class that is new (`before` is None), gone (`after` is None), or at another time."""

    before: ClassMeeting | None
    after: ClassMeeting | None


def changes(
    old: Sequence[ClassMeeting], new: Sequence[ClassMeeting], *, since: datetime, until: datetime
) -> list[Change]:
    """Of the classes that both readings could know: those that start from `since` to `until`."""
    gone = [it for it in old if since <= it.starts_at < until and it not in new]
    added = [it for it in new if since <= it.starts_at < until and it not in old]
    by_title: dict[str, list[ClassMeeting]] = defaultdict(list)
    for it in added:
        by_title[it.title].append(it)
    found: list[Change] = []
    for before in gone:
        # The nearest new class with the same title is taken for the same class.
        same = by_title[before.title]
        after = min(same, key=lambda it: abs(it.starts_at - before.starts_at), default=None)
        if after is not None:
            same.remove(after)
        found.append(Change(before, after))
    found += [Change(None, it) for them in by_title.values() for it in them]
    return sorted(found, key=_when)


def _when(change: Change) -> datetime:
    shown = change.after or change.before
    assert shown is not None  # noqa: S101  a change has at least one of them
    return shown.starts_at
