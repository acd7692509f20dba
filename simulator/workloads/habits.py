"""How students of a school behave, as numbers with meaning, source and limits.

"document" is the architecture document. Replace what is only assumed by what your own history
says; `simulate --habits` prints the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.operator_input import check_numbers, number


@dataclass(frozen=True)
class Habits:
    hours: float = number(
        90.0, "hours a student works in 30 days, breaks not counted", "document: 3 h × 30 days", maximum=400.0
    )
    class_hours: float = number(3.0, "length of a class of the default timetable", "document: 3 h a day", maximum=12.0)
    study_hours: float = number(
        3.0, "mean length of a stay for self-study", "document: 3 h a day", minimum=0.25, maximum=12.0
    )
    study_spread: float = number(
        0.4, "standard deviation of that length, as a share of it", "assumed", minimum=0.05, maximum=2.0
    )
    attendance: float = number(0.9, "chance that a student comes to a class, mean of the cohort", "assumed")
    attendance_spread: float = number(
        0.1, "how much students differ in it (standard deviation)", "assumed", maximum=0.4
    )
    arrival_minutes: float = number(
        0.0, "middle of the arrivals, after the class starts (negative: before)", "assumed", minimum=-60.0, maximum=60.0
    )
    arrival_spread_minutes: float = number(
        5.0, "standard deviation of the arrivals of those who are on time", "assumed", minimum=0.1, maximum=60.0
    )
    late_share: float = number(0.1, "share of students who come late to a class", "assumed")
    late_minutes: float = number(20.0, "mean lateness of those (exponential)", "assumed", minimum=0.1, maximum=120.0)
    leaving_minutes: float = number(
        10.0, "standard deviation of leaving around the end of a class", "assumed", maximum=60.0
    )
    regular_share: float = number(0.6, "share of self-study at a student's usual hours of the week", "assumed")
    regular_spread_minutes: float = number(
        25.0, "standard deviation around the usual hour", "assumed", minimum=0.1, maximum=180.0
    )
    break_share: float = number(0.15, "stays with a long break: a meal, a laptop that was shut", "assumed")
    break_minutes: float = number(
        45.0, "mean length of such a break (uniform from a third to five thirds)", "assumed", maximum=240.0
    )
    stop_share: float = number(
        0.0,
        "stays that end with the Stop button; all others leave a tab open, and the idle timeout ends them",
        "assumed",
    )
    job_share: float = number(0.01, "stays for self-study that leave a job running (over night)", "assumed")
    job_hours: float = number(6.0, "mean length of such a job (exponential)", "assumed", minimum=0.01, maximum=48.0)
    sign_in_share: float = number(0.3, "stays before which the student has to sign in", "assumed")
    sign_in_seconds: float = number(
        8.0, "mean time from the sign-in to the click (uniform from half to one and a half)", "assumed", maximum=600.0
    )
    double_click_share: float = number(0.05, "launches with a second, impatient click", "assumed")
    second_tab_share: float = number(0.1, "stays in which the workspace is opened again while it runs", "assumed")
    data_share: float = number(0.0, "share of the cohorts that are on the data track (Superset)", "assumed")

    def __post_init__(self) -> None:
        check_numbers(self)


STUDY_WEEKDAY = (1, 0.5, 0.2, 0, 0, 0, 0.5, 1, 2, 3, 4, 4, 3, 4, 5, 6, 7, 8, 10, 11, 11, 9, 6, 3)
STUDY_WEEKEND = (1, 0.5, 0.3, 0, 0, 0, 0, 1, 2, 5, 8, 9, 8, 9, 10, 10, 9, 8, 7, 7, 6, 5, 4, 2)
"""Weight of each hour of the day for starting self-study (assumed)."""
STUDY_DAYS = (1.0, 1.0, 1.0, 1.0, 0.7, 1.3, 1.5)
"""Weight of each day for self-study, Monday first (assumed)."""
USUAL_HOURS = 3
"""Usual hours of the week that each student has (assumed)."""
