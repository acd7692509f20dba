"""Builds the folder of the manager's and the backup workers' functions. It needs no Docker.

Packages come as wheels for Lambda's Python and processor, whichever machine runs this. A package
without such a wheel is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from infrastructure.elements.function import ARCHITECTURE, RUNTIME

SOURCE = Path(__file__).parent.parent
OWN = ("contract", "manager")
PACKAGES = SOURCE / "requirements" / "manager.txt"
_X86_64_LINUX = (b"\x7fELF\x02\x01", 62)
"""How a program for ARCHITECTURE begins, and its `e_machine`, two bytes at 18 (ELF)."""
_GLIBC_MINOR_MAX = 34
"""Lambda's system for RUNTIME is Amazon Linux 2023, with glibc 2.34: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html"""


class CannotPackage(Exception):
    """The text says what is missing."""


def build_manager(target: Path, packages: Path = PACKAGES) -> Path:
    """Replaces `target`. It includes botocore, because Lambda's own changes without notice."""
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
        raise CannotPackage("the packages of the manager's function could not be fetched; pip's output is above")
    code = subprocess.call([sys.executable, "-m", "manager.adapters.restic.install", str(target / "bin")], cwd=SOURCE)
    if code != 0:
        raise CannotPackage(
            "backup workers need restic, which is missing: apt install restic, or name it with APRANOVA_RESTIC"
        )
    _must_run_on_lambda(target / "bin" / "restic")
    copy_own_code(target)
    _compile(target)
    return target


def copy_own_code(target: Path) -> None:
    for part in OWN:
        shutil.copytree(SOURCE / part, target / part, ignore=shutil.ignore_patterns("tests", "__pycache__", "*.pyc"))


def _must_run_on_lambda(restic: Path) -> None:
    """It comes from this machine or the operator, and may not run on Lambda."""
    program = restic.read_bytes()
    magic, machine = _X86_64_LINUX
    if not program.startswith(magic) or int.from_bytes(program[18:20], "little") != machine:
        raise CannotPackage(
            f"restic here is not for Linux on {ARCHITECTURE}; backup workers need that one: name it with APRANOVA_RESTIC"
        )
    newest = max((int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", program)), default=0)
    if newest > _GLIBC_MINOR_MAX:
        raise CannotPackage(
            f"restic here needs glibc 2.{newest}, and Lambda has 2.{_GLIBC_MINOR_MAX}: name one that needs none "
            "(restic's own releases) with APRANOVA_RESTIC"
        )


def _compile(target: Path) -> None:
    """Lambda's folder is read-only, so without bytecode each cold start would compile everything.

    That takes nearly as long as all the rest (medians of three on a busy machine: 2.05 s of CPU,
    not 1.16 s). Bytecode is trusted unchecked, because file times do not survive a zip.
    """
    python = find_python()
    if python is None:
        print(
            f"apranova: {RUNTIME} is not on PATH. The manager's function works, but without bytecode, so each cold start "
            f"takes nearly twice as long. To fix it, install {RUNTIME} and run the same command again.",
            file=sys.stderr,
        )
        return
    command = [python, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    code = subprocess.call(
        [*command, "-s", str(target), "-p", "/var/task", str(target)], env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    if code != 0:
        raise CannotPackage("the manager's function does not compile; compileall's output is above")


def find_python() -> str | None:
    """An interpreter of the function's version. One on PATH may be a broken link."""
    for candidate in (sys.executable, shutil.which(RUNTIME)):
        if candidate is None:
            continue
        asked = [candidate, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == RUNTIME:
            return candidate
    return None
