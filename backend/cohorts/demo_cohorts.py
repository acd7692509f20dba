"""The demo school's cohorts: one for each track, with classes on every working day."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Track
from backend.cohorts.members import join
from backend.cohorts.models import Cohort, Membership
from backend.cohorts.services import create_cohort
from backend.cohorts.timetables import set_timetable
from backend.platform.problems import ProblemError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DemoCohort:
    name: str
    track: Track
    time_zone: str
    classes: tuple[tuple[str, str, str], ...]
    """Title, begin and end on the clock of its zone, HHMM."""


COHORTS = (
    DemoCohort(
        "Berlin-3", Track.FSD, "Europe/Berlin",
        (("JavaScript and React", "0900", "1200"), ("Project work", "1330", "1600")),
    ),
    DemoCohort("Lisbon-1", Track.DP, "Europe/Lisbon", (("SQL and dashboards", "1000", "1300"),)),
)  # fmt: skip


def seed(instructors: Sequence[User], students: Mapping[Track, list[User]]) -> list[str]:
    """Create the cohorts in a school that has none. Returns their names; existing members stay."""
    if Cohort.objects.exists():
        return []
    for demo in COHORTS:
        cohort = create_cohort(
            name=demo.name, track=demo.track, time_zone=demo.time_zone, instructors=instructors, acting_user=None
        )
        try:
            set_timetable(cohort, file_name=f"{demo.name.lower()}.ics", sent=_calendar(demo), acting_user=None)
        except ProblemError as problem:  # a machine too busy to read it must still start
            logger.warning("%s has no timetable: %s", demo.name, problem.errors or problem)
        for student in students[demo.track]:
            if not Membership.objects.filter(student=student).exists():
                join(student, cohort, acting_user=None)
    return [demo.name for demo in COHORTS]


def _calendar(demo: DemoCohort) -> str:
    today = timezone.now().astimezone(ZoneInfo(demo.time_zone)).date()
    monday = f"{today - timedelta(days=today.weekday()):%Y%m%d}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ApraNova//demo school//EN"]
    for number, (title, begin, end) in enumerate(demo.classes):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{demo.name.lower()}-{number}@demo.school.example",
            f"DTSTAMP:{monday}T000000Z",
            f"DTSTART;TZID={demo.time_zone}:{monday}T{begin}00",
            f"DTEND;TZID={demo.time_zone}:{monday}T{end}00",
            "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            f"SUMMARY:{title}",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
