"""Runs restic at the lowest priority, on one core, without a terminal, for a limited time."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manager.ports.home_backup import SnapshotFailed

_OUTPUT_TOLD_CHARS = 500
UNREADABLE = 3
"""restic's exit status for a snapshot without some files that could not be read."""


@dataclass(frozen=True)
class Restic:
    candidates: tuple[Path, ...]
    """Paths, best first; then PATH. Checked for each call: it may be installed at any time."""
    password: str = field(repr=False)
    niceness: int = 19
    """From 0 to 19: how much it gives way to everything else that needs the processor."""
    cache: Path | None = None
    """For remote repositories: what restic knows of their contents, for one of our calls."""

    def find(self) -> Path | None:
        for candidate in self.candidates:
            if candidate.is_file() and os.access(candidate, os.X_OK):
                return candidate
        found = shutil.which("restic")
        return None if found is None else Path(found)

    def version(self) -> str:
        """Such as 'restic 0.14.0'; empty if none can run."""
        program = self.find()
        return "" if program is None else _version(program, program.stat().st_mtime)

    def run(
        self,
        repository: str,
        *arguments: str,
        timeout_s: float,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        fine: Sequence[int] = (0,),
    ) -> str:
        """Returns its output. Raises SnapshotFailed with its words. If it takes too long, it is
        interrupted, so that it removes its lock; the next run uses what it has stored."""
        program = self.find()
        if program is None:
            raise SnapshotFailed("restic is not installed")
        cache = ["--no-cache"] if self.cache is None else ["--cache-dir", str(self.cache)]
        ends_with_us = [setpriv, "--pdeathsig", "INT"] if (setpriv := shutil.which("setpriv")) else []
        lowest = [nice, "-n", str(self.niceness)] if (nice := shutil.which("nice")) else []
        process = _started(
            [*ends_with_us, *lowest, program, "--repo", repository, *cache, *arguments],
            cwd=folder,
            env={
                "PATH": os.environ.get("PATH", ""),
                "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 (the system's own default)
                "GOMAXPROCS": "1",
                "RESTIC_PASSWORD": self.password,
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            raise SnapshotFailed(f"restic {arguments[0]} did not end within {timeout_s:.0f} s") from None
        if process.returncode not in fine:
            raise SnapshotFailed(f"restic {arguments[0]} ended with {process.returncode}: {_words(output)}")
        return output


def _started(command: Sequence[object], **how: Any) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen([str(word) for word in command], **how)
    except OSError as error:
        raise SnapshotFailed(f"restic cannot be run: {error}") from error


@functools.lru_cache(maxsize=4)
def _version(program: Path, _changed_at: float) -> str:
    try:
        version = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=20, check=True, stdin=subprocess.DEVNULL
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return " ".join(version.split()[:2])


def _words(output: str) -> str:
    return " ".join(output.split())[-_OUTPUT_TOLD_CHARS:]
