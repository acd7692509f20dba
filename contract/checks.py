"""A check: an instructor's command, run on one copy of a student's folder, in a sandbox of its own.

The sandbox has the copy, the files of the check and nothing else: no network, no home. What the
command is expected to write never comes into it: the backend compares.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

COMMAND_LENGTH_MAX = 2_000
TIME_LIMIT_MAX_S = 300
CHECK_FILES_PACKED_BYTES_MAX = 256_000
"""With a copy of the largest size it still fits into one message (AWS Lambda takes 6 MB)."""
OUTPUT_BYTES_MAX = 64_000


@dataclass(frozen=True)
class CheckRequest:
    """Run `command` in the copy. Without `files` it only asks how far the check is."""

    check_id: str
    """The same while one run is asked for again and again. Another one is another run."""
    folder: str
    """Below ~/project, as with the student."""
    command: str
    time_limit_s: int
    files: str = field(default="", repr=False)
    """The copy: a zip (contract/hand_out_files.py), in Base64."""
    check_files: str = field(default="", repr=False)
    """The check's own files, another zip: they lie over the copy's."""


class CheckState(enum.StrEnum):
    DONE = "done"
    WORKING = "working"
    BUSY = "busy"
    """As many run as may: ask again later."""
    UNKNOWN = "unknown"
    """No such run: ask with the files."""
    FAILED = "failed"
    """It did not run, which is not the student's fault."""


@dataclass(frozen=True)
class CheckAnswer:
    state: CheckState
    exit_code: int = 0
    timed_out: bool = False
    out_of_memory: bool = False
    seconds: float = 0.0
    output: str = ""
    """Both standard output and errors, at most OUTPUT_BYTES_MAX: its beginning and its end."""
    output_cut: bool = False
    failure: str = ""
    """A sentence for the instructor."""
