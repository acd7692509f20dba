"""The API of courses of the learning platform."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.cohorts.access import get_cohort
from backend.cohorts.models import Cohort
from backend.cohorts.roster.api import RosterOut
from backend.cohorts.roster.importing import Roster
from backend.lti import courses, marks, roster
from backend.lti.models import Course, MarkState, SentMark

PROBLEMS_MAX = 50
router = Router(tags=["courses"])
of_cohorts = Router(tags=["courses"])


class CohortOfCourseOut(Schema):
    id: UUID
    name: str


class CourseOut(Schema):
    id: UUID
    title: str
    """As the platform calls it; may be empty."""
    platform: str
    connected: bool
    cohort: CohortOfCourseOut | None
    """Null: it is not connected, or with a cohort that you do not teach."""


class ConnectIn(Schema):
    cohort_id: UUID


class MarkProblemOut(Schema):
    """A mark that has not arrived in the gradebook."""

    student: str
    assignment: str
    text: str
    """Why, and what to do, in sentences."""
    tried_again_at: datetime | None
    """Null: it waits for the student, or for somebody to do something."""


class CourseStateOut(Schema):
    """What a cohort has of the learning platform."""

    platform: str | None
    """Null: the school has none."""
    course: str | None
    """Its title; null: no course is connected."""
    connected_at: datetime | None
    shares_people: bool
    """The platform shares its list of people with us."""
    shares_gradebook: bool
    roster_at: datetime | None
    """When the list of people was imported last."""
    marks_sent: int
    marks_waiting: int
    """They are on their way, or wait for the next try."""
    mark_problems: list[MarkProblemOut]
    """The newest 50."""


@router.get("{course_id}/", response=CourseOut, operation_id="get_course", summary="A course of the learning platform")
def get_course(request: HttpRequest, course_id: UUID) -> dict[str, Any]:
    """One from which you have opened ApraNova as its instructor."""
    user = acting_user(request)
    return _shown(courses.get_course(user, course_id), user)


@router.put("{course_id}/", response=CourseOut, operation_id="connect_course", summary="Connect it with a cohort")
def connect_course(request: HttpRequest, course_id: UUID, payload: ConnectIn) -> dict[str, Any]:
    """One of your cohorts. 409 when one of the two is connected already."""
    user = acting_user(request)
    course = courses.get_course(user, course_id)
    courses.connect(course, get_cohort(user, payload.cohort_id), acting_user=user)
    return _shown(courses.get_course(user, course_id), user)


@of_cohorts.get(
    "{cohort_id}/course/", response=CourseStateOut, operation_id="get_course_of_cohort", summary="Its course"
)
def get_course_of_cohort(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """The course of the learning platform that it is connected with."""
    return _state(get_cohort(acting_user(request), cohort_id))


@of_cohorts.delete(
    "{cohort_id}/course/", response=CourseStateOut, operation_id="disconnect_course", summary="Disconnect its course"
)
def disconnect_course(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """Students stay. Nobody joins from the course any more, and no marks are sent to it."""
    user = acting_user(request)
    cohort = get_cohort(user, cohort_id)
    courses.disconnect(cohort, acting_user=user)
    return _state(cohort)


@of_cohorts.post(
    "{cohort_id}/course/roster/preview/",
    response=RosterOut,
    operation_id="preview_course_roster",
    summary="What an import of the course's people would do",
)
def preview_course_roster(request: HttpRequest, cohort_id: UUID) -> Roster:
    """Nothing is changed. 409, 502 or 503 when the platform does not tell who is in the course."""
    user = acting_user(request)
    return roster.preview(get_cohort(user, cohort_id), acting_user=user)


@of_cohorts.post(
    "{cohort_id}/course/roster/",
    response=RosterOut,
    operation_id="import_course_roster",
    summary="Import the course's people",
)
def import_course_roster(request: HttpRequest, cohort_id: UUID) -> Roster:
    """As importing a list does, with the learners whom the course has now."""
    user = acting_user(request)
    return roster.import_course(get_cohort(user, cohort_id), acting_user=user)


@of_cohorts.post(
    "{cohort_id}/course/marks/", response=CourseStateOut, operation_id="send_marks_again", summary="Send marks again"
)
def send_marks_again(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """Every returned mark that is not in the course's gradebook yet, in the background."""
    user = acting_user(request)
    cohort = get_cohort(user, cohort_id)
    marks.send_again(cohort, acting_user=user)
    return _state(cohort)


def _platform_name() -> str | None:
    platform = settings.ENVIRONMENT.sign_in.lti
    return platform.name if platform is not None else None


def _shown(course: Course, user: User) -> dict[str, Any]:
    cohort = course.cohort
    sees = cohort is not None and (user.role == Role.ADMIN or cohort.instructors.filter(pk=user.pk).exists())
    return {
        "id": course.pk,
        "title": course.title,
        "platform": _platform_name() or "the learning platform",
        "connected": cohort is not None,
        "cohort": cohort if sees else None,
    }


def _state(cohort: Cohort) -> dict[str, Any]:
    course = Course.objects.filter(cohort=cohort).first()
    return {
        "platform": _platform_name(),
        "course": str(course) if course else None,
        "connected_at": course.connected_at if course else None,
        "shares_people": bool(course and course.memberships_url),
        "shares_gradebook": bool(course and course.lineitems_url),
        "roster_at": course.roster_at if course else None,
        **_marks(course),
    }


def _marks(course: Course | None) -> dict[str, Any]:
    rows = SentMark.objects.filter(course=course) if course else SentMark.objects.none()
    problems = marks.shown(course)[:PROBLEMS_MAX] if course else []
    return {
        "marks_sent": rows.filter(state=MarkState.SENT).count(),
        "marks_waiting": rows.filter(state=MarkState.WAITING).count(),
        "mark_problems": [
            {
                "student": it.submission.student.display_name,
                "assignment": it.submission.assignment.title,
                "text": it.problem,
                "tried_again_at": marks.next_try(it),
            }
            for it in problems
        ],
    }
