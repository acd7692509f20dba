"""Which exports of shared dashboards are tried again, without a Superset."""

from __future__ import annotations

import pytest

from contract.hand_out_files import BadFiles
from images.superset.inside.shared_dashboards import DAMAGED, NoDatabaseError, is_settled, waits_for

HERE = "refused by 6.1.0"


def _connections(*names: str) -> dict[str, str]:
    return {name: f"uuid of {name}" for name in names}


def _settled(became: str | None, *there: str) -> bool:
    return is_settled(became, HERE, lambda name: _connections(*there).get(name, ""))


def test_an_export_without_its_database_is_tried_again_when_that_is_there() -> None:
    became = waits_for(NoDatabaseError("flights.duckdb"), HERE)
    assert _settled(became)
    assert _settled(became, "payroll.duckdb"), "another database changes nothing"
    assert not _settled(became, "payroll.duckdb", "flights.duckdb")


def test_a_damaged_export_is_not_tried_again_by_the_same_superset() -> None:
    became = waits_for(BadFiles(DAMAGED), HERE)
    assert _settled(became, "flights.duckdb")
    assert not is_settled(became, "refused by 6.2.0", lambda _: "")


def test_a_name_that_no_file_can_have_is_not_kept_in_the_home() -> None:
    assert waits_for(NoDatabaseError("x" * 1_000_000), HERE) == HERE


@pytest.mark.parametrize(("became", "settled"), [(None, False), ("imported", True), (HERE, True)])
def test_what_was_not_tried_is_and_what_came_is_not(became: str | None, settled: bool) -> None:
    assert _settled(became, "flights.duckdb") is settled
