"""What `./apranova doctor` found last: a file that it writes, and that the platform's other
processes read."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path

EVERY_S = 3_600.0
"""How often a school that runs asks again by itself."""


class Verdict(StrEnum):
    YES = "yes"
    LOOK = "look"
    """It may be right, but not as seen from this machine."""
    NO = "no"


@dataclass(frozen=True)
class Finding:
    check: str
    verdict: Verdict
    text: str
    remedy: str = ""
    since: float = 0.0
    """When this check first said so without a break."""


@dataclass(frozen=True)
class DoctorRecord:
    at: float = 0.0
    """When it was last asked; 0: never."""
    findings: tuple[Finding, ...] = ()

    def since(self, check: str, verdict: Verdict, *, now: float) -> float:
        """Since when a check says so, if it says so `now`."""
        return min((it.since for it in self.findings if (it.check, it.verdict) == (check, verdict)), default=now)


def read_record(file: Path) -> DoctorRecord:
    """Empty without a file, and with one that cannot be read: the doctor writes it again."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        known = json.loads(file.read_text())
        return DoctorRecord(float(known["at"]), tuple(_finding(it) for it in known["findings"]))
    return DoctorRecord()


def as_text(record: DoctorRecord) -> str:
    return json.dumps(asdict(record), indent=2) + "\n"


def _finding(known: dict[str, str]) -> Finding:
    given = {name.name: known[name.name] for name in fields(Finding) if name.name in known}
    return Finding(**{**given, "verdict": Verdict(given["verdict"]), "since": float(given.get("since", 0.0))})
