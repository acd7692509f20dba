"""Which Python the students (and the agent) get inside the sandbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOST_PYTHON = Path("/usr/bin/python3")
_CHECK = "import sys, venv, ensurepip, ssl, sqlite3; raise SystemExit(0 if sys.version_info >= (3, 11) else 1)"
_LEFT_OUT = ("test", "tests", "idle_test", "__pycache__", "lib2to3", "site-packages", "*.a", "turtledemo")


@dataclass(frozen=True)
class StudentPython:
    command: str
    """Path inside the task."""
    copy_from: Path | None
    """Prefix to copy to /opt/python, or None when the host's /usr has it already."""


def choose() -> StudentPython:
    """The machine's own Python when it is new enough and can make virtual environments (Debian
    splits that off), else a copy of ours, which `./apranova up` has checked."""
    check = [HOST_PYTHON, "-c", _CHECK]
    if HOST_PYTHON.exists() and subprocess.run(check, check=False, capture_output=True).returncode == 0:
        return StudentPython(command=str(HOST_PYTHON), copy_from=None)
    return StudentPython(command="/opt/python/bin/python3", copy_from=Path(sys.base_prefix))


def copy(prefix: Path, into: Path) -> None:
    """Copy a Python without its tests and site-packages; ensurepip brings pip back."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = into / "lib" / version
    library.parent.mkdir(parents=True)
    shutil.copytree(prefix / "lib" / version, library, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (library / "site-packages").mkdir(exist_ok=True)
    for shared in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy2(shared, into / "lib" / shared.name, follow_symlinks=False)
    for headers in (prefix / "include").glob("python*"):
        shutil.copytree(headers, into / "include" / headers.name)
    (into / "bin").mkdir()
    shutil.copy2(prefix / "bin" / version, into / "bin" / version)
    for name in ("python3", "python"):
        (into / "bin" / name).symlink_to(version)
    subprocess.run(
        [into / "bin" / version, "-E", "-s", "-m", "ensurepip", "--default-pip"], check=False, capture_output=True
    )
