"""The folder that becomes the manager's function, and the homes' keepers: our code and its packages, as Lambda runs them. No Docker is needed.

Packages come as wheels for Lambda's Python and processor, whatever runs this; one without such a wheel is an error, not a build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from infrastructure.elements.manager_function import ARCHITECTURE, RUNTIME

SOURCE = Path(__file__).parent.parent
OWN = ("contract", "manager")
PACKAGES = SOURCE / "requirements" / "manager.txt"


class CannotPackage(Exception):
    """The text says what is missing."""


def build_manager(target: Path, packages: Path = PACKAGES) -> Path:
    """Make `target` anew. botocore comes along: Lambda's own changes under our feet."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    code = subprocess.call(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
            "--target",
            str(target),
            "--platform",
            f"manylinux2014_{ARCHITECTURE}",
            "--only-binary=:all:",
            "--implementation",
            "cp",
            "--python-version",
            RUNTIME.removeprefix("python"),
            "--require-hashes",
            "-r",
            str(packages),
        ]
    )
    if code != 0:
        raise CannotPackage("the packages of the manager's function could not be fetched; pip's words are above")
    code = subprocess.call([sys.executable, "-m", "manager.adapters.restic.install", str(target / "bin")], cwd=SOURCE)
    if code != 0:
        raise CannotPackage(
            "restic, with which keepers take snapshots of homes, is missing: apt install restic, or name it with APRANOVA_RESTIC"
        )
    copy_own_code(target)
    _compile(target)
    return target


def copy_own_code(target: Path) -> None:
    for part in OWN:
        shutil.copytree(SOURCE / part, target / part, ignore=shutil.ignore_patterns("tests", "__pycache__", "*.pyc"))


def _compile(target: Path) -> None:
    """Bytecode comes along: Lambda's folder cannot be written, so each cold start would compile everything anew, which takes
    more than twice as long as all the rest. It is trusted by its presence (the times of files do not survive a zip), and the same
    wherever it is made."""
    python = _find_python()
    if python is None:
        print(f"{RUNTIME} is not installed here: the function goes without bytecode and starts slowly", file=sys.stderr)
        return
    command = [python, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    code = subprocess.call(
        [*command, "-s", str(target), "-p", "/var/task", str(target)], env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    if code != 0:
        raise CannotPackage("the manager's function does not compile; the words of compileall are above")


def _find_python() -> str | None:
    """An interpreter of the function's own version; one that is on PATH may still be only a pointer to nothing."""
    for candidate in (sys.executable, shutil.which(RUNTIME)):
        if candidate is None:
            continue
        asked = [candidate, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == RUNTIME:
            return candidate
    return None
