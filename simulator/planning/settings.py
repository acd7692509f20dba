"""Numbers of AWS and the manager for a planning run, each with its source."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract.names import WorkspaceKind
from manager.domain.policy import Policy, PoolPolicy, PoolSchedule

SCHEDULE = PoolPolicy.SCHEDULE.value
EXISTING_ANSWER_S, WARM_ANSWER_S = 0.2, 0.6
"""From the click to the answer when nothing has to start. The simulation takes no time for it; the
document says < 1 s and < 2 s; one machine takes 0.08 s and 0.16 s (p95, benchmarks/README.md)."""


@dataclass(frozen=True)
class EngineSettings:
    start_min_s: float = 25.0
    start_max_s: float = 60.0
    """A start takes between these, all equally likely (document: 25 to 60 s)."""
    move_min_s: float = 0.05
    move_max_s: float = 0.4
    """A home comes to its task in a time between these: a call of the mover, assumed."""
    slow_move_share: float = 0.01
    slow_move_s: float = 3.0
    """So many calls find no mover ready and take as long: its function starts cold; assumed."""
    launch_burst: float = 100.0
    launches_per_s: float = 20.0
    """Fargate's quota of a new account: 100 tasks at once, then 20 a second."""
    calls_per_s: float = 20.0
    """RunTask's quota on Fargate (Amazon ECS Developer Guide, "AWS Fargate throttling quotas"). Our
    call starts one task, as each has a slot of its own, so this limit is the tighter one."""


@dataclass(frozen=True)
class Scenario:
    """One run without its workload."""

    policy_name: str = SCHEDULE
    engine: EngineSettings = field(default_factory=EngineSettings)
    schedule: PoolSchedule = field(default_factory=PoolSchedule)
    kinds: tuple[WorkspaceKind, ...] = tuple(WorkspaceKind)
    """What the school offers."""
    idle_timeout_s: float = 1_800.0
    pass_interval_s: float = 300.0
    wake_pause_s: float = 1.0
    """Between two passes, so that events that come together become one."""
    worth_s: float | None = None
    """What avoiding a cold start is worth, in seconds of a warm task; None: the manager's own."""
    seed: int = 1

    @property
    def policy(self) -> Policy:
        """The product's own numbers, except where AWS differs from one machine."""
        return Policy(
            idle_timeout_s=self.idle_timeout_s,
            # An agent is asked only when the idle rule could fire; nobody watches a dashboard.
            status_refresh_s=self.idle_timeout_s,
            kinds=self.kinds,
            schedule=self.schedule,
            pool_policy=PoolPolicy(self.policy_name),
            cold_start_worth_s=Policy.cold_start_worth_s if self.worth_s is None else self.worth_s,
            unknown_hour_max=1,
            # The number of starting tasks depends on the mean alone (Palm's theorem).
            start_lead_s=(self.engine.start_min_s + self.engine.start_max_s) / 2.0,
            memory_max_mib=None,
            warming_max=100,
            refill_delay_s=0.0,
            transient_tick_s=15.0,
            pass_interval_s=self.pass_interval_s,
        )
