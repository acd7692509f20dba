"""Who sees which cohorts: admins all, instructors and teaching assistants their own, students none.

`get_cohort` is for those who also change it. What a teaching assistant may do asks
`get_cohort_to_see`: an operation that nobody thought about is refused to them.
"""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.cohorts.models import Cohort
from backend.platform.problems import ProblemError, not_found

COHORTS_LISTED_MAX = 500
CANDIDATES_LISTED_MAX = 500


def refuse_students(user: User) -> None:
    if user.role == Role.STUDENT:
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "forbidden", "Cohorts are for instructors, teaching assistants and admins."
        )


def refuse_who_changes_nothing(user: User) -> None:
    refuse_students(user)
    if user.role == Role.ASSISTANT:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            "Teaching assistants see a class and help its students; they change nothing.",
            remedy="Ask an instructor of the cohort to do it.",
        )


def refuse_all_but_admins(user: User, what: str) -> None:
    if user.role != Role.ADMIN:
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", f"Only admins {what}.", remedy="Ask an admin to do it.")


def _visible(user: User) -> QuerySet[Cohort]:
    refuse_students(user)
    cohorts = Cohort.objects.all() if user.role == Role.ADMIN else user.taught_cohorts.all()  # pyright: ignore[reportAttributeAccessIssue]
    return (
        cohorts.select_related("timetable", "feed")
        .defer("timetable__content")
        .prefetch_related("instructors")
        .annotate(student_count=Count("memberships", filter=Q(memberships__student__is_active=True)))
    )


def list_cohorts(user: User) -> list[Cohort]:
    """Active ones first, then by name. `student_count` is annotated."""
    return list(_visible(user).order_by("-active", "name")[:COHORTS_LISTED_MAX])


def get_cohort(user: User, cohort_id: UUID) -> Cohort:
    """A cohort that the person may change; otherwise as `get_cohort_to_see`."""
    cohort = get_cohort_to_see(user, cohort_id)
    refuse_who_changes_nothing(user)
    return cohort


def get_cohort_to_see(user: User, cohort_id: UUID) -> Cohort:
    """A cohort of the person's, or a 404 that does not reveal whether somebody else has it."""
    cohort = _visible(user).filter(pk=cohort_id).first()
    if cohort is None:
        raise not_found("You have no cohort with this id.", reason="cohort_not_found")
    return cohort


def may_see_history(user: User, cohort: Cohort) -> bool:
    """Whether what their students' files were is shown to this person: to its instructors alone,
    where the school allows it."""
    if not settings.ENVIRONMENT.help_history or user.role == Role.ASSISTANT:
        return False
    return cohort.instructors.filter(pk=user.pk).exists()


def get_member_to_see(user: User, cohort_id: UUID, student_id: UUID) -> tuple[Cohort, User]:
    cohort = get_cohort_to_see(user, cohort_id)
    student = User.objects.filter(pk=student_id, membership__cohort=cohort).first()
    if student is None:
        raise not_found("This student is not in this cohort (any more).", reason="no_student")
    return cohort, student


def list_candidates(cohort: Cohort) -> list[User]:
    """Students of the cohort's track who are in no cohort."""
    free = User.objects.filter(role=Role.STUDENT, track=cohort.track, is_active=True, membership__isnull=True)
    return list(free.order_by("name", "email")[:CANDIDATES_LISTED_MAX])
