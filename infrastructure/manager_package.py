"""The folder that becomes the manager's function, and the homes' keepers: our code and its packages, as Lambda runs them. No Docker is needed.

Packages come as wheels for Lambda's Python and processor, whatever runs this; one without such a wheel is an error, not a build.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from infrastructure.elements.manager_function import ARCHITECTURE, RUNTIME

SOURCE = Path(__file__).parent.parent
OWN = ("contract", "manager")
PACKAGES = SOURCE / "requirements" / "manager.in"
"""Written with the manager's AWS adapters: what they import beyond the standard library."""


class CannotPackage(Exception):
    """The text says what is missing."""


def build_manager(target: Path, packages: Path = PACKAGES) -> Path:
    """Make `target` anew. boto3 comes along: Lambda's own changes under our feet."""
    if not packages.exists():
        raise CannotPackage(f"{packages} is missing: the list of packages of the manager's function")
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
    for part in OWN:
        shutil.copytree(SOURCE / part, target / part, ignore=shutil.ignore_patterns("tests", "__pycache__", "*.pyc"))
    return target
