"""Every limit and time of the manager: nothing in it waits, grows or retries without a bound."""

from __future__ import annotations

import datetime as dt
import enum
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from contract.names import WorkspaceKind, WorkspaceSize
from contract.sizes import ON_ONE_MACHINE, SizeLimits, Sizes

SATURDAY = 5
PEAK_FROM_H, PEAK_UNTIL_H, SHOULDER_H = 9, 21, 2


@dataclass(frozen=True)
class PoolSchedule:
    """How many warm tasks to keep, of all kinds together, by the school's clock.

    `peak` holds on weekdays from 9 to 21 h; `base` in the two hours on either side of it, when the
    early and the late ones come; `off` from 23 to 7 h; `weekend` from 7 to 23 h on two days.
    """

    base: int = 3
    peak: int = 5
    off: int = 1
    weekend: int = 2
    time_zone: str = "UTC"

    def is_peak(self, now: float) -> bool:
        local = self.local(now)
        return local.weekday() < SATURDAY and PEAK_FROM_H <= local.hour < PEAK_UNTIL_H

    def target(self, now: float) -> int:
        local = self.local(now)
        if not PEAK_FROM_H - SHOULDER_H <= local.hour < PEAK_UNTIL_H + SHOULDER_H:
            return self.off
        if local.weekday() >= SATURDAY:
            return self.weekend
        return self.peak if self.is_peak(now) else self.base

    def local(self, now: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(self.time_zone))


class PoolPolicy(enum.StrEnum):
    """What decides how large the warm pool is."""

    SCHEDULE = "schedule"
    """The clock alone."""
    PREDICTED = "predicted"
    """Classes and habits; the clock where nothing is known."""


class Shape(NamedTuple):
    """What warm tasks are alike in: one of them serves every workspace of its shape."""

    kind: WorkspaceKind
    size: WorkspaceSize | None = None
    """None: the installation's default, or whatever the claim gives it."""

    def __str__(self) -> str:
        return f"{self.kind} {self.size}" if self.size else str(self.kind)


@dataclass(frozen=True)
class Policy:
    idle_timeout_s: float = 1800.0
    idle_warning_s: float = 300.0
    session_max_s: float = 43_200.0
    keep_running_max_s: float = 14_400.0
    busy_max_s: float = 7_200.0
    """How long a busy job alone, after a person's last activity, counts as activity."""
    status_refresh_s: float = 60.0
    """How often at least a running workspace's agent is asked: people see the activity."""

    kinds: tuple[WorkspaceKind, ...] = tuple(WorkspaceKind)
    """What this school offers."""
    schedule: PoolSchedule = field(default_factory=PoolSchedule)
    pool_policy: PoolPolicy = PoolPolicy.PREDICTED
    cold_start_worth_s: float = 4_500.0
    """What sparing a student a cold start is worth, in paid seconds of a warm task: one more is
    kept while it is expected to be used once in so many. About 75 minutes give a hundred students a
    p95 below two seconds; a larger school needs less (decision 17).
    """
    unknown_hour_max: int | None = None
    """Warm tasks by the schedule in an hour of which nothing is known, at most. None: no limit."""
    start_lead_s: float = 10.0
    """From the decision to start a task until it is ready: ECS on Fargate 60, one machine a few."""
    hint_s: float = 300.0
    """How long somebody who signed in is expected to launch."""
    meter_s: float = 60.0
    """How often the seconds of warm tasks are counted."""
    cohorts_per_pass_max: int = 20
    """Cohorts that one pass prepares at most, with all their members."""
    sizes: Sizes = field(default_factory=lambda: ON_ONE_MACHINE)
    default_size: WorkspaceSize = WorkspaceSize.SMALL
    size_at_claim: bool = True
    """A warm task gets its size when it is claimed, so any one serves all sizes. False: the engine
    fixes the size at the start (ECS)."""
    memory_max_mib: int | None = 32_768
    """The sizes of all live tasks together; racing launches may exceed it by their number. None:
    the engine's quota counts."""
    tasks_max: int = 200
    """So many run at once on one machine. Its engine refuses more, also to a person."""
    warm_memory_mib: int = 128
    """What a warm task counts with until the claim gives it a size; it uses less than 100."""
    spare_memory_part: float = 0.0
    """Up to this part of the memory that no session counts with, the pool is as large as the
    largest cohort: a class that nobody announced is in at once. 0 where a warm task costs money."""
    starts_max: int | None = None
    """So many tasks start at once while people wait for more: they get theirs in the order of
    their clicks, and the pool comes last. All at once, all would be ready last. None: the engine
    has room for all (ECS)."""
    warming_max: int = 2
    """Warm tasks that may be starting at once, so that a person's launch need not wait behind the
    pool's. One machine has a few cores; ECS starts a hundred at once."""
    refill_delay_s: float = 2.0
    """How long the pool waits after a claim, so that a student's first page load has the machine.
    In a rush it may starve: a launch without a warm task starts one itself, at the same price."""
    warm_age_max_s: float = 21_600.0
    back_off_base_s: float = 5.0
    back_off_max_s: float = 600.0

    launch_timeout_s: float = 120.0
    takeover_s: float = 5.0
    """A launch without progress for so long belongs to a process that died; the pass carries on."""
    save_timeout_s: float = 120.0
    """The hard limit of a stop: until then a task whose work could not be saved is kept."""
    save_retry_max_s: float = 15.0
    stop_grace_s: float = 5.0
    orphan_grace_s: float = 60.0
    orphan_scan_s: float = 60.0
    """How often the engine is asked for tasks that nobody asked about by name."""
    task_memory_s: float = 900.0
    """How long an ended task's record is kept; longer than the longest back-off, which reads it."""
    delete_grace_s: float = 604_800.0

    home_bytes_max: int = 5_000_000_000
    home_files_max: int = 300_000
    """What one home may use; folders and links count as files."""
    home_near_part: float = 0.8
    """From this part of a limit on, the student is warned."""
    home_grace_s: float = 1_800.0
    """How long a workspace runs on over its limits, so that its student can clean up."""
    home_grace_growth_part: float = 0.2
    """The grace ends at once when the home grows meanwhile by this part of a limit."""
    disk_reserve_bytes: int = 5_000_000_000
    disk_reserve_part_max: float = 0.05
    """What the platform keeps free: so many bytes, at most this part of the disk."""

    history_every_s: float = 600.0
    """How often a home that somebody works in gets a checkpoint."""

    restore_retry_s: float = 60.0
    """How often the backup worker is notified again of a restore that is not finished."""

    pass_interval_s: float = 300.0
    due_per_pass_max: int = 200
    """Workspaces that one pass looks at; the longest due first."""
    records_max: int = 1_000
    """Tasks that one pass takes from each of its lists, and rows of the operator's view."""
    describe_max: int = 100
    attempts_max: int = 10
    """Tries of one use case when others keep changing the same record."""
    transient_tick_s: float = 0.1
    """How soon to look again while something starts or stops."""
    engine_retry_s: float = 1.0
    """How soon to look again when the engine did not answer."""

    def shape(self, kind: WorkspaceKind, size: WorkspaceSize | None) -> Shape:
        """The shape of the warm tasks that serve this kind and size."""
        return Shape(kind, None if self.size_at_claim or size == self.default_size else size)

    def cold_start_worth_of(self, shape: Shape) -> float:
        """Seconds of a warm task of this shape: a person's wait is worth the same whatever it is
        for, and buys less of a dearer size."""
        return self.cold_start_worth_s * self.limits(None).price / self.limits(shape.size).price

    def limits(self, size: WorkspaceSize | None) -> SizeLimits:
        return self.sizes[size or self.default_size]

    def memory_mib(self, live: Mapping[WorkspaceSize | None, int]) -> int:
        """What so many live tasks of each size count with; None: warm, without a size yet."""
        return self.claimed_mib(live) + live.get(None, 0) * self.warm_memory_mib

    def claimed_mib(self, live: Mapping[WorkspaceSize | None, int]) -> int:
        """Without those that are warm: they are small, and no reason to refuse a person for whom
        nobody would retire them."""
        return sum(count * self.sizes[size].memory_mib for size, count in live.items() if size is not None)
