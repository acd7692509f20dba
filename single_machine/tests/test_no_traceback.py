"""A command that fails says what happened, why, and what to do. It prints no traceback."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
from pathlib import Path

import pytest

from single_machine import __main__, down, postgres, reset, up
from single_machine.preflight import CannotGoOn
from single_machine.secrets_file import load_or_make
from single_machine.settings import Settings


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path, *command: str
) -> tuple[int, str]:
    monkeypatch.setenv("APRANOVA_HOME", str(home))
    monkeypatch.setattr("sys.argv", ["apranova", *command])
    code = __main__.main()
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", '{"secret_key": 1}', '{"identity_private_key": "short"}', "\N{LATIN SMALL LETTER E}\0"]
)
def test_damaged_secrets_are_named_and_kept(tmp_path: Path, damaged: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(damaged)
    with pytest.raises(CannotGoOn, match=r"secrets\.json is damaged(.|\n)*Restore your copy of it"):
        load_or_make(file)
    assert file.read_text() == damaged


def test_secrets_of_a_newer_version_are_left_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = load_or_make(file)
    file.write_text(json.dumps({**json.loads(file.read_text()), "of_tomorrow": "x"}))
    assert load_or_make(file) == made
    assert "of_tomorrow" in file.read_text()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "Free some space"), (errno.EACCES, "Make it yours"), (errno.EMFILE, "Too many processes run")],
)
def test_what_the_machine_refuses_is_said_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, number: int, remedy: str
) -> None:
    def refuse(_: Settings) -> int:
        raise OSError(number, "refused", "/the/file")

    monkeypatch.setattr(down, "run", refuse)
    code, said = run(monkeypatch, capsys, tmp_path, "down")
    assert code == 1
    assert remedy in said
    assert "/the/file" in said


def test_ctrl_c_at_a_question_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(_: Settings, *, ask: bool) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(reset, "run", interrupted)
    assert run(monkeypatch, capsys, tmp_path, "reset") == (1, "\napranova: stopped.\n")


def test_a_cluster_that_cannot_be_made_ends_up_with_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fails(*_: object, **__: object) -> None:
        postgres.initialise(tmp_path / "postgres")

    def full(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1, b"initdb: error: could not write: No space left on device")

    monkeypatch.setattr(up, "_start", fails)
    monkeypatch.setattr(postgres.subprocess, "run", full)
    monkeypatch.setenv("APRANOVA_RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setattr("single_machine.preflight.SOCKET_PATH_MAX", 1000)
    monkeypatch.setenv("APRANOVA_SANDBOX_UID", "")
    monkeypatch.setattr("single_machine.preflight._check_passable", lambda _: None)
    code, said = run(monkeypatch, capsys, tmp_path / "home", "up")
    assert code == 1
    assert "No space left" in said
    assert "Is the disk full" in said
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN, "what is started later inherits that"


def test_a_database_that_cannot_be_made_is_a_failure_of_the_cluster(tmp_path: Path) -> None:
    with pytest.raises(postgres.ClusterFailed, match="could not be made"):
        postgres.ensure_database(tmp_path, "school")
