"""What students and cohorts really cost: the task-hours of an exported history, by the price book.

A session lasts from a launch to the end of its task, with idle tail and start. The warm pool
belongs to nobody and is in no history. Each session has the price of its size; one whose size is
not known counts as medium.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from contract.names import WorkspaceSize
from simulator.costs.model import task_hour_price
from simulator.costs.price_book import PriceBook
from simulator.costs.stack import WorkspaceTask, sizes_of
from simulator.workloads.history import LAUNCH, Entry

NO_COHORT = "no cohort"


@dataclass(frozen=True)
class Share:
    """What one workspace, or one cohort, used and costs."""

    name: str
    cohort: str
    students: int
    sessions: int
    task_hours: float
    dollars: float


@dataclass(frozen=True)
class MeasuredBill:
    begin: float
    """Seconds since the epoch, like `end`: from the first line to the last one, or as asked."""
    end: float
    cohorts: tuple[Share, ...]
    """The most expensive first, like `students`."""
    students: tuple[Share, ...]
    """By pseudonym; one who moved has a share in each cohort."""
    task: WorkspaceTask
    book: PriceBook
    ends_unknown: int
    """Sessions that were launched again without an end in the file: not counted."""
    begins_unknown: int
    """Ends of sessions without a launch in the file: not counted either."""

    @property
    def task_hours(self) -> float:
        return math.fsum(share.task_hours for share in self.cohorts)

    @property
    def dollars(self) -> float:
        return math.fsum(share.dollars for share in self.cohorts)


@dataclass
class _Used:
    sessions: int = 0
    seconds: dict[WorkspaceSize, float] = field(default_factory=lambda: dict.fromkeys(WorkspaceSize, 0.0))


def measure(
    entries: Iterable[Entry],
    book: PriceBook,
    *,
    task: WorkspaceTask,
    begin: float | None = None,
    end: float | None = None,
) -> MeasuredBill:
    """`entries` in the order of time, at least one. Of each session the part between `begin` and
    `end` counts. A session that is open at the last line counts until then."""
    lines = tuple(entries)
    first = lines[0].at if begin is None else begin
    last = max(first, lines[-1].at) if end is None else end
    used: dict[tuple[str, str], _Used] = {}
    open_since: dict[str, Entry] = {}
    ends_unknown = begins_unknown = 0

    def count(launch: Entry, ended_at: float) -> None:
        seconds = min(ended_at, last) - max(launch.at, first)
        if seconds > 0:
            own = used.setdefault((launch.cohort, launch.workspace), _Used())
            own.sessions += 1
            own.seconds[launch.size or WorkspaceSize.MEDIUM] += seconds

    for line in lines:
        launch = open_since.pop(line.workspace, None)
        if line.action == LAUNCH:
            ends_unknown += launch is not None
            open_since[line.workspace] = line
        elif launch is None:
            begins_unknown += 1
        else:
            count(launch, line.at)
    for launch in open_since.values():
        count(launch, lines[-1].at)
    students = [_share(name, cohort, {name: own}, book, task) for (cohort, name), own in used.items()]
    by_cohort: dict[str, dict[str, _Used]] = {}
    for (cohort, name), own in used.items():
        by_cohort.setdefault(cohort, {})[name] = own
    cohorts = [_share(cohort or NO_COHORT, cohort, members, book, task) for cohort, members in by_cohort.items()]
    return MeasuredBill(
        begin=first,
        end=last,
        cohorts=_most_expensive_first(cohorts),
        students=_most_expensive_first(students),
        task=task,
        book=book,
        ends_unknown=ends_unknown,
        begins_unknown=begins_unknown,
    )


def _share(name: str, cohort: str, members: dict[str, _Used], book: PriceBook, task: WorkspaceTask) -> Share:
    tasks = sizes_of(task)
    hours = {size: math.fsum(own.seconds[size] for own in members.values()) / 3_600 for size in WorkspaceSize}
    return Share(
        name=name,
        cohort=cohort,
        students=len(members),
        sessions=sum(own.sessions for own in members.values()),
        task_hours=math.fsum(hours.values()),
        dollars=math.fsum(used * task_hour_price(tasks[size], book) for size, used in hours.items()),
    )


def _most_expensive_first(shares: list[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.dollars, share.name, share.cohort)))


def measured_as_json(bill: MeasuredBill) -> dict[str, Any]:
    """Dollars and hours of the period, not rounded."""
    return {
        "from": _moment(bill.begin),
        "to": _moment(bill.end),
        "task": asdict(bill.task),
        "sizes": {size.value: asdict(task) for size, task in sizes_of(bill.task).items()},
        "prices": {"file": bill.book.origin, "region": bill.book.region},
        "task_hours": bill.task_hours,
        "dollars": bill.dollars,
        "cohorts": [asdict(share) for share in bill.cohorts],
        "students": [asdict(share) for share in bill.students],
        "sessions_without_end": bill.ends_unknown,
        "ends_without_session": bill.begins_unknown,
    }


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
