"""Courses of the platform and the cohorts that they are connected with."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import TEACHING, Role
from backend.assignments.models import Assignment
from backend.cohorts.models import Cohort
from backend.cohorts.services import record_change
from backend.lti.launch import Launch
from backend.lti.models import Course, CourseMember, CourseRole
from backend.platform.problems import ProblemError, not_found

COURSES_OF_A_PERSON_MAX = 200


def find_course(launch: Launch) -> Course | None:
    if not launch.context_id:
        return None
    same = Course.objects.select_related("cohort").filter(issuer=launch.issuer, deployment_id=launch.deployment_id)
    return same.filter(context_id=launch.context_id).first()


def find_cohort(launch: Launch) -> Cohort | None:
    """The one that the launch's course is connected with."""
    course = find_course(launch)
    return course.cohort if course is not None else None


def note_launch(user: User, launch: Launch) -> Course | None:
    """Keep who came from which course, and where its services are. An instructor's launch makes the
    course known, so that they can connect it."""
    with transaction.atomic():
        course = find_course(launch)
        if course is None:
            if not _makes_known(user, launch):
                return None
            course = _create(launch)
        fresh = {
            name: text
            for name in ("title", "memberships_url", "lineitems_url")
            if (text := getattr(launch, name)) and text != getattr(course, name)
        }
        if fresh:
            Course.objects.filter(pk=course.pk).update(**fresh)
        CourseMember.objects.filter(course=course, subject=launch.subject).exclude(user=user).delete()
        CourseMember.objects.update_or_create(
            course=course,
            user=user,
            defaults={"subject": launch.subject, "role": launch.role, "launched_at": timezone.now()},
        )
    return course


def _makes_known(user: User, launch: Launch) -> bool:
    if not launch.context_id or launch.role is not CourseRole.INSTRUCTOR:
        return False
    if user.role not in (Role.INSTRUCTOR, Role.ADMIN):
        return False
    return CourseMember.objects.filter(user=user).count() < COURSES_OF_A_PERSON_MAX


def _create(launch: Launch) -> Course:
    Course.objects.bulk_create(
        [
            Course(
                issuer=launch.issuer,
                deployment_id=launch.deployment_id,
                context_id=launch.context_id,
                title=launch.title,
            )
        ],
        ignore_conflicts=True,
    )
    made = find_course(launch)
    assert made is not None  # noqa: S101  two at once made the same
    return made


def may_connect(user: User, course: Course) -> bool:
    """Whoever teaches it there, by the platform's own word, and may change cohorts here."""
    if user.role not in (Role.INSTRUCTOR, Role.ADMIN):
        return False
    return CourseMember.objects.filter(course=course, user=user, role=CourseRole.INSTRUCTOR).exists()


def get_course(user: User, course_id: UUID) -> Course:
    """One that the person teaches at the platform, or a 404."""
    course = Course.objects.select_related("cohort").filter(pk=course_id).first()
    if course is None or not may_connect(user, course):
        raise not_found(
            "You have opened ApraNova from no such course as its instructor.",
            reason="course_not_found",
        )
    return course


def connect(course: Course, cohort: Cohort, *, acting_user: User) -> None:
    """One course for one cohort: a launch leads to one cohort, and marks go to one course."""
    try:
        with transaction.atomic():
            current = Course.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=course.pk)
            if current.cohort is not None and current.cohort.pk == cohort.pk:
                return
            if current.cohort is not None:
                raise ProblemError(
                    HTTPStatus.CONFLICT,
                    "course_connected",
                    "This course is connected with another cohort.",
                    remedy="Somebody who teaches that cohort disconnects it there first.",
                )
            current.cohort, current.connected_at, current.roster_at = cohort, timezone.now(), None
            current.save(update_fields=["cohort", "connected_at", "roster_at"])
            record_change("cohort.course_connected", cohort, acting_user, course=str(current))
    except IntegrityError:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "cohort_connected",
            f"{cohort.name} is connected with another course.",
            remedy="Disconnect that one on the cohort's page first.",
        ) from None


def disconnect(cohort: Cohort, *, acting_user: User) -> None:
    """Students stay in the cohort, and marks that were sent stay at the platform."""
    with transaction.atomic():
        course = Course.objects.select_for_update().filter(cohort=cohort).first()
        if course is None:
            return
        Course.objects.filter(pk=course.pk).update(cohort=None, connected_at=None)
        record_change("cohort.course_disconnected", cohort, acting_user, course=str(course))


def let_teach(user: User, cohort: Cohort) -> None:
    """Where the school trusts the platform to say who teaches."""
    if user.role not in TEACHING or cohort.instructors.filter(pk=user.pk).exists():
        return
    with transaction.atomic():
        before = sorted(cohort.instructors.values_list("email", flat=True))
        cohort.instructors.add(user)
        after = sorted({*before, user.email})
        record_change("cohort.instructors_set", cohort, user, changes={"instructors": [before, after]})


def page_of(cohort: Cohort, assignment: str) -> str:
    """The cohort's page, or that of its assignment with this id."""
    try:
        found = Assignment.objects.filter(cohort=cohort, pk=UUID(assignment)).first() if assignment else None
    except ValueError:
        found = None
    return f"/cohorts/{cohort.pk}/assignments/{found.pk}" if found else f"/cohorts/{cohort.pk}"
