"""What people do with cohorts. Each change is recorded, and the manager hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.accounts.roles import TEACHING, Role, Track
from backend.audit.record import record
from backend.cohorts.access import refuse_all_but_admins, refuse_who_changes_nothing
from backend.cohorts.models import Cohort
from backend.cohorts.outbox import cohort_changed
from backend.cohorts.readings import read_again
from backend.platform.problems import FieldError, ProblemError
from contract.names import WorkspaceSize

COHORTS_MAX = 5000


def create_cohort(
    *,
    name: str,
    track: Track,
    time_zone: str,
    size: WorkspaceSize | None = None,
    choice_up_to: WorkspaceSize | None = None,
    instructors: Sequence[User] = (),
    acting_user: User | None,
) -> Cohort:
    """Create a cohort. An instructor who creates it teaches it. `acting_user` None: a command."""
    if acting_user is not None:
        refuse_who_changes_nothing(acting_user)
        if acting_user.role == Role.INSTRUCTOR:
            instructors = [acting_user]
    if Cohort.objects.count() >= COHORTS_MAX:
        raise ProblemError(HTTPStatus.CONFLICT, "too_many_cohorts", f"A school has at most {COHORTS_MAX} cohorts.")
    try:
        with transaction.atomic():
            cohort = Cohort.objects.create(
                name=name, track=track, time_zone=time_zone, size=size, choice_up_to=choice_up_to
            )
            cohort.instructors.set(instructors)
            record_change(
                "cohort.create",
                cohort,
                acting_user,
                track=track.value,
                time_zone=time_zone,
                size=size,
                choice_up_to=choice_up_to,
                instructors=[it.email for it in instructors],
            )
            cohort_changed(cohort.pk)
    except IntegrityError:
        raise _name_taken(name) from None
    return cohort


def change_cohort(cohort: Cohort, values: Mapping[str, Any], *, acting_user: User) -> None:
    """Change the fields in `values`. A new time zone moves the classes that name no zone."""
    wanted = {field: value for field, value in values.items() if value != getattr(cohort, field)}
    if not wanted:
        return
    reading = read_again(cohort, time_zone=wanted["time_zone"]) if "time_zone" in wanted else None
    changes = {field: [getattr(cohort, field), value] for field, value in wanted.items()}
    try:
        with transaction.atomic():
            Cohort.objects.filter(pk=cohort.pk).update(**wanted)
            if reading is not None:
                reading.save()
            record_change("cohort.change", cohort, acting_user, changes=changes)
            cohort_changed(cohort.pk)
    except IntegrityError:
        raise _name_taken(wanted.get("name", "")) from None


def delete_cohort(cohort: Cohort, name: str, *, acting_user: User) -> None:
    """Delete the cohort and its timetable. Its students keep their accounts and workspaces."""
    if name.strip() != cohort.name:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "name_differs",
            "The name does not match; nothing was deleted.",
            remedy=f"Type the cohort's name exactly: {cohort.name}",
        )
    with transaction.atomic():
        students = [str(pk) for pk in cohort.memberships.values_list("student_id", flat=True)]  # pyright: ignore[reportAttributeAccessIssue]
        record_change("cohort.delete", cohort, acting_user, students=students)
        cohort_id = cohort.pk
        cohort.delete()
        cohort_changed(cohort_id)


def set_instructors(cohort: Cohort, instructor_ids: Sequence[UUID], *, acting_user: User) -> None:
    """Who teaches it, all at once; for admins."""
    refuse_all_but_admins(acting_user, "say who teaches a cohort")
    wanted = list(User.objects.filter(pk__in=instructor_ids, role__in=TEACHING, is_active=True))
    if len(wanted) != len(set(instructor_ids)):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid",
            "Somebody in the list does not teach at this school (any more).",
            remedy="Reload the page and choose again.",
            errors=[
                FieldError(
                    field="body.instructor_ids", message="not all of them are instructors or teaching assistants"
                )
            ],
        )
    with transaction.atomic():
        before = sorted(cohort.instructors.values_list("email", flat=True))
        cohort.instructors.set(wanted)
        after = sorted(it.email for it in wanted)
        if before != after:
            record_change("cohort.instructors_set", cohort, acting_user, changes={"instructors": [before, after]})


def record_change(action: str, cohort: Cohort, acting_user: User | None, **details: object) -> None:
    record(action, actor=acting_user, target_type="cohort", target_id=cohort.pk, cohort=cohort.name, **details)


def _name_taken(name: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.CONFLICT,
        "name_taken",
        f"There is a cohort called {name} already.",
        remedy="Choose another name.",
        errors=[FieldError(field="body.name", message="This name is taken. Choose another.")],
    )
