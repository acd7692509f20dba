from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.costs.models import Session
from backend.workspaces.models import Workspace

ROOT = Path(__file__).parents[3]


@pytest.fixture
def two_sessions(person):
    """One that is over and one that goes on, of two students."""
    for day, end in ((1, datetime(2026, 9, 1, 12, tzinfo=UTC)), (2, None)):
        own = Workspace.objects.create(owner=person(), kind="vscode", name="W")
        started = datetime(2026, 9, day, 9, tzinfo=UTC)
        Session.objects.create(
            workspace=own,
            started_at=started,
            ended_at=end,
            seen_at=started,
            cohort_name="Berlin-3",
            size="large" if end else "",
        )


def export(*arguments):
    written = io.StringIO()
    call_command("export_history", *arguments, stdout=written)
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_launches_and_stops_are_written_in_order_without_a_name(two_sessions):
    lines = export()
    assert [(it["at"], it["action"], it["cohort"], it["kind"]) for it in lines] == [
        ("2026-09-01T09:00:00.000+00:00", "launch", "Berlin-3", "vscode"),
        ("2026-09-01T12:00:00.000+00:00", "ended", "Berlin-3", "vscode"),
        ("2026-09-02T09:00:00.000+00:00", "launch", "Berlin-3", "vscode"),
    ]
    assert [it["size"] for it in lines] == ["large", "large", None]
    assert lines[0]["workspace"] == lines[1]["workspace"] != lines[2]["workspace"]
    text = json.dumps(lines)
    for workspace in Workspace.objects.all():
        assert workspace.pk not in text
        assert workspace.owner.email not in text
        assert str(workspace.owner.pk) not in text


def test_the_simulator_replays_what_is_exported(two_sessions, person, tmp_path):
    """In a process of its own: the product does not know its simulator."""
    own = Workspace.objects.create(owner=person(), kind="superset", name="W")
    nine, ten = (datetime(2026, 9, 2, hour, tzinfo=UTC) for hour in (9, 10))
    Session.objects.create(workspace=own, started_at=nine, ended_at=ten, seen_at=ten, reason="by_person")
    assert [(it["kind"], it["action"]) for it in export()] == [
        ("vscode", "launch"),
        ("vscode", "ended"),
        ("vscode", "launch"),
        ("superset", "launch"),
        ("superset", "stop"),
    ]
    exported, found = tmp_path / "history.jsonl", tmp_path / "found.json"
    exported.write_text("".join(json.dumps(line) + "\n" for line in export()), encoding="utf-8")
    command = [sys.executable, "-m", "simulator.planning", "--history", str(exported), "--compare", "predicted"]
    done = subprocess.run([*command, "--json", str(found)], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(found.read_text(encoding="utf-8"))["runs"]
    assert (run["students"], run["days"], run["launches"]["number"]) == (3, 2.0, 3)
    assert run["worked_hours"] == pytest.approx(2.5 + 3.0 + 1.0, abs=0.1)  # idle, end not known (3 h assumed), stopped


def test_only_what_lies_in_the_span_is_written(two_sessions):
    assert [it["action"] for it in export("--from", "2026-09-01T10:00:00+00:00", "--to", "2026-09-02")] == ["ended"]
    assert export("--from", "2026-09-03") == []


@pytest.mark.parametrize("arguments", [["--from", "yesterday"], ["--from", "2026-09-02", "--to", "2026-09-01"]])
def test_a_span_that_cannot_be_is_refused_in_words(two_sessions, arguments):
    with pytest.raises(CommandError):
        export(*arguments)
