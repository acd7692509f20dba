"""What workspaces run is built in the background, one kind after the other, so that the portal answers before it is done."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.names import WorkspaceKind
from single_machine.processes import ProcessSpec, spawn


@dataclass(frozen=True)
class Finished:
    """One build has ended."""

    kind: WorkspaceKind
    seconds: float
    failure: str
    """What went wrong, in words for the operator; empty when the image is there."""


class ImageBuilds:
    """One child process at a time, `images.<kind>.build`, which keeps beside the images a line that the Launch button shows."""

    def __init__(self, images: Path, logs: Path, source: Path, kinds: Sequence[WorkspaceKind]) -> None:
        self._images = images
        self._logs = logs
        self._source = source
        self._kinds = tuple(kinds)
        self._waiting: list[WorkspaceKind] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._kind = WorkspaceKind.VSCODE
        self._began = 0.0

    def missing(self) -> list[WorkspaceKind]:
        """Kinds of which no complete image is there; the build itself decides whether one is the current one."""
        return [kind for kind in self._kinds if not any(self._images.glob(f"{kind}-*/image.json"))]

    def start(self) -> None:
        """Begin with those that are missing. A build returns at once when nothing changed."""
        missing = self.missing()
        self._waiting = sorted(self._kinds, key=lambda kind: kind not in missing)
        self._start_next()

    def finished(self) -> list[Finished]:
        """Builds that have ended since the last call; the next one is started."""
        if self._process is None or self._process.poll() is None:
            return []
        failure = ""
        if self._process.returncode != 0:
            log = self._log(self._kind)
            last = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-6:])
            failure = (
                f"{self._kind.label} could not be installed; such workspaces cannot start.\n{last}\n  Whole log: {log}"
            )
        ended = Finished(self._kind, time.monotonic() - self._began, failure)
        self._start_next()
        return [ended]

    def wait(self) -> list[Finished]:
        """Until all are done."""
        ended = []
        while self._process is not None:
            self._process.wait()
            ended += self.finished()
        return ended

    def stop(self) -> None:
        """End the build, with all that it started; the next one goes on from what is complete."""
        self._waiting = []
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, 15)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, 9)
                self._process.wait()

    def _start_next(self) -> None:
        self._process = None
        if not self._waiting:
            return
        self._kind = self._waiting.pop(0)
        self._began = time.monotonic()
        spec = ProcessSpec(
            name=f"{self._kind}-image",
            command=("nice", sys.executable, "-m", f"images.{self._kind}.build", "--images", str(self._images)),
            environment=dict(os.environ, PYTHONPATH=str(self._source), PYTHONUNBUFFERED="1"),
            ready=lambda: True,
            working_folder=self._source,
        )
        self._process = spawn(spec, self._log(self._kind))

    def _log(self, kind: WorkspaceKind) -> Path:
        return self._logs / f"{kind}-image.log"
