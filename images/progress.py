"""A build's progress: lines for the log, and one sentence that people read on the Launch button."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Progress:
    """Says what is being done, to the terminal and to a file that is replaced atomically."""

    title: str
    """The kind's name for people: 'VS Code'."""
    path: Path
    """Gets the sentence, for the engine's answer whether the kind is ready; empty when it is."""
    durations_s: tuple[tuple[str, float], ...]
    """The steps and how long each took on a 2-core machine; only the estimate depends on it."""
    step_number: int = 0

    def step(self, text: str | None = None) -> None:
        """Begin the next step."""
        self.step_number += 1
        name = self.durations_s[self.step_number - 1][0]
        self._installing(text or name, left_s=sum(duration for _, duration in self.durations_s[self.step_number - 1 :]))

    def waiting(self, text: str) -> None:
        self._installing(text, left_s=sum(duration for _, duration in self.durations_s))

    def done(self, text: str) -> None:
        self.step_number = len(self.durations_s)
        self._tell(text, "")

    def failed(self, text: str) -> None:
        self._tell(text, f"{self.title} could not be installed: {text}")

    def _installing(self, text: str, *, left_s: float) -> None:
        minutes = math.ceil(left_s / 60)
        left = "less than a minute" if minutes <= 1 else f"about {minutes} minutes"
        self._tell(text, f"{self.title} is being installed: {text} ({self._where}), {left} left")

    @property
    def _where(self) -> str:
        return f"{self.step_number} of {len(self.durations_s)}"

    def _tell(self, text: str, sentence: str) -> None:
        sys.stderr.write(f"{self.title} image: {text} ({self._where})\n")
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        temporary.write_text(sentence + "\n")
        temporary.replace(self.path)
