"""What a school used in a period: the cost model's input, next to prices and the stack.

`plan` estimates it from a few numbers; simulations and histories measure it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

HOURS_IN_A_MONTH = 730.0
"""AWS's convention, which the document uses too: 8,760 hours a year by 12."""


class BadUsage(ValueError):
    """A quantity that no school can have used."""


class _Quantities:
    """All fields are finite and not negative, so that a caller's mistake cannot lower a bill."""

    def __post_init__(self) -> None:
        for item in fields(self):  # pyright: ignore[reportArgumentType] every subclass is a dataclass
            value = getattr(self, item.name)
            if isinstance(value, int | float) and not (math.isfinite(value) and value >= 0):
                raise BadUsage(f"{type(self).__name__}.{item.name} must be 0 or more, not {value!r}")


@dataclass(frozen=True)
class TaskHours(_Quantities):
    """Billed hours of workspace tasks, each hour in exactly one purpose."""

    session: float = 0.0
    """somebody worked in it"""
    idle_tail: float = 0.0
    """bound to a workspace and nobody worked in it"""
    starting: float = 0.0
    """from the start of the image download until it could serve"""
    warm_pool: float = 0.0
    """ready and waiting for a claim"""

    @classmethod
    def from_seconds(
        cls, *, session: float = 0.0, idle_tail: float = 0.0, starting: float = 0.0, warm_pool: float = 0.0
    ) -> TaskHours:
        """For those who measure: simulations and histories count seconds, as AWS does."""
        return cls(session / 3_600, idle_tail / 3_600, starting / 3_600, warm_pool / 3_600)

    @property
    def total(self) -> float:
        return math.fsum((self.session, self.idle_tail, self.starting, self.warm_pool))


@dataclass(frozen=True)
class Storage(_Quantities):
    """Sizes are averages over the period; read and written are sums."""

    homes_standard_gb: float = 0.0
    homes_infrequent_gb: float = 0.0
    homes_read_gb: float = 0.0
    homes_written_gb: float = 0.0
    snapshots_gb: float = 0.0


@dataclass(frozen=True)
class Traffic(_Quantities):
    nat_gb: float = 0.0
    """through the NAT gateways, both directions"""
    out_gb: float = 0.0
    """to the browsers, through load balancer and CloudFront"""


@dataclass(frozen=True)
class Requests(_Quantities):
    web: float = 0.0
    """requests that reach CloudFront"""
    manager: float = 0.0
    """invocations of the workspace manager, sweeps included"""
    store_reads: float = 0.0
    store_writes: float = 0.0
    objects: float = 0.0
    """reads and writes of single objects in the snapshots' bucket, which CloudTrail records"""


@dataclass(frozen=True)
class Usage(_Quantities):
    students: int
    task_hours: TaskHours
    storage: Storage = field(default_factory=Storage)
    traffic: Traffic = field(default_factory=Traffic)
    requests: Requests = field(default_factory=Requests)
    logs_gb: float = 0.0
    period_hours: float = HOURS_IN_A_MONTH

    @property
    def months(self) -> float:
        return self.period_hours / HOURS_IN_A_MONTH
