"""What the doctor last found, and since when: for `status`, and for the console in the portal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from contract.doctor import DoctorRecord, Finding, Verdict, as_text, read_record
from single_machine.answers import Answer
from single_machine.secrets_file import write_private
from single_machine.settings import Settings


def record_file(settings: Settings) -> Path:
    return settings.home / "doctor.json"


def keep(settings: Settings, answers: Sequence[Answer], *, now: dt.datetime) -> None:
    """Nothing happens where this user may not write: then the doctor says so itself."""
    file, at = record_file(settings), now.timestamp()
    before = read_record(file)
    findings = (
        Finding(it.check, it.verdict, it.text, it.remedy, before.since(it.check, it.verdict, now=at)) for it in answers
    )
    with suppress(OSError):
        write_private(file, as_text(DoctorRecord(at, tuple(findings))))


def line(settings: Settings) -> str:
    record = read_record(record_file(settings))
    if not record.findings:
        return "Doctor: not asked yet. ./apranova doctor checks names, ports, disk, mail and backups."
    at = dt.datetime.fromtimestamp(record.at, dt.UTC).astimezone()
    wrong = [it.check for it in record.findings if it.verdict is Verdict.NO]
    found = f"{len(wrong)} to fix ({', '.join(wrong)})" if wrong else "nothing to fix"
    return f"Doctor, {at:%d %B %Y, %H:%M}: {len(record.findings)} checks, {found}. Again: ./apranova doctor"
