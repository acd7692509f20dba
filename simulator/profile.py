"""What a run is made of: its size, policy and faults. Each seed draws its own mixture."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any

from contract.names import WorkspaceKind
from manager.domain.policy import Policy, PoolPolicy, PoolSchedule

MONDAY = 1_790_553_600.0
"""2026-09-28, midnight UTC."""
MACHINE_MIB = 3_840
"""Too little for everybody: some launches have to be refused."""


@dataclass(frozen=True)
class Profile:
    """Rates are probabilities of one call, one task or one event; 0 turns a fault off."""

    engine: str = "machine"
    """machine | ecs"""
    managers: int = 2
    workspaces: int = 3
    kinds: int = 1
    safety_s: float = 300.0
    """How long faults happen; after that everything must converge."""
    starts_at: float = MONDAY + 9 * 3600.0
    gap_s: float = 15.0
    """Mean time between two things that a student does."""
    pool: int = 2
    pool_later: int = 2
    """After the hour at which the schedule changes."""
    tick_s: float = 2.0
    pool_policy: str = "schedule"
    """schedule | predicted; the latter has a cohort, and people who sign in first."""
    class_after_s: float = 0.0
    """When the cohort's class begins, after the run."""
    idle_timeout_s: float = 180.0
    """With a short one, many are stopped while faults happen."""
    patient: bool = True
    """Continue to the bounds of the liveness phase, even if everything has converged."""
    starts_max: int | None = None
    """So many start at once on one machine, the others in the order of the clicks."""
    inline: bool = False
    """A pass runs its actions in sequence, as in a Lambda, not in parallel as on one machine."""

    crash: float = 0.0
    store_error: float = 0.0
    engine_error: float = 0.0
    agent_error: float = 0.0
    home_error: float = 0.0
    slow: float = 0.0
    """A call takes seconds."""
    pause: float = 0.0
    """The process stops at a call for up to two minutes, then continues as if nothing happened."""
    index_lag_s: float = 0.0
    skew_s: float = 0.0
    event_lost: float = 0.0
    event_late: float = 0.0
    event_twice: float = 0.0
    silence: float = 0.0
    """Chance, each half minute, that the engine or all agents stop answering for a while."""
    no_capacity: float = 0.0
    never_ready: float = 0.0
    start_fails: float = 0.0
    dies_early: float = 0.0
    dies_late: float = 0.0
    spot: float = 0.0
    """Taken back by Spot, with two minutes' notice to the agent; `dies_late` has none."""
    hangs: float = 0.0
    refuses_claims: float = 0.0
    saves_fail: float = 0.0
    stray: float = 0.0
    """Chance, each half minute, of a task that no manager started."""
    new_image: float = 0.0
    lingers: float = 0.0
    """A task that is told to end hangs for up to two minutes; only ECS."""
    mover_late: float = 0.0
    """A call of the mover fails, and moves the home up to a minute later."""
    mover_dies: float = 0.0
    """Chance between two steps of a clearance."""

    @property
    def policy(self) -> Policy:
        """The product's numbers where they are seconds, shorter ones for hours or days."""
        return Policy(
            idle_timeout_s=self.idle_timeout_s,
            idle_warning_s=self.idle_timeout_s / 3,
            session_max_s=1_200.0,
            keep_running_max_s=300.0,
            busy_max_s=300.0,
            kinds=tuple(WorkspaceKind)[: self.kinds],
            schedule=PoolSchedule(base=self.pool, peak=self.pool_later, off=min(1, self.pool), weekend=self.pool),
            pool_policy=PoolPolicy(self.pool_policy),
            start_lead_s=45.0 if self.engine == "ecs" else 2.0,
            hint_s=90.0,
            meter_s=20.0,
            memory_max_mib=MACHINE_MIB if self.engine == "machine" else None,
            spare_memory_part=0.5 if self.engine == "machine" else 0.0,
            size_at_claim=self.engine == "machine",
            starts_max=self.starts_max if self.engine == "machine" else None,
            takeover_s=0.5 if self.engine == "machine" else 5.0,
            warm_age_max_s=900.0,
            back_off_max_s=60.0,
            save_timeout_s=60.0,
            task_memory_s=240.0,
            delete_grace_s=500.0,
            pass_interval_s=120.0,
            transient_tick_s=self.tick_s,
        )


RATES: dict[str, tuple[float, ...]] = {
    "crash": (0.002, 0.01, 0.03),
    "store_error": (0.005, 0.03),
    "engine_error": (0.01, 0.1),
    "agent_error": (0.01, 0.1),
    "home_error": (0.02, 0.2),
    "slow": (0.01, 0.1),
    "pause": (0.001, 0.005),
    "index_lag_s": (0.2, 2.0),
    "skew_s": (1.0, 4.0),
    "event_lost": (0.3, 1.0),
    "event_late": (0.3,),
    "event_twice": (0.3,),
    "silence": (0.1, 0.3),
    "no_capacity": (0.1, 0.5, 1.0),
    "never_ready": (0.1, 0.5),
    "start_fails": (0.1, 0.5, 1.0),
    "dies_early": (0.1, 0.3),
    "dies_late": (0.1, 0.5),
    "spot": (0.2, 0.5),
    "hangs": (0.1, 0.3),
    "refuses_claims": (0.1, 0.3),
    "saves_fail": (0.1, 0.3),
    "stray": (0.1,),
    "new_image": (0.1, 0.5),
    "lingers": (0.2, 0.5),
    "mover_late": (0.3, 0.6),
    "mover_dies": (0.1, 0.3),
}
"""All kinds of faults, with the rates that a run may have. A run has only some of them, because one
fault hides what another one breaks."""


def draw(seed: int) -> Profile:
    chance = Random(f"{seed}/profile")
    pool = chance.choice((0, 1, 2, 3))
    faulty = chance.choice((0.1, 0.25, 0.5))
    engine = chance.choice(("machine", "ecs"))
    profile = Profile(
        engine=engine,
        managers=chance.choice((1, 2, 2)),
        workspaces=chance.choice((1, 2, 3)),
        kinds=chance.choice((1, 1, 2)),
        safety_s=chance.choice((30.0, 60.0, 60.0, 120.0, 120.0, 240.0, 480.0)),
        starts_at=MONDAY + chance.choice((6.97, 8.97, 12.0, 20.97, 126.97)) * 3600.0,
        gap_s=chance.choice((4.0, 15.0, 40.0)),
        pool=pool,
        pool_later=chance.choice((pool, max(0, pool - 1), pool + 1)),
        tick_s=chance.choice((1.0, 3.0, 10.0) if engine == "machine" else (5.0, 15.0)),
        inline=chance.random() < 0.3,
    )
    rates = {kind: chance.choice(rates) for kind, rates in RATES.items() if chance.random() < faulty}
    return replace(  # drawn last: earlier seeds stay the runs they were, but for this
        profile,
        **rates,  # pyright: ignore[reportArgumentType] (names of fields that hold rates)
        pool_policy=chance.choice(("schedule", "predicted", "predicted", "predicted")),
        class_after_s=chance.choice((-300.0, 60.0, 420.0, 900.0)),
        patient=chance.random() < 0.25,
        idle_timeout_s=chance.choice((60.0, 180.0)),
        starts_max=chance.choice((None, 1, 2, 4)),
    )


def simpler(profile: Profile) -> list[Profile]:
    """The same run with one thing less in it: for shrinking."""
    changes: list[dict[str, Any]] = [
        *({kind: 0.0} for kind in RATES),
        {"managers": 1},
        {"workspaces": max(1, profile.workspaces - 1)},
        {"kinds": 1},
        {"pool_policy": "schedule"},
        {"pool": 0, "pool_later": 0},
        {"safety_s": min(profile.safety_s, max(60.0, profile.safety_s / 2))},
        {"patient": False},
        {"starts_max": None},
    ]
    return [less for change in changes if (less := replace(profile, **change)) != profile]


def difference(profile: Profile) -> str:
    """Only what differs from the default."""
    plain = Profile()
    return ", ".join(
        f"{field.name}={getattr(profile, field.name)}"
        for field in fields(Profile)
        if getattr(profile, field.name) != getattr(plain, field.name)
    )
