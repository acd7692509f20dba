"""The supervisor asks the doctor once an hour, so that the console in the portal knows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Self

from contract.doctor import EVERY_S
from single_machine.settings import Settings
from single_machine.spawning import ProcessSpec, spawn

FIRST_AFTER_S = 60.0
"""A school that has just started has other things to do, and a certificate may still come."""
LONGEST_S = 600.0
"""Each question has a limit of its own; a machine on which all are reached is ill."""


class HourlyDoctor:
    """`tend` returns at once: the doctor is a process of its own, because it imports much."""

    def __init__(self, settings: Settings, *, now: float) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._due_at, self._end_at = now + FIRST_AFTER_S, 0.0

    def tend(self, now: float) -> str:
        """Start it when it is due. Returns words for the operator when that was not possible."""
        if self._process is not None:
            if self._process.poll() is None:
                if now >= self._end_at:
                    self._process.kill()
                return ""
            self._process = None
        if now < self._due_at:
            return ""
        self._due_at, self._end_at = now + EVERY_S, now + LONGEST_S
        log = self._settings.logs / "doctor.log"
        try:
            self._process = spawn(self._spec(), log)
        except OSError as problem:  # a full disk is no reason to end the school
            return f"The doctor could not be asked: {problem.strerror}. Log: {log}"
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _spec(self) -> ProcessSpec:
        return ProcessSpec(
            name="doctor",
            command=(sys.executable, "-m", "single_machine", "doctor", "--hourly"),
            environment={
                **os.environ,
                "APRANOVA_PORT": str(self._settings.port),  # the command line may have given another one
                "PYTHONPATH": str(self._settings.source),
            },
            ready=lambda: True,
            stop_signal=signal.SIGKILL,
        )
