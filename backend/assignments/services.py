"""What instructors do with assignments. Every change leaves an audit record."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments.delivery import worker
from backend.assignments.delivery_sources import RETURNED_SUFFIX
from backend.assignments.models import Assignment, Bundle, HandOut
from backend.assignments.uploads import make_bundle
from backend.audit.record import record
from backend.cohorts.models import Cohort
from backend.platform.problems import ProblemError, invalid, not_found
from contract.names import WorkspaceKind

ASSIGNMENTS_MAX = 200
"""Of one cohort."""
_FOLDER_MAX = 40


def list_assignments(cohort: Cohort) -> list[Assignment]:
    """Newest release first."""
    found = Assignment.objects.filter(cohort=cohort).select_related("cohort", "bundle")
    return list(found.defer("bundle__content")[:ASSIGNMENTS_MAX])


def get_assignment(cohort: Cohort, assignment_id: UUID) -> Assignment:
    found = Assignment.objects.filter(cohort=cohort, pk=assignment_id).select_related("cohort", "bundle")
    assignment = found.defer("bundle__content").first()
    if assignment is None:
        raise not_found("This cohort has no such assignment (any more).", reason="assignment_not_found")
    return assignment


def create_assignment(
    cohort: Cohort,
    *,
    title: str,
    upload: bytes,
    releases_at: datetime | None,
    due_at: datetime | None,
    acting_user: User,
) -> Assignment:
    """`releases_at` None: now."""
    if cohort.kind is not WorkspaceKind.VSCODE:
        raise no_project(cohort, "Assignments are folders of files")
    bundle = make_bundle(upload)
    released = releases_at or timezone.now()
    _check_due(released, due_at)
    with transaction.atomic():
        Cohort.objects.select_for_update().get(pk=cohort.pk)  # one new folder at a time
        folders = set(Assignment.objects.filter(cohort=cohort).values_list("folder", flat=True))
        if len(folders) >= ASSIGNMENTS_MAX:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "too_many_assignments",
                f"A cohort has at most {ASSIGNMENTS_MAX} assignments.",
                remedy="Delete an old one. Its files stay with the students.",
            )
        assignment = Assignment.objects.create(
            cohort=cohort,
            title=title,
            folder=_free_folder(title, folders),
            bundle=stored(bundle),
            releases_at=released,
            due_at=due_at,
            created_by=acting_user,
        )
        note("assignment.create", assignment, acting_user, folder=assignment.folder, files=bundle.sha256)
        transaction.on_commit(worker.wake)
    return assignment


def change_assignment(assignment: Assignment, values: Mapping[str, Any], *, acting_user: User) -> None:
    """Change what is in `values`: `title`, `due_at`, and `releases_at` until it is released."""
    with transaction.atomic():
        current = Assignment.objects.select_for_update().get(pk=assignment.pk)
        changes = {name: value for name, value in values.items() if getattr(current, name) != value}
        if "releases_at" in changes and current.releases_at <= timezone.now():
            raise ProblemError(
                HTTPStatus.CONFLICT, "released", "It is released already, so its release time cannot be changed."
            )
        for name, value in changes.items():
            setattr(current, name, value)
        _check_due(current.releases_at, current.due_at)
        if changes:
            current.save(update_fields=list(changes))
            told = {name: str(value) if value is not None else None for name, value in changes.items()}
            note("assignment.change", current, acting_user, changes=told)
            transaction.on_commit(worker.wake)


def replace_files(assignment: Assignment, upload: bytes, *, acting_user: User) -> None:
    """New files. After the release they are an update: homes get them beside what is there. The
    same files again change nothing."""
    bundle = make_bundle(upload)
    with transaction.atomic():
        current = Assignment.objects.select_for_update().get(pk=assignment.pk)
        if current.bundle_id == bundle.sha256:  # pyright: ignore[reportAttributeAccessIssue]
            return
        current.bundle = stored(bundle)
        current.version += 1
        current.save(update_fields=["bundle", "version"])
        HandOut.objects.filter(assignment=current).update(next_try_at=timezone.now(), failure="")
        note("assignment.update_files", current, acting_user, version=current.version, files=bundle.sha256)
        drop_unused_bundles()
        transaction.on_commit(worker.wake)


def delete_assignment(assignment: Assignment, *, acting_user: User) -> None:
    """Files that were handed out stay where they are."""
    with transaction.atomic():
        note("assignment.delete", assignment, acting_user, folder=assignment.folder)
        assignment.delete()
        drop_unused_bundles()


def _check_due(releases_at: datetime, due_at: datetime | None) -> None:
    if due_at is not None and due_at <= releases_at:
        raise invalid("body.due_at", "It must be later than the release.")


def _free_folder(title: str, taken: set[str]) -> str:
    """“Übung 1: Schleifen” → ubung-1-schleifen. Nor is it the folder in which the files of another
    assignment come back: what lies in an assignment's folder is collected as the student's work."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_FOLDER_MAX].strip("-") or "assignment"
    numbered = (base, *(f"{base}-{number}" for number in range(2, ASSIGNMENTS_MAX + 2)))
    used = taken | {f"{name}{RETURNED_SUFFIX}" for name in taken}
    return next(name for name in numbered if name not in used and f"{name}{RETURNED_SUFFIX}" not in taken)


def no_project(cohort: Cohort, what: str) -> ProblemError:
    text = f"{what} in VS Code. This cohort works with {cohort.kind.label}."
    return ProblemError(HTTPStatus.CONFLICT, "no_project", text)


def stored(bundle: Bundle) -> Bundle:
    Bundle.objects.bulk_create([bundle], ignore_conflicts=True)
    if bundle.app_start:  # the same files may have come another way, in which no app counts
        Bundle.objects.filter(pk=bundle.pk).update(app_start=bundle.app_start, app_port=bundle.app_port)
    return bundle


def drop_unused_bundles() -> None:
    unused = Bundle.objects.filter(assignments__isnull=True)
    unused = unused.filter(copies__isnull=True, copies_of_starter__isnull=True, checks__isnull=True)
    unused = unused.filter(submissions__isnull=True, returned_with__isnull=True, starters__isnull=True)
    unused.only("pk").delete()  # Django reads what it deletes: the files of a whole class


def note(action: str, assignment: Assignment, acting_user: User, **details: Any) -> None:
    """Leave an audit record."""
    record(
        action,
        actor=acting_user,
        target_type="assignment",
        target_id=assignment.pk,
        cohort=assignment.cohort.name,
        title=assignment.title,
        **details,
    )
