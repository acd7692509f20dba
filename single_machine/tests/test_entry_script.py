"""What ./apranova itself says, before it has an environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

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
