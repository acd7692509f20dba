"""The process that reads one uploaded calendar: a request on stdin, an answer on stdout."""

from __future__ import annotations

import json
import resource
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from backend.cohorts.timetable import read_timetable
from calendars.classes import TimetableReading
from calendars.faults import BadTimetable

CPU_S_MAX = 2
MEMORY_BYTES_MAX = 512 * 1024 * 1024


def main() -> None:
    """The kernel ends the process at its limits; the parent then knows what that means."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.load(sys.stdin)
    faults: list[tuple[str, int | None]] = []
    reading = TimetableReading((), ())
    try:
        reading = read_timetable(
            asked["content"], zone=ZoneInfo(asked["zone"]), now=datetime.fromisoformat(asked["now"])
        )
    except BadTimetable as error:
        faults = [(fault.text, fault.line) for fault in error.faults]
    json.dump(
        {
            "faults": faults,
            "classes": [(it.starts_at.isoformat(), it.ends_at.isoformat(), it.title) for it in reading.classes],
            "notes": reading.notes,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
