"""What ./apranova itself says, before it has an environment."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "words",
    [
        ("costs", "--from-infrastructure", "none.toml"),
        ("costs", "--from-infrastructure=none.toml"),
        ("costs", "--history", "none.toml"),
        ("simulate", "--students", "5", "--timetable", "none.toml"),
        ("infrastructure", "--settings", "none.toml"),
        ("simulate", "--history", "/dev/stdin", "--timetable", "none.toml"),  # a pipe is there
    ],
)
def test_a_file_that_is_not_there_is_told_before_anything_is_installed(tmp_path: Path, words: tuple[str, ...]) -> None:
    script = shutil.copy(ROOT / "apranova", tmp_path)
    done = subprocess.run(
        [sys.executable, script, *words], input="", capture_output=True, text=True, check=False, cwd=tmp_path
    )
    option = words[-1].partition("=")[0] if "=" in words[-1] else words[-2]
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"apranova: {option}: there is no file none.toml\n"
    assert [each.name for each in tmp_path.iterdir()] == ["apranova"]


Root = Callable[..., list[str] | None]


@pytest.fixture
def done() -> dict[str, Any]:
    """The calls of the system, by name."""
    return {}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: dict[str, Any]) -> Root:
    """Root, on a machine with the service. Returns the command that is carried out as its user."""
    loader = importlib.machinery.SourceFileLoader("entry_script", str(ROOT / "apranova"))
    spec = importlib.util.spec_from_loader("entry_script", loader)
    assert spec is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(script)
    monkeypatch.setattr(script, "SERVICE", str(tmp_path))
    for name in ("APRANOVA_HOME", "APRANOVA_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(pwd, "getpwnam", lambda _: pwd.getpwuid(os.getuid()))
    for name in ("initgroups", "setgid", "setuid", "execve"):
        monkeypatch.setattr(os, name, lambda *words, name=name: done.update({name: words}))

    def give(*words: str) -> list[str] | None:
        done.clear()
        script.hand_over_to_the_service(list(words))
        if not done:
            return None
        assert list(done) == ["initgroups", "setgid", "setuid", "execve"]
        words: list[str] = done["execve"][1][3:]
        return words

    return give


@pytest.mark.parametrize("command", ["down", "reset", "restore-school", "status"])
def test_root_touches_the_folder_of_a_service_only_as_its_user(root: Root, command: str) -> None:
    """`sudo ./apranova reset` once followed links that the service's user may lay."""
    assert root(command) == [command]
    assert root(command, "--settings=other.toml") is None
    own = "--settings=/etc/apranova/school.toml"  # as its user: root can read what the school cannot
    assert root(command, own) == [command, own]


def test_files_are_named_from_where_root_is(root: Root, done: dict[str, Any]) -> None:
    """A relative password file was looked for in the folder of the service's programs."""
    given = ["restore-school", "--password-file", "key"]
    assert root(*given) == given
    assert done["execve"][2]["APRANOVA_NAMED_FROM"] == str(Path.cwd())


def test_root_starts_no_second_school_beside_a_service(root: Root, capsys: pytest.CaptureFixture[str]) -> None:
    """It was told that the school's folder belongs to another user, and to remove it."""
    with pytest.raises(SystemExit):
        root("up")
    assert "systemctl start apranova" in capsys.readouterr().err
