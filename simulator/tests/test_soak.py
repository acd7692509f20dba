"""The command that people run: it stops, reports, remembers and continues."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from simulator import soak
from simulator.fleet import run_seed
from simulator.planted_bugs import BUGS
from tests.waiting import until

SOURCE = Path(__file__).parent.parent.parent


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["soak", *words])
    return soak.main()


def test_it_reports_what_it_ran_and_how_fast(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--runs", "2", "--seed", "5") == 0
    output = capsys.readouterr().out
    assert "2 runs" in output
    assert "0 violations; next seed 7" in output
    assert "runs/s" in output


def test_a_soak_in_parts_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    totals = tmp_path / "totals.json"
    for _ in range(2):
        assert run(monkeypatch, "soak", "--runs", "2", "--totals", str(totals)) == 0
    kept = json.loads(totals.read_text())
    assert (kept["runs"], kept["next_seed"], kept["violations"]) == (4, 4, [])
    assert kept["machine_s"] > 0


def test_several_processes_come_to_the_same_as_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(soak, "_PART", 3)
    kept = []
    for jobs in ("1", "2"):
        totals = tmp_path / f"totals-{jobs}.json"
        assert run(monkeypatch, "--runs", "8", "--jobs", jobs, "--totals", str(totals)) == 0
        kept.append({name: value for name, value in json.loads(totals.read_text()).items() if name != "machine_s"})
    assert kept[0] == kept[1]
    assert kept[0]["next_seed"] == 8


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_violation_ends_the_soak_and_is_told_with_its_seed_a_smaller_run_and_the_way_to_replay_it(
    jobs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(soak, "_PART", 3)
    bug = next(bug for bug in BUGS if bug.name == "STOPPED before the task is gone")
    totals = tmp_path / "totals.json"
    with bug.plant():
        assert run(monkeypatch, "--runs", "30", "--jobs", jobs, "--totals", str(totals)) == 1
        kept = json.loads(totals.read_text())
        (seed,) = kept["violations"]
        assert all(run_seed(before).violation is None for before in range(seed))
    output = capsys.readouterr().out
    for words in (f"✗ seed {seed}: rule 4", "VIOLATION  rule 4", f"./apranova soak --replay {seed}"):
        assert words in output
    assert kept["next_seed"] == seed + 1


@pytest.fixture
def soaking(tmp_path: Path) -> Iterator[tuple[psutil.Process, list[psutil.Process], Path]]:
    """`soak` on two cores, its two processes, and its totals file."""
    totals = tmp_path / "totals.json"
    command = [sys.executable, "-m", "simulator.soak", "--jobs", "2", "--totals", str(totals)]
    with subprocess.Popen(command, cwd=SOURCE, stdout=subprocess.DEVNULL) as started:
        process = psutil.Process(started.pid)
        try:
            until(lambda: len(process.children()) == 2)
            yield process, process.children(), totals
        finally:
            started.kill()


def test_one_that_is_told_to_end_counts_what_it_ran(
    soaking: tuple[psutil.Process, list[psutil.Process], Path],
) -> None:
    process, workers, totals = soaking
    process.terminate()
    process.wait(60)
    assert json.loads(totals.read_text())["violations"] == []
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_one_that_is_killed_leaves_no_process_behind(
    soaking: tuple[psutil.Process, list[psutil.Process], Path],
) -> None:
    process, workers, _ = soaking
    assert len(workers) == 2
    process.kill()
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_a_totals_file_that_is_none_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    totals = tmp_path / "totals.json"
    totals.write_text("not one")
    with pytest.raises(SystemExit, match="is not a totals file"):
        run(monkeypatch, "--runs", "1", "--totals", str(totals))
    assert totals.read_text() == "not one"


def test_a_replay_prints_every_step_and_the_hash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--replay", "4") == 0
    output = capsys.readouterr().out.splitlines()
    assert output[0].strip().startswith("0.000  run        seed 4:")
    assert output[-1].startswith("hash ")
    assert len(output) > 100
