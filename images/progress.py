"""A build's progress as one small JSON file that the supervisor and the portal read."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Progress:
    """Says what is being done, to the terminal and to a file that is replaced atomically: a reader never sees half of it."""

    title: str
    """The kind's name for people: 'VS Code'."""
    path: Path | None = None
    """Gets the facts as JSON, for the supervisor."""
    sentence_path: Path | None = None
    """Gets one sentence for people, for whoever asks the engine whether the kind is ready."""
    durations_s: tuple[tuple[str, float], ...] = ()
    """The steps and how long each took on a 2-core machine; only the estimate depends on it."""
    started_at: float = field(default_factory=time.time)
    step_number: int = 0

    def step(self, text: str | None = None) -> None:
        """Begin the next step."""
        self.step_number += 1
        name = self.durations_s[self.step_number - 1][0]
        eta_s = sum(duration for _, duration in self.durations_s[self.step_number - 1 :])
        self._tell({"state": "building", "text": text or name, "eta_s": eta_s})

    def waiting(self, text: str) -> None:
        self._tell({"state": "waiting", "text": text, "eta_s": sum(duration for _, duration in self.durations_s)})

    def done(self, text: str) -> None:
        self.step_number = len(self.durations_s)
        self._tell({"state": "done", "text": text, "eta_s": 0.0})

    def failed(self, text: str, remedy: str) -> None:
        self._tell({"state": "failed", "text": text, "remedy": remedy, "eta_s": 0.0})

    def _tell(self, line: dict[str, Any]) -> None:
        line = {"step": self.step_number, "of": len(self.durations_s), "started_at": self.started_at, **line}
        sys.stderr.write(f"{self.title} image: {line['text']} ({line['step']} of {line['of']})\n")
        if self.sentence_path is not None:
            _replace(self.sentence_path, _sentence(self.title, line))
        if self.path is not None:
            _replace(self.path, json.dumps(line))


def _sentence(title: str, line: dict[str, Any]) -> str:
    """What a student reads on the Launch button."""
    if line["state"] == "done":
        return ""
    if line["state"] == "failed":
        return f"{title} could not be installed: {line['text']}"
    minutes = math.ceil(line["eta_s"] / 60)
    left = "less than a minute" if minutes <= 1 else f"about {minutes} minutes"
    return f"{title} is being installed: {line['text']} ({line['step']} of {line['of']}), {left} left"


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text + "\n")
    temporary.replace(path)
