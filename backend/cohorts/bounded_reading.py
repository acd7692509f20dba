"""Reads an uploaded file in a process of its own, with limits that the kernel enforces.

One repeat rule that never comes true (30 February) keeps a reader of calendars busy for 15 seconds,
a few hundred of them for hours; a workbook of 2 kB asks for 500 GB. No check of ours would find
them all. A process can be ended; a thread cannot.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from backend.platform.problems import ProblemError, unavailable
from calendars.classes import ClassMeeting, TimetableReading
from calendars.faults import BadTimetable, Fault

WITHIN_S = 30.0
AT_ONCE_MAX = 2
SOURCE = Path(__file__).resolve().parents[2]

_TOO_MUCH_WORK = Fault(
    "The calendar takes too long to work out. An event probably repeats without end, or on days that never come. "
    "Give repeating events an end (UNTIL), or export only this term."
)

logger = logging.getLogger(__name__)
_places = threading.BoundedSemaphore(AT_ONCE_MAX)


class TooMuchWork(Exception):
    """Reading the file takes more time or memory than there is for one."""


def run_bounded(module: str, asked: dict[str, Any]) -> Any:
    """What the module answers, run as a process (`process_limits`): JSON on its stdin and stdout.

    Raises TooMuchWork; ProblemError when too busy.
    """
    if not _places.acquire(timeout=WITHIN_S):
        raise unavailable("Other files are being read right now.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(asked),
            env={"PYTHONPATH": str(SOURCE), "PATH": os.environ.get("PATH", "")},  # no secret is any business of it
            cwd="/",
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TooMuchWork from None
    finally:
        _places.release()
    if done.returncode < 0 or "MemoryError" in done.stderr:
        raise TooMuchWork
    if done.returncode:
        logger.error("a file could not be read: %s", done.stderr[-2000:])
        raise ProblemError(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "The file could not be read because of a mistake on our side; it has been recorded.",
        )
    return json.loads(done.stdout)


def read_bounded(content: str, *, zone: str, now: datetime) -> TimetableReading:
    """`read_timetable` within limits. Raises BadTimetable; ProblemError when too busy."""
    asked = {"content": content, "zone": zone, "now": now.isoformat()}
    try:
        return _reading(run_bounded("backend.cohorts.reading_process", asked))
    except TooMuchWork:
        raise BadTimetable(_TOO_MUCH_WORK) from None


def _reading(answer: dict[str, Any]) -> TimetableReading:
    if answer["faults"]:
        raise BadTimetable(*(Fault(text, line) for text, line in answer["faults"]))
    return TimetableReading(
        tuple(
            ClassMeeting(datetime.fromisoformat(start), datetime.fromisoformat(end), title)
            for start, end, title in answer["classes"]
        ),
        tuple(answer["notes"]),
    )
