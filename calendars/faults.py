"""What is wrong with a calendar file, in sentences for the teacher who chose it."""

from __future__ import annotations

from dataclasses import dataclass, field

FAULTS_TOLD_MAX = 10
EXPORT_AGAIN = "Export the calendar again and use that file."


@dataclass(frozen=True)
class Fault:
    """One reason why the file cannot be used."""

    text: str
    """What, why and what to do."""
    line: int | None = None
    """Counted from 1, where the property begins; None: the file as a whole."""

    def __str__(self) -> str:
        return self.text if self.line is None else f"Line {self.line}: {self.text}"


class BadTimetable(Exception):
    """The file is no timetable. At most `FAULTS_TOLD_MAX` faults, in the order of the file."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


@dataclass
class Faults:
    """Collects faults while a file is read, so that a person hears of several at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        self.found.append(fault)
        if len(self.found) >= FAULTS_TOLD_MAX:
            self.raise_any()

    def raise_any(self) -> None:
        if self.found:
            raise BadTimetable(*sorted(self.found, key=lambda it: it.line or 0))


def short(text: str) -> str:
    """Of foreign text only the beginning, without what a screen would trip over."""
    shown = "".join(character if character.isprintable() else "�" for character in text.strip()[:80])
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
