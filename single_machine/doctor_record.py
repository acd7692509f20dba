"""What the doctor last found, for `status`: one line, without asking everything again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from single_machine.answers import Answer, Verdict
from single_machine.settings import Settings


def keep(settings: Settings, answers: Sequence[Answer], *, now: dt.datetime) -> None:
    """Nothing happens where this user may not write: then the doctor says so itself."""
    wrong = [answer.check for answer in answers if answer.verdict is Verdict.NO]
    fresh = _file(settings).with_suffix(".new")
    with suppress(OSError):
        fresh.write_text(json.dumps({"at": now.timestamp(), "checks": len(answers), "to_fix": wrong}))
        fresh.replace(_file(settings))


def line(settings: Settings) -> str:
    try:
        kept = json.loads(_file(settings).read_text())
        at = dt.datetime.fromtimestamp(kept["at"], dt.UTC).astimezone()
        found = f"{len(kept['to_fix'])} to fix ({', '.join(kept['to_fix'])})" if kept["to_fix"] else "nothing to fix"
        return f"Doctor, {at:%d %B %Y, %H:%M}: {kept['checks']} checks, {found}. Anew: ./apranova doctor"
    except (OSError, ValueError, KeyError, TypeError):
        return "Doctor: not asked yet. ./apranova doctor checks names, ports, disk, mail and backups."


def _file(settings: Settings) -> Path:
    return settings.home / "doctor.json"
