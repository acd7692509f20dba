"""Calls from the manager to the sandbox engine: one connection each, one JSON line each way."""

from __future__ import annotations

from dataclasses import dataclass

from contract.errors import ApraNovaError, Reason
from contract.sizes import SizeLimits

LINE_MAX_BYTES = 6 << 20
"""A check brings two zips, as large as a message to the manager may be; 40 tasks take 12 kB."""


@dataclass(frozen=True)
class CallName:
    """The part of `{"call": …, "arguments": …}` that all calls share."""

    call: str


@dataclass(frozen=True)
class AttachHome:
    task_id: str
    home_id: str
    limits: SizeLimits | None = None
    shared: str = ""


@dataclass(frozen=True)
class Stop:
    task_id: str
    grace_s: float


@dataclass(frozen=True)
class Failure:
    reason: Reason
    message: str
    detail: str = ""

    def as_error(self) -> ApraNovaError:
        return ApraNovaError(self.reason, self.message, detail=self.detail)
