"""What a check of the doctor's says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    YES = "yes"
    LOOK = "look"
    """It may be right, but not as seen from this machine."""
    NO = "no"


@dataclass(frozen=True)
class Answer:
    check: str
    verdict: Verdict
    text: str
    remedy: str = ""
