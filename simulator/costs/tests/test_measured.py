"""Dollars from an exported history: by cohort and student, and which part of a session counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.names import WorkspaceKind, WorkspaceSize
from simulator.costs.__main__ import main
from simulator.costs.measured import measure
from simulator.costs.model import task_hour_price
from simulator.costs.price_book import load_price_book
from simulator.costs.stack import WorkspaceTask
from simulator.workloads.history import BadHistory, Entry, read_history, write_history

NINE = 1_790_586_000.0
"""2026-09-28, 09:00 UTC."""
HOUR = 3_600.0
TASK_HOUR = 0.04937
CODE, DATA = WorkspaceKind.VSCODE, WorkspaceKind.SUPERSET

HISTORY = (
    Entry(NINE, "w-anna", CODE, "launch", "Berlin-3"),
    Entry(NINE + HOUR, "w-ben", CODE, "launch", "Berlin-3"),
    Entry(NINE + 2 * HOUR, "w-anna", CODE, "stop", "Berlin-3"),
    Entry(NINE + 2 * HOUR, "w-cleo", DATA, "launch"),
    Entry(NINE + 3 * HOUR, "w-anna", CODE, "launch", "Berlin-3"),
    Entry(NINE + 3.5 * HOUR, "w-cleo", DATA, "ended"),
    Entry(NINE + 4 * HOUR, "w-ben", CODE, "ended", "Berlin-3"),
    Entry(NINE + 10 * HOUR, "w-anna", CODE, "ended", "Berlin-3"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(write_history(HISTORY)) + "\n", encoding="utf-8")
    return path


def found_by(capsys: pytest.CaptureFixture[str], *options: str) -> dict:
    assert main([*options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_cohort_and_each_student_has_hours_and_dollars(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = found_by(capsys, "--history", str(file))

    hours = {one["name"]: (one["students"], one["sessions"], one["task_hours"]) for one in found["cohorts"]}
    assert hours == {"Berlin-3": (2, 3, 12.0), "no cohort": (1, 1, 1.5)}
    assert {one["name"]: one["task_hours"] for one in found["students"]} == {"w-anna": 9.0, "w-ben": 3.0, "w-cleo": 1.5}
    assert {one["name"]: one["dollars"] for one in found["students"]} == pytest.approx(
        {"w-anna": 9 * TASK_HOUR, "w-ben": 3 * TASK_HOUR, "w-cleo": 1.5 * TASK_HOUR}
    )
    assert (found["task_hours"], found["dollars"]) == (13.5, pytest.approx(13.5 * TASK_HOUR))
    assert (found["sessions_without_end"], found["ends_without_session"]) == (0, 0)


def test_a_session_has_the_price_of_its_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "history.jsonl"
    entries = [
        Entry(NINE + hours * HOUR, f"w-{size}", CODE, action, "Berlin-3", size)
        for size in WorkspaceSize
        for hours, action in ((0, "launch"), (2, "stop"))
    ]
    file.write_text("\n".join(write_history(entries)) + "\n", encoding="utf-8")
    found = found_by(capsys, "--history", str(file))
    assert {one["name"]: one["dollars"] for one in found["students"]} == pytest.approx(
        {"w-small": TASK_HOUR, "w-medium": 2 * TASK_HOUR, "w-large": 4 * TASK_HOUR}
    )
    assert found["task_hours"] == 6.0


@pytest.mark.parametrize("size", ['"huge"', "[]", "{}", "3"])
def test_a_size_that_does_not_exist_is_refused_with_its_line(tmp_path: Path, size: str) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(f'{{"at": 1, "workspace": "w", "kind": "vscode", "action": "launch", "size": {size}}}\n')
    with pytest.raises(BadHistory, match=r"line 1: 'size' must be one of small, medium, large, not"):
        read_history(file)


def test_the_table_says_the_same_with_the_price_of_an_hour(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["costs", "--history", str(file)]) == 0
    text = capsys.readouterr().out
    for words in (
        "2026-09-28 09:00 to 2026-09-28 19:00",
        "$0.04937 a task-hour",
        "Berlin-3",
        "w-cleo",
        "13.5",
        "$0.67",
    ):
        assert words in text
    assert "Not counted" not in text


def test_of_a_session_only_the_part_within_the_time_counts(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = found_by(
        capsys, "--history", str(file), "--from", "2026-09-28T10:30:00", "--to", "2026-09-28T14:00:00+02:00"
    )

    assert {one["name"]: one["task_hours"] for one in found["students"]} == {"w-anna": 0.5, "w-ben": 1.5, "w-cleo": 1.0}


def test_a_student_who_moved_has_a_share_in_each_cohort() -> None:
    book, task = load_price_book(), WorkspaceTask()
    moved = (
        Entry(0.0, "w-1", CODE, "launch", "Berlin-3"),
        Entry(HOUR, "w-1", CODE, "stop", "Berlin-3"),
        Entry(2 * HOUR, "w-1", CODE, "launch", "Berlin-4"),
        Entry(5 * HOUR, "w-1", CODE, "stop", "Berlin-4"),
    )

    bill = measure(moved, book, task=task)

    assert [(one.name, one.cohort, one.task_hours) for one in bill.students] == [
        ("w-1", "Berlin-4", 3.0),
        ("w-1", "Berlin-3", 1.0),
    ]


def test_what_has_no_end_or_no_beginning_in_the_file_is_named_and_an_open_session_counts_until_the_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = (
        Entry(NINE, "w-1", CODE, "stop"),
        Entry(NINE, "w-2", CODE, "launch"),
        Entry(NINE + 50 * HOUR, "w-2", CODE, "launch"),
        Entry(NINE + 51 * HOUR, "w-2", CODE, "stop"),
        Entry(NINE + 51 * HOUR, "w-3", CODE, "launch"),
        Entry(NINE + 52 * HOUR, "w-2", CODE, "launch"),
    )
    path = tmp_path / "cut.jsonl"
    path.write_text("\n".join(write_history(cut)), encoding="utf-8")

    found = found_by(capsys, "--history", str(path))

    assert {one["name"]: one["task_hours"] for one in found["students"]} == {"w-2": 1.0, "w-3": 1.0}
    assert (found["sessions_without_end"], found["ends_without_session"]) == (1, 1)
    assert main(["--history", str(path)]) == 0
    assert "Not counted: 1 launches whose end, and 1 ends" in capsys.readouterr().out


def test_processors_spot_and_own_prices_change_the_dollars(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = found_by(capsys, "--history", str(file), "--arch", "arm", "--spot", "0.5")

    price = task_hour_price(WorkspaceTask(arch="arm", spot_share=0.5), load_price_book())
    assert found["dollars"] == pytest.approx(13.5 * price)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--students", "5"], "--students does not go with --history"),
        (["--from-infrastructure"], "--from-infrastructure does not go with --history"),
        (["--assume", "home_gb=3"], "--assume does not go with --history"),
        (["--from", "yesterday"], "--from: 'yesterday' is not a date"),
        (["--from", "2026-10-02", "--to", "2026-10-01"], "--from must lie before --to"),
    ],
)
def test_what_does_not_go_with_a_history_is_refused_in_one_line(
    file: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--history", str(file), *options]) == 2
    printed = capsys.readouterr()
    assert (printed.out, message in printed.err, printed.err.count("\n")) == ("", True, 1)


def test_a_file_that_is_no_history_and_a_time_without_one_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--history", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["--from", "2026-10-02"]) == 2
    assert "--history" in capsys.readouterr().err
