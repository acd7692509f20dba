"""The course's list of people into the cohort, by the rules and the preview of every list."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.utils import timezone

from backend.accounts.models import User
from backend.cohorts.models import Cohort
from backend.cohorts.roster.importing import Roster, import_people, preview_people
from backend.cohorts.roster.people import Person, people_of
from backend.lti.models import Course
from backend.lti.platform_http import PlatformProblem
from backend.lti.platform_services import list_learners
from backend.platform.database_connection import release_connection
from backend.platform.problems import ProblemError


def preview(cohort: Cohort, *, acting_user: User) -> Roster:
    """What an import would do now; nothing is changed. Raises ProblemError."""
    return preview_people(cohort, _read(cohort), acting_user=acting_user)


def import_course(cohort: Cohort, *, acting_user: User) -> Roster:
    """Whom the course has at this moment decides, not an earlier preview. Raises ProblemError."""
    people = _read(cohort)
    done = import_people(cohort, people, acting_user=acting_user)
    Course.objects.filter(cohort=cohort).update(roster_at=timezone.now())
    return done


def _read(cohort: Cohort) -> list[Person]:
    course, platform = Course.objects.filter(cohort=cohort).first(), settings.ENVIRONMENT.sign_in.lti
    if course is None or platform is None or course.issuer != platform.issuer:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "no_course",
            "This cohort is connected with no course.",
            remedy="Open ApraNova from the course, as its instructor, and choose this cohort.",
        )
    if not course.memberships_url:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "no_people",
            f"{platform.name} does not share the course's list of people with ApraNova.",
            remedy="Ask who runs it to allow names and roles (NRPS) for ApraNova, then open ApraNova from the course.",
        )
    release_connection()  # the platform may take its time, and others want the connection
    try:
        found = list_learners(course.memberships_url, platform)
    except PlatformProblem as problem:
        raise ProblemError(
            HTTPStatus.BAD_GATEWAY if problem.for_good else HTTPStatus.SERVICE_UNAVAILABLE,
            "platform_problem",
            str(problem),
            remedy="" if problem.for_good else "Try again in a moment.",
        ) from None
    if not found:
        raise ProblemError(HTTPStatus.CONFLICT, "nobody_there", "The course has no learners yet.")
    return people_of(found)
