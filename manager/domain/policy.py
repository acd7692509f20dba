"""Every limit and time of the manager in one place: nothing in it waits, grows or retries without a bound."""

from __future__ import annotations

import datetime as dt
import enum
import math
import zoneinfo
from dataclasses import dataclass, field

from contract.names import WorkspaceKind

SATURDAY = 5


@dataclass(frozen=True)
class PoolSchedule:
    """How many warm tasks to keep, of all kinds together, by the clock on the school's wall.

    The document gives four numbers: base 3, peak (9–21 h) 5, off hours 1, weekend 2. They relate like this:
    peak holds on weekdays from 9 to 21 h; base is what the two hours on either side of it get (7–9 and 21–23 h), when the
    early and the late ones come; off holds at night (23–7 h) on every day; weekend holds from 7 to 23 h on Saturday and Sunday.
    """

    base: int = 3
    peak: int = 5
    off: int = 1
    weekend: int = 2
    time_zone: str = "UTC"
    peak_from_h: int = 9
    peak_until_h: int = 21
    shoulder_h: int = 2

    def is_peak(self, now: float) -> bool:
        return self._peak(self._local(now))

    def target(self, now: float) -> int:
        local = self._local(now)
        if not self.peak_from_h - self.shoulder_h <= local.hour < self.peak_until_h + self.shoulder_h:
            return self.off
        if local.weekday() >= SATURDAY:
            return self.weekend
        return self.peak if self._peak(local) else self.base

    @property
    def weekday_s(self) -> float:
        """Seconds of warm tasks that a weekday costs: 80 hours with the document's numbers."""
        peak_h = self.peak_until_h - self.peak_from_h
        hours = peak_h * self.peak + 2 * self.shoulder_h * self.base + (24 - peak_h - 2 * self.shoulder_h) * self.off
        return max(1.0, 3600.0 * hours)

    def _peak(self, local: dt.datetime) -> bool:
        return local.weekday() < SATURDAY and self.peak_from_h <= local.hour < self.peak_until_h

    def _local(self, now: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(self.time_zone))


class PoolPolicy(enum.StrEnum):
    """Who decides how large the warm pool is."""

    SCHEDULE = "schedule"
    """The clock alone, as in the architecture document."""
    PREDICTED = "predicted"
    """Classes and habits; the clock only where nothing is known of them or the forecasts were bad."""


@dataclass(frozen=True)
class Policy:
    idle_timeout_s: float = 1800.0
    idle_warning_s: float = 300.0
    session_max_s: float = 43_200.0
    keep_running_max_s: float = 14_400.0
    busy_max_s: float = 7_200.0
    """How long a busy job alone, after a person's last activity, counts as activity."""
    status_refresh_s: float = 60.0
    """A running workspace's agent is asked at least this often, so that the activity people see is not stale."""

    kinds: tuple[WorkspaceKind, ...] = tuple(WorkspaceKind)
    """What this school offers."""
    schedule: PoolSchedule = field(default_factory=PoolSchedule)
    pool_policy: PoolPolicy = PoolPolicy.PREDICTED
    cold_start_worth_s: float = 4_500.0
    """What sparing one student a cold start is worth, in seconds that a warm task is paid for: the planner keeps one more
    task just as long as it expects it to be used at least once in so many seconds. A hundred students come to a p95 below two
    seconds at some 75 minutes (late-binding homes, decision 17); a larger school does for less."""
    spared_unknown_a_day: float = math.inf
    """Cold starts that the schedule is taken to spare on a day of which nothing is known: it is cut to what they are worth
    (inf: never cut). Where warm tasks cost money 24, one an hour."""
    start_lead_s: float = 10.0
    """From the decision to start a task until it is ready: ECS on Fargate 60, one machine a few."""
    hint_s: float = 300.0
    """How long somebody who signed in is expected to launch."""
    meter_s: float = 60.0
    """How often the seconds of warm tasks are counted."""
    cohorts_per_pass_max: int = 20
    """Cohorts of which one page of members is read in a pass."""
    tasks_max: int | None = 40
    """All live tasks together. Launches that race each other may pass it by their number; the engine has the hard limit.
    None: only the engine's quota counts, and the store is not asked how many there are."""
    warming_max: int = 2
    """Warm tasks that may be starting at once: a person's launch must not wait behind the pool's. One machine has two
    cores or a few; ECS starts a hundred at once."""
    refill_delay_s: float = 2.0
    """The pool waits this long after a claim, so that a student's first page load has the machine. To starve under a rush
    is harmless: a launch without a warm task starts one itself, which costs as much as the refill would have."""
    warm_age_max_s: float = 21_600.0
    back_off_base_s: float = 5.0
    back_off_max_s: float = 600.0

    launch_timeout_s: float = 120.0
    takeover_s: float = 5.0
    """A step of a launch that shows no progress for so long belongs to a process that died; the pass carries on."""
    save_timeout_s: float = 120.0
    """The hard limit of a stop: until then a task whose work could not be saved is kept."""
    save_retry_max_s: float = 15.0
    stop_grace_s: float = 5.0
    waiting_look_s: float = 60.0
    """How often a pass reads the tasks that wait for their student though none has expired: one may have died without an event
    that tells of it, or be of an old image, which is also found out when its student comes."""
    orphan_grace_s: float = 60.0
    orphan_scan_s: float = 60.0
    """How often the engine is asked for tasks that nobody asked about by name."""
    task_memory_s: float = 900.0
    """How long the record of an ended task is kept; longer than the longest back-off, which reads it."""
    delete_grace_s: float = 604_800.0
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
