"""Estimates the usage of a month from a few numbers that an operator knows.

Replace what is only assumed by a measurement; `costs --assumptions` lists all numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.costs.usage import HOURS_IN_A_MONTH, Requests, Storage, TaskHours, Traffic, Usage
from simulator.operator_input import check_numbers, number


@dataclass(frozen=True)
class Plan:
    """One month of a school."""

    students: int = number(100, "students", minimum=1, maximum=10_000_000)
    hours: float = number(90.0, "hours a student works in a month (document: 3 h × 30 days)", maximum=730)
    pool: float = number(3.0, "warm tasks, mean over the month (document: 3; its schedule: 2.9)", maximum=100_000)
    idle_minutes: float = number(30.0, "idle timeout (document)", maximum=43_800)
    sessions_a_day: float = number(
        2.0, "sessions a student has on a day of use (assumed: class, self-study)", maximum=48
    )
    days: float = number(30.0, "days of use in a month (document)", maximum=31)
    sweep_minutes: float = number(
        5.0, "time between sweeps; a tail is on average half of it longer", minimum=0.01, maximum=1_440
    )
    start_seconds: float = number(42.5, "start of a task (middle of Fargate's 25 to 60 s)", maximum=3_600)
    home_gb: float = number(10.0, "size of a home (assumed; fits the document's $312)", maximum=100_000)
    infrequent_share: float = number(0.0, "share of the homes in infrequent access", maximum=1)
    snapshot_gb: float = number(5.0, "snapshots of one home in S3 (assumed)", maximum=100_000)
    home_read_gb_an_hour: float = number(0.2, "read from a home in an hour of work (assumed)", maximum=10_000)
    home_written_gb_an_hour: float = number(0.1, "written to a home in an hour of work (assumed)", maximum=10_000)
    nat_gb_an_hour: float = number(0.1, "git, npm, pip in an hour of work (assumed)", maximum=10_000)
    image_gb: float = number(1.5, "compressed image that each start downloads (assumed)", maximum=100)
    image_nat_share: float = number(0.0, "share of it that goes through NAT; 0 with an S3 gateway endpoint", maximum=1)
    out_gb: float = number(
        10.0, "to a student's browser in a month (assumed; fits the document's $90)", maximum=100_000
    )
    web_requests_an_hour: float = number(500.0, "requests in an hour of work (assumed)", maximum=10_000_000)
    log_gb_an_hour: float = number(0.001, "logs in an hour of work (assumed)", maximum=1_000)
    manager_calls_a_session: float = number(10.0, "invocations for a session's life (assumed)", maximum=1_000_000)
    store_writes_a_session: float = number(20.0, "write units for a session's life (assumed)", maximum=1_000_000)
    objects_a_session: float = number(
        60.0, "objects of a snapshot read and written for a session (assumed)", maximum=1_000_000
    )
    store_reads_a_call: float = number(20.0, "read units for each invocation (assumed)", maximum=1_000_000)

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def sessions(self) -> float:
        return self.students * self.sessions_a_day * self.days


def on_demand(plan: Plan) -> Usage:
    """Workspaces run while somebody works, and until the idle timeout has noticed that nobody does.

    Each session ends with a full idle tail: nobody stops by hand. Tails are cut where a student's
    task would run longer than the month. Each session takes one start: of its own task, or of the
    warm task that replaces the one it claimed.
    """
    worked = plan.students * plan.hours
    tail_h = (plan.idle_minutes + plan.sweep_minutes / 2) / 60
    rest = plan.students * HOURS_IN_A_MONTH - worked
    hours = TaskHours(
        session=worked,
        idle_tail=min(plan.sessions * tail_h, rest),
        starting=plan.sessions * plan.start_seconds / 3_600,
        warm_pool=plan.pool * HOURS_IN_A_MONTH,
    )
    return usage(plan, hours, starts=plan.sessions)


def always_on(plan: Plan) -> Usage:
    """Each student's workspace runs all month; students do the same work, and the rest is idle."""
    worked = plan.students * plan.hours
    hours = TaskHours(session=worked, idle_tail=plan.students * HOURS_IN_A_MONTH - worked)
    return usage(plan, hours, starts=0.0)


def usage(
    plan: Plan,
    hours: TaskHours,
    *,
    starts: float,
    requests: Requests | None = None,
    period_hours: float = HOURS_IN_A_MONTH,
) -> Usage:
    """The usage that goes with task-hours. `requests`: measured, instead of the plan's."""
    worked = hours.session
    homes_gb = plan.students * plan.home_gb
    sweeps = period_hours * 60 / plan.sweep_minutes
    calls = sweeps + starts * plan.manager_calls_a_session
    return Usage(
        students=plan.students,
        task_hours=hours,
        storage=Storage(
            homes_standard_gb=homes_gb * (1 - plan.infrequent_share),
            homes_infrequent_gb=homes_gb * plan.infrequent_share,
            homes_read_gb=worked * plan.home_read_gb_an_hour,
            homes_written_gb=worked * plan.home_written_gb_an_hour,
            snapshots_gb=plan.students * plan.snapshot_gb,
        ),
        traffic=Traffic(
            nat_gb=worked * plan.nat_gb_an_hour + starts * plan.image_gb * plan.image_nat_share,
            out_gb=plan.students * plan.out_gb * period_hours / HOURS_IN_A_MONTH,
        ),
        requests=requests
        or Requests(
            web=worked * plan.web_requests_an_hour,
            manager=calls,
            store_reads=calls * plan.store_reads_a_call,
            store_writes=starts * plan.store_writes_a_session,
            objects=starts * plan.objects_a_session,
        ),
        logs_gb=worked * plan.log_gb_an_hour,
        period_hours=period_hours,
    )
