"""`./apranova simulate` as an operator meets it: a table, files, and clear errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from contract.names import WorkspaceKind
from simulator.planning.__main__ import main
from simulator.workloads.history import Entry, write_history

SMALL = ["--students", "12", "--days", "2", "--jobs", "1"]
ROOT = Path(__file__).parents[3]


def test_the_table_shows_waits_costs_and_what_is_asked_of_aws(capsys: pytest.CaptureFixture[str]):
    assert main(["simulate", *SMALL, "--policy", "schedule"]) == 0

    output = capsys.readouterr().out
    for words in (
        "12 students, 2 days",
        "p95, all launches",
        "idle tails",
        "Workspaces",
        "always on",
        "RunTask calls requested, busiest second",
        "The architecture document's arithmetic",
    ):
        assert words in output


def test_the_page_stands_alone_and_says_every_plot_in_numbers(tmp_path: Path):
    file = tmp_path / "plan.html"

    assert main([*SMALL, "--policy", "schedule", "--html", str(file), "--curve"]) == 0

    text = file.read_text(encoding="utf-8")
    elements = list(ET.fromstring(text).iter())  # noqa: S314 (our own page; every element is closed)
    tags = Counter(one.tag for one in elements)
    plots = text.count('class="plot"')
    assert (plots, text.count('role="img" aria-label="')) == (4, 4)
    assert tags["svg"] > plots <= tags["details"]
    assert {name for one in elements for name in one.attrib} & {"src", "href", "srcset", "action", "data"} == set()
    for outside in ("http:", "https:", "url(", "@import", "<script", "<link", "//"):
        assert outside not in text, outside
    assert "prefers-color-scheme: dark" in text
    assert "Wait against cost" in text


def test_two_processes_with_other_hash_seeds_write_the_same_numbers(tmp_path: Path):
    found = []
    for seed in ("1", "2"):
        file = tmp_path / f"{seed}.json"
        subprocess.run(
            [sys.executable, "-m", "simulator.planning", *SMALL, "--json", str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        runs = json.loads(file.read_text())["runs"]
        for one in runs:
            for name in ("machine_s", "memory_mb", "sweep_ms", "sweep_ms_max"):
                del one["work"][name]
        found.append(runs)

    assert found[0] == found[1]


def test_a_history_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "history.jsonl"
    entries = [
        Entry(1_790_586_000.0 + 600 * number, f"w-{number}", WorkspaceKind.VSCODE, "launch") for number in range(5)
    ]
    file.write_text("\n".join(write_history(entries)), encoding="utf-8")

    assert main(["--history", str(file), "--policy", "schedule", "--jobs", "1"]) == 0

    assert "5 students, 1 days" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["--students", "0"], "--students must be from 1 to"),
        (["--days", "400"], "days must be from 1 to 366"),
        (["--start", "Monday"], "--start: a day like 2026-09-28"),
        (["--time-zone", "Atlantis"], "a time zone like Europe/Vienna"),
        (["--class-starts", "25"], "--class-starts: hours like"),
        (["--pool", "peak=many"], "--pool: words like"),
        (["--habit", "attendence=1"], "did you mean attendance?"),
        (["--habit", "attendance=2"], "attendance must be from 0 to 1"),
        (["--habit", "attendance=often"], "attendance must be a number"),
        (["--timetable", "none.ics"], "none.ics: cannot be read"),
        (["--history", "none.jsonl"], "none.jsonl: cannot be read"),
        (["--prices", "none.toml"], "none.toml"),
        (["--spot", "2"], "the share on Spot must be from 0 to 1"),
        (["--html", "no/such/folder/x.html"], "cannot be written"),
        (["--jobs", "0"], "--jobs must be from 1"),
        (["--holidays", "soon"], "a day like 2026-12-24"),
        (["--cohort-size", "3000"], "--cohort-size must be from 1 to 2,000"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(words: list[str], output: str, capsys: pytest.CaptureFixture[str]):
    assert main([*SMALL, *words]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("apranova: ")
    assert output in captured.err
    assert captured.err.count("\n") == 1


def test_every_habit_is_listed_with_meaning_and_source(capsys: pytest.CaptureFixture[str]):
    assert main(["--habits"]) == 0

    output = capsys.readouterr().out
    assert "attendance" in output
    assert "document" in output
    assert "assumed" in output
