"""What the API says about checks, and what it accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, Field

from backend.assignments import checks
from backend.assignments.checking import plain_spaces
from backend.assignments.models import Check, CheckRun
from backend.assignments.zip_field import Zip
from contract.checks import COMMAND_LENGTH_MAX, OUTPUT_BYTES_MAX, TIME_LIMIT_MAX_S


def _lines(value: str) -> str:
    text = plain_spaces(value.replace("\r\n", "\n")).strip("\n")
    if any(not letter.isprintable() and letter not in "\n\t" for letter in text):
        raise ValueError("it has a character that cannot be seen: type it by hand")
    return text


def _command(value: str) -> str:
    text = _lines(value).strip()
    if not text:
        raise ValueError("a command is needed, such as python3 test.py")
    return text


class CheckIn(Schema):
    command: Annotated[str, Field(max_length=COMMAND_LENGTH_MAX), AfterValidator(_command)]
    """For bash, in the folder of the assignment. It passes when it ends with 0."""
    time_limit_s: int = Field(ge=1, le=TIME_LIMIT_MAX_S)
    expected: Annotated[str, Field(max_length=OUTPUT_BYTES_MAX // 4), AfterValidator(_lines)] = ""
    """What the command has to write, too; empty: anything."""
    students_see: Literal["nothing", "result", "output"] = "nothing"
    """Whether students may run it themselves, and what comes back."""
    file: Zip | None = None
    """The check's own files: a zip, in Base64, at most 256 kB. None: see keep_files."""
    keep_files: bool = True


class CheckDefinitionOut(Schema):
    command: str
    time_limit_s: int
    expected: str
    students_see: str
    files: int
    """How many files of its own it has."""


class CheckOut(Schema):
    check: CheckDefinitionOut | None


class CheckStateOut(Schema):
    state: str
    """waiting | passed | not_passed | failed: it did not run"""
    text: str
    """What that means, a sentence."""


class CheckRunOut(CheckStateOut):
    finished_at: datetime | None
    output: str
    """What the command wrote: plain text, never to be rendered."""
    output_cut: bool


class OwnCheckOut(Schema):
    """A check that the student may run."""

    run: CheckRunOut | None
    """The last one; without output where the instructor wants it so."""
    shows_output: bool


def check_out(check: Check | None) -> CheckOut:
    if check is None:
        return CheckOut(check=None)
    return CheckOut(
        check=CheckDefinitionOut(
            command=check.command,
            time_limit_s=check.time_limit_s,
            expected=check.expected,
            students_see=check.students_see,
            files=check.bundle.files_count if check.bundle is not None else 0,
        )
    )


def state_out(run: CheckRun | None) -> CheckStateOut | None:
    return None if run is None else CheckStateOut(state=checks.state_of(run), text=checks.words_for(run))


def run_out(run: CheckRun, *, shows_output: bool) -> CheckRunOut:
    return CheckRunOut(
        state=checks.state_of(run),
        text=checks.words_for(run, with_numbers=shows_output),
        finished_at=run.finished_at,
        output=run.output if shows_output else "",
        output_cut=run.output_cut and shows_output,
    )


def own_out(found: tuple[Check, CheckRun | None] | None) -> OwnCheckOut | None:
    if found is None:
        return None
    check, run = found
    shows = check.students_see == checks.OUTPUT
    return OwnCheckOut(run=None if run is None else run_out(run, shows_output=shows), shows_output=shows)
