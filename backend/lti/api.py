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
from backend.lti import courses
from backend.lti.models import Course

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
    }
