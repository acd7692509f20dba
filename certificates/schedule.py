"""When to renew, and when to try again after a failure. Pure: `now` and all times are arguments."""

from __future__ import annotations

import datetime as dt

RENEWED_AT_MOST_EVERY = dt.timedelta(days=1)
SHORT_LIVED = dt.timedelta(days=10)
PAUSES_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600)
"""After the first, second … failure in a row. Let's Encrypt allows five failed validations of a
name in an hour, and three hundred orders in three."""
ASKED_PAUSE_MAX = dt.timedelta(days=7)
"""The longest limit of Let's Encrypt is a week."""


def renew_at(not_before: dt.datetime, not_after: dt.datetime, *, suggested: dt.datetime | None = None) -> dt.datetime:
    """When a third of the lifetime is left, or half of one of ten days or less (Let's Encrypt's
    advice: 90 days → 30 left, 45 → 15, 6 → 3), or earlier, if the authority suggests so. One that
    always suggests “now” gets no endless row of orders."""
    lifetime = not_after - not_before
    usual = not_after - (lifetime / 2 if lifetime <= SHORT_LIVED else lifetime / 3)
    if suggested is None:
        return usual
    return min(usual, max(suggested, not_before + min(RENEWED_AT_MOST_EVERY, lifetime / 10)))


def warn_at(not_before: dt.datetime, not_after: dt.datetime) -> dt.datetime:
    """From when on a person must be told that nothing renewed it: 14 days before the end, or the
    last quarter of a lifetime that is too short for that."""
    return not_after - min(dt.timedelta(days=14), (not_after - not_before) / 4)


def try_again_at(now: dt.datetime, *, failures: int, asked: dt.timedelta | None = None) -> dt.datetime:
    """`failures` in a row, this one included; `asked` is the authority's Retry-After."""
    pause = dt.timedelta(seconds=PAUSES_S[min(failures, len(PAUSES_S)) - 1])
    if asked is not None:
        pause = max(pause, min(asked, ASKED_PAUSE_MAX))
    return now + pause
