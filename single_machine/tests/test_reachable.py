"""Started by root from a closed folder, the unprivileged uid still reaches its programs."""

import os
from pathlib import Path

import pytest

from single_machine.reachable import reachable


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "closed" / "program"
    folder.mkdir(parents=True)
    (folder / "tool").write_text("#!/bin/sh\n")
    folder.with_name("program.libs").mkdir()
    folder.parent.chmod(0o700)
    return folder


def test_root_gets_a_copy_that_everyone_can_read_once(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    copy = reachable(program, cache=tmp_path / "cache")
    assert copy.is_relative_to(tmp_path / "cache")
    assert (copy / "tool").read_text() == "#!/bin/sh\n"
    assert copy.with_name("program.libs").is_dir()
    assert copy.stat().st_mode & 0o005 == 0o005
    assert reachable(program, cache=tmp_path / "cache") == copy


def test_an_ordinary_user_runs_the_program_where_it_is(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert reachable(program, cache=tmp_path / "cache") == program
