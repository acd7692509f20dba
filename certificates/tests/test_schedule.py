"""When to renew, when to try again, when a person must know."""

from __future__ import annotations

import datetime as dt

import pytest

from certificates.schedule import PAUSES_S, renew_at, try_again_at, warn_at

BEGIN = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("days", "left", "warned"), [(90, 30, 14), (45, 15, 11.25), (6, 3, 1.5), (365, 365 / 3, 14), (1, 0.5, 0.25)]
)
def test_renewal_comes_ahead_of_the_end_and_ahead_of_the_warning(days: float, left: float, warned: float) -> None:
    end = BEGIN + dt.timedelta(days=days)
    assert end - renew_at(BEGIN, end) == dt.timedelta(days=left)
    assert end - warn_at(BEGIN, end) == dt.timedelta(days=warned)
    assert renew_at(BEGIN, end) < warn_at(BEGIN, end)


def test_the_authority_may_ask_for_an_earlier_renewal_but_not_for_one_after_the_other() -> None:
    end = BEGIN + dt.timedelta(days=90)
    usual = renew_at(BEGIN, end)
    for days, renewed in ((20, 20.0), (80, 60.0), (-5, 1.0)):
        suggested = BEGIN + dt.timedelta(days=days)
        assert renew_at(BEGIN, end, suggested=suggested) == BEGIN + dt.timedelta(days=renewed) <= usual
    short = BEGIN + dt.timedelta(days=6)
    assert renew_at(BEGIN, short, suggested=BEGIN) == BEGIN + dt.timedelta(days=0.6)


def test_pauses_grow_and_stay_below_lets_encrypts_limits() -> None:
    pauses = [try_again_at(BEGIN, failures=number) - BEGIN for number in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == dt.timedelta(seconds=PAUSES_S[-1])
    first_hour = [sum(pauses[:number], dt.timedelta()) for number in range(len(pauses))]
    assert sum(at < dt.timedelta(hours=1) for at in first_hour) <= 5


def test_the_authority_may_ask_for_a_longer_pause() -> None:
    asked = dt.timedelta(hours=30)
    assert try_again_at(BEGIN, failures=1, asked=asked) == BEGIN + asked
    assert try_again_at(BEGIN, failures=9, asked=dt.timedelta(seconds=1)) == BEGIN + dt.timedelta(hours=6)
    assert try_again_at(BEGIN, failures=1, asked=dt.timedelta(days=900)) == BEGIN + dt.timedelta(days=7)
