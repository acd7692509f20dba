"""The supervisor's part in backups: it starts one each night, as a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from single_machine.backup.record import RETRY_AFTER_S, is_due, read_record, write_record
from single_machine.settings import Settings
from single_machine.spawning import ProcessSpec, spawn

LOOK_EVERY_S = 30.0
STOP_WITHIN_S = 10.0


class NightlyBackup:
    """`tend` returns at once. The backup ends with the supervisor; the next one makes up for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._look_at = 0.0

    def tend(self, now: float) -> str:
        """Start what is due. Returns words for the operator when one has failed."""
        wanted = self._settings.backup
        if wanted is None:
            return ""
        log = self._settings.logs / "backup.log"
        if self._process is not None:
            if (code := self._process.poll()) is None:
                return ""
            self._process = None
            return self._failed(code, log, now=now) if code else ""
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            if is_due(read_record(self._settings), wanted, now=now):
                try:
                    self._process, self._began = spawn(self._spec(), log), now
                except OSError as problem:  # a full disk is no reason to end the school
                    return f"The nightly backup could not begin: {problem.strerror}. Log: {log}"
        return ""

    def _failed(self, code: int, log: Path, *, now: float) -> str:
        """Also one that was killed, and so told nobody: else it began again each half minute."""
        self._look_at = now + RETRY_AFTER_S
        record = read_record(self._settings)
        if record.tried_at < self._began:
            with contextlib.suppress(OSError):
                why = f"it ended with {code} and said nothing more than {log}"
                write_record(self._settings, record.failed(why, began=self._began, now=now))
        return f"The nightly backup failed: ./apranova status says why. Log: {log}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Interrupt it before the database ends. It leaves no failure in the record."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _spec(self) -> ProcessSpec:
        return ProcessSpec(
            name="backup",
            command=(sys.executable, "-m", "single_machine", "backup", "--nightly"),
            environment={**os.environ, "PYTHONPATH": str(self._settings.source)},
            ready=lambda: True,
            stop_signal=signal.SIGINT,
        )
