"""What a check of the doctor's says."""

from __future__ import annotations

from dataclasses import dataclass

from contract.doctor import Verdict as Verdict


@dataclass(frozen=True)
class Answer:
    check: str
    verdict: Verdict
    text: str
    remedy: str = ""
