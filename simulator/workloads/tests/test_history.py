"""A school's own history is read line by line and replayed click by click."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.names import WorkspaceKind
from simulator.workloads.history import BadHistory, Entry, Replay, read_history, write_history

NINE = 1_790_586_000.0
CODE, DATA = WorkspaceKind.VSCODE, WorkspaceKind.SUPERSET


def written(folder: Path, *lines: str) -> Path:
    file = folder / "history.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_what_is_written_is_read_again(tmp_path: Path):
    entries = (
        Entry(NINE, "w-1", CODE, "launch", "c-2"),
        Entry(NINE + 60, "w-2", DATA, "launch"),
        Entry(NINE + 7_200, "w-1", CODE, "stop", "c-2"),
    )

    assert read_history(written(tmp_path, *write_history(entries))) == entries


def test_fields_and_actions_of_a_later_export_are_passed_over(tmp_path: Path):
    found = read_history(
        written(
            tmp_path,
            '{"at": 1790586000, "user": "u-1", "kind": "vscode", "action": "launch", "from": "portal"}',
            '{"at": 1790586001, "workspace": "w-1", "action": "snapshot"}',
            "",
        )
    )

    assert [entry.workspace for entry in found] == ["u-1"]


def test_a_moment_may_be_written_as_the_export_writes_it_with_any_zone(tmp_path: Path):
    line = '{"at": "2026-09-28T11:00:00.250+02:00", "workspace": "w-1", "cohort": null, "kind": "vscode", "action": "launch"}'

    assert read_history(written(tmp_path, line)) == (Entry(NINE + 0.25, "w-1", CODE, "launch"),)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "line 2: is not a JSON object"),
        ('{"at": "nine", "workspace": "w", "kind": "vscode", "action": "launch"}', "line 2: 'at' must be seconds"),
        (
            '{"at": "2026-09-28T09:00:00", "workspace": "w", "kind": "vscode", "action": "launch"}',
            "a moment with its zone",
        ),
        ('{"at": 1, "kind": "vscode", "action": "launch"}', "line 2: 'workspace'"),
        ("[" * 100_000, "line 2: is not a JSON object"),
        ('{"a":' * 50_000, "line 2: is not a JSON object"),
        (
            '{"at": 1, "workspace": 7, "kind": "vscode", "action": "launch"}',
            "line 2: 'workspace' .or 'user'. must be a text",
        ),
        (
            '{"at": 1, "workspace": "w", "cohort": 7, "kind": "vscode", "action": "launch"}',
            "line 2: 'cohort' must be a",
        ),
        ('{"at": 1, "workspace": "w", "kind": ["vscode"], "action": "launch"}', "line 2: 'kind' must be one of"),
        ('{"at": 1' + "0" * 400 + ', "workspace": "w", "kind": "vscode", "action": "launch"}', "line 2: 'at' must be"),
        (
            '{"at": 1' + "0" * 5000 + ', "workspace": "w", "kind": "vscode", "action": "launch"}',
            "line 2: is not a JSON",
        ),
        (
            '{"at": "0001-01-01T00:00:00+14:00", "workspace": "w", "kind": "vscode", "action": "stop"}',
            "line 2: 'at' must",
        ),
        ('{"at": NaN, "workspace": "w", "kind": "vscode", "action": "launch"}', "line 2: 'at' must be seconds"),
        (
            '{"at": 1, "workspace": "w", "kind": "word", "action": "launch"}',
            "line 2: 'kind' must be one of vscode, superset",
        ),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path: Path, line: str, what: str):
    with pytest.raises(BadHistory, match=what):
        read_history(written(tmp_path, next(write_history([Entry(NINE, "w", CODE, "launch")])), line))


def test_a_history_without_launches_is_refused(tmp_path: Path):
    with pytest.raises(BadHistory, match="has no launch"):
        read_history(written(tmp_path, '{"at": 1, "workspace": "w", "kind": "vscode", "action": "stop"}'))


def test_a_stay_lasts_from_the_launch_to_the_stop_less_the_idle_tail():
    replay = Replay(
        [
            Entry(NINE, "w-1", CODE, "launch"),
            Entry(NINE + 3_600, "w-1", CODE, "launch"),  # opened again
            Entry(NINE + 9_000, "w-1", CODE, "ended"),
            Entry(NINE + 20_000, "w-1", CODE, "launch"),
            Entry(NINE + 21_000, "w-1", CODE, "stop"),
            Entry(NINE + 30_000, "w-1", CODE, "launch"),  # its end is not known
        ],
        idle_timeout_s=1_800.0,
        stay_s=10_800.0,
    )

    first, second, third = replay.visits(0)

    assert (first.begins, first.ends, first.opens_again_at, first.stops) == (NINE, NINE + 7_200, NINE + 3_600, False)
    assert (second.begins, second.ends, second.stops) == (NINE + 20_000, NINE + 21_000, True)
    assert (third.begins, third.ends) == (NINE + 30_000, NINE + 40_800)


def test_cohorts_of_a_history_hold_its_students_without_gaps():
    entries = [
        Entry(NINE + number, f"w-{number}", DATA if number == 3 else CODE, "launch", cohort)
        for number, cohort in enumerate(["b", "a", "b", "a", ""])
    ]

    replay = Replay(entries, idle_timeout_s=1_800.0, stay_s=3_600.0)

    assert [(cohort.label, cohort.kind, len(cohort.students)) for cohort in replay.cohorts] == [
        ("no cohort", CODE, 1),
        ("a", DATA, 1),
        ("a", CODE, 1),
        ("b", CODE, 2),
    ]
    assert [student for cohort in replay.cohorts for student in cohort.students] == list(range(5))
    assert replay.starts_at <= NINE < replay.ends_at
