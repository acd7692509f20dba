"""What a planning run is told about AWS and the manager, beside the workload; each number with its source."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract.names import WorkspaceKind
from manager.domain.policy import Policy, PoolPolicy, PoolSchedule

SCHEDULE = PoolPolicy.SCHEDULE.value
EXISTING_ANSWER_S, WARM_ANSWER_S = 0.2, 0.6
"""From the click to the answer when nothing has to start; the simulation itself takes no time for it.
The document says < 1 s and < 2 s; one machine takes 0.08 s and 0.16 s (p95, benchmarks/README.md)."""


@dataclass(frozen=True)
class EngineSettings:
    late_binding: bool = True
    """Whether a running task can be given a home. EFS on Fargate cannot: there homes are fixed when a task starts."""
    start_min_s: float = 25.0
    start_max_s: float = 60.0
    """A start takes between these, all equally likely (document: 25 to 60 s)."""
    launch_burst: float = 100.0
    launches_per_s: float = 20.0
    """Fargate's launch rate of a new account: 100 tasks at once, then 20 a second. AWS raises it on request."""
    calls_per_s: float = 20.0
    """RunTask on Fargate: 20 calls at once and a second, a quota of its own (Amazon ECS Developer Guide, "AWS Fargate throttling
    quotas"). A call could start ten equal tasks; ours starts one, as each has a home of its own, so this is the nearer limit."""


@dataclass(frozen=True)
class Scenario:
    """One run but for its workload."""

    policy_name: str = SCHEDULE
    engine: EngineSettings = field(default_factory=EngineSettings)
    schedule: PoolSchedule = field(default_factory=PoolSchedule)
    kinds: tuple[WorkspaceKind, ...] = tuple(WorkspaceKind)
    """What the school offers: a warm task of any other kind would wait for nobody."""
    idle_timeout_s: float = 1_800.0
    pass_interval_s: float = 300.0
    wake_pause_s: float = 1.0
    """Between two sweeps: events that come together become one pass."""
    worth_s: float | None = None
    """What sparing a student a cold start is worth to a forecast, in seconds of a warm task; None: the manager's own."""
    seed: int = 1

    @property
    def policy(self) -> Policy:
        """The product's own numbers, but for those that say how one machine differs from AWS."""
        return Policy(
            idle_timeout_s=self.idle_timeout_s,
            # An agent is asked only when the idle rule could fire: nobody watches a dashboard here.
            status_refresh_s=self.idle_timeout_s,
            kinds=self.kinds,
            schedule=self.schedule,
            pool_policy=PoolPolicy(self.policy_name),
            cold_start_worth_s=Policy.cold_start_worth_s if self.worth_s is None else self.worth_s,
            spared_unknown_a_day=24.0,
            # How many are on their way depends on the mean alone, however the times of a start are spread (Palm's theorem).
            start_lead_s=(self.engine.start_min_s + self.engine.start_max_s) / 2.0,
            tasks_max=None,
            warming_max=100,
            refill_delay_s=0.0,
            transient_tick_s=15.0,
            pass_interval_s=self.pass_interval_s,
        )
