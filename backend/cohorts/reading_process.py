"""The process that reads one uploaded calendar: a request on stdin, an answer on stdout."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from backend.cohorts.process_limits import limit_this_process
from backend.cohorts.timetable import read_timetable
from calendars.classes import TimetableReading
from calendars.faults import BadTimetable


def main() -> None:
    limit_this_process()
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
