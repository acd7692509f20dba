"""Mutants that no test has to notice, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from infrastructure.mutants.generate import Mutant


@dataclass(frozen=True)
class Acknowledged:
    kind: str
    """The resource's type; `*` stands for anything."""
    path: str
    """From the resource's body, with dots."""
    reason: str

    def fits(self, mutant: Mutant) -> bool:
        place = ".".join(str(step) for step in mutant.path)
        return fnmatchcase(mutant.kind, self.kind) and fnmatchcase(place, self.path)


ACKNOWLEDGED = (Acknowledged("AWS::KMS::Alias", "*", "A name for people; nothing refers to it."),)


def reason_for(mutant: Mutant) -> str:
    return next((entry.reason for entry in ACKNOWLEDGED if entry.fits(mutant)), "")
