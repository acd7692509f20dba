"""Builds the workspaces' images in the background while the portal already answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.names import WorkspaceKind
from single_machine.spawning import WITH_ALL_IT_STARTS, ProcessSpec, spawn


@dataclass(frozen=True)
class Finished:
    """One build has ended."""

    kind: WorkspaceKind
    seconds: float
    failure: str
    """What went wrong, in words for the operator; empty when the image is there."""


@dataclass
class _Running:
    kind: WorkspaceKind
    process: subprocess.Popen[bytes]
    began: float


class ImageBuilds:
    """One `images.<kind>.build` at a time. The Launch button shows its progress."""

    def __init__(self, images: Path, logs: Path, source: Path, kinds: Sequence[WorkspaceKind]) -> None:
        self._images = images
        self._logs = logs
        self._source = source
        self._kinds = tuple(kinds)
        self._waiting: list[WorkspaceKind] = []
        self._running: _Running | None = None

    def missing(self) -> list[WorkspaceKind]:
        """Kinds without a complete image. The build itself decides whether one is up to date."""
        return [kind for kind in self._kinds if not any(self._images.glob(f"{kind}-*/image.json"))]

    def start(self) -> None:
        """Begin with those that are missing. A build returns at once when nothing changed."""
        missing = self.missing()
        self._waiting = sorted(self._kinds, key=lambda kind: kind not in missing)
        self._start_next()

    def finished(self) -> list[Finished]:
        """Builds that have ended since the last call; the next one is started."""
        running = self._running
        if running is None or running.process.poll() is None:
            return []
        failure = self._why_failed(running.kind) if running.process.returncode != 0 else ""
        self._start_next()
        return [Finished(running.kind, time.monotonic() - running.began, failure)]

    def wait(self) -> list[Finished]:
        """Until all are done."""
        ended = []
        while self._running is not None:
            self._running.process.wait()
            ended += self.finished()
        return ended

    def stop(self) -> None:
        """End the build and all that it started. The next one continues from what is complete."""
        self._waiting = []
        if self._running is not None and self._running.process.poll() is None:
            process = self._running.process
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start_next(self) -> None:
        self._running = None
        if not self._waiting:
            return
        kind = self._waiting.pop(0)
        spec = ProcessSpec(
            name=f"{kind}-image",
            command=(
                *WITH_ALL_IT_STARTS,
                "nice",
                sys.executable,
                "-m",
                f"images.{kind}.build",
                "--images",
                str(self._images),
            ),
            environment=dict(os.environ, PYTHONPATH=str(self._source), PYTHONUNBUFFERED="1"),
            ready=lambda: True,
            working_folder=self._source,
        )
        self._running = _Running(kind, spawn(spec, self._log(kind)), time.monotonic())

    def _why_failed(self, kind: WorkspaceKind) -> str:
        log = self._log(kind)
        last = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-6:])
        return f"{kind.label} could not be installed; such workspaces cannot start.\n{last}\n  Whole log: {log}"

    def _log(self, kind: WorkspaceKind) -> Path:
        return self._logs / f"{kind}-image.log"
