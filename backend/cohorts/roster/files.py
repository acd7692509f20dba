"""Rows from an uploaded file, read in a process of its own (`bounded_reading`)."""

from __future__ import annotations

import base64

from backend.cohorts.bounded_reading import TooMuchWork, run_bounded
from backend.cohorts.roster.table import BadRoster, Row


def read_file(content: bytes) -> list[Row]:
    """`read_rows` within limits. Raises BadRoster; ProblemError when too busy."""
    asked = {"file": base64.b64encode(content).decode()}
    try:
        answer = run_bounded("backend.cohorts.roster.reading_process", asked)
    except TooMuchWork:
        raise BadRoster(
            "The file is too large to read. It may have cells far below or to the right of the list. Copy only the "
            "list to a new sheet, or save it as CSV."
        ) from None
    if "problem" in answer:
        raise BadRoster(answer["problem"])
    return [Row(number, tuple(cells)) for number, cells in answer["rows"]]
