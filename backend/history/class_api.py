"""A student's history for their instructors, where the school allows it: reading alone."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from ninja.params.functions import Path

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts import access, help_visits
from backend.cohorts.class_workspaces import of_class
from backend.history import looking
from backend.history.api import entries_out, file_out, history_out
from backend.history.schemas import FileVersionsOut, FolderOut, HistoryOut, PastFileOut
from backend.history.services import list_history, list_versions, view_file
from backend.platform.problems import ProblemError, not_found
from backend.workspaces.models import Workspace
from contract.history import KEPT_ID_PATTERN, KEY_LENGTH_MAX

router = Router(tags=["cohorts"])
_ALL = "{cohort_id}/members/{student_id}/history/"
_ONE = _ALL + "{checkpoint_id}/"
KeptId = Annotated[str, Path(pattern=KEPT_ID_PATTERN)]


@router.get(_ALL, response=HistoryOut, operation_id="list_students_history", summary="A student's checkpoints")
def list_students_history(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> dict[str, Any]:
    """409 unless the school lets instructors see them. It is in the audit log."""
    user, workspace = _of_a_student(request, cohort_id, student_id)
    _record("history.list", workspace, user)
    return history_out(looking.without_hidden(list_history(workspace)))


@router.get(_ONE + "folder/", response=FolderOut, operation_id="list_students_past_files", summary="Files of then")
def list_students_past_files(
    request: HttpRequest,
    cohort_id: UUID,
    student_id: UUID,
    checkpoint_id: KeptId,
    path: str = Query("", max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
) -> dict[str, Any]:
    _, workspace = _of_a_student(request, cohort_id, student_id)
    found = looking.see_folder(workspace, path, checkpoint_id)
    return {"items": entries_out(found), "cut": found.cut}


@router.get(_ONE + "file/", response=PastFileOut, operation_id="read_students_past_file", summary="A file as text")
def read_students_past_file(
    request: HttpRequest,
    cohort_id: UUID,
    student_id: UUID,
    checkpoint_id: KeptId,
    path: str = Query(max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
    against: str = Query("", pattern=f"^$|{KEPT_ID_PATTERN}"),  # type: ignore[type-arg]
) -> PastFileOut:
    """`against`: another checkpoint, to compare it with. How the file is now shows a look."""
    user, workspace = _of_a_student(request, cohort_id, student_id)
    looking.refuse_hidden(path)
    found = view_file(workspace, checkpoint_id, path, against)
    _record("history.read", workspace, user, checkpoint=checkpoint_id, path=path)
    return file_out(found)


@router.get(
    _ALL + "versions/", response=FileVersionsOut, operation_id="list_students_versions", summary="How a file grew"
)
def list_students_versions(
    request: HttpRequest,
    cohort_id: UUID,
    student_id: UUID,
    path: str = Query(max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
) -> dict[str, Any]:
    """The moments at which it changed. It is in the audit log."""
    user, workspace = _of_a_student(request, cohort_id, student_id)
    looking.refuse_hidden(path)
    found = list_versions(workspace, path)
    _record("history.versions", workspace, user, path=path)
    items = [
        {
            "checkpoint": it.checkpoint_id,
            "taken_at": datetime.fromtimestamp(it.taken_at, UTC),
            "size": it.size,
            "is_there": it.is_there,
        }
        for it in found.versions
    ]
    return {"items": items, "cut": found.cut}


def _of_a_student(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> tuple[User, Workspace]:
    user = acting_user(request)
    cohort = access.get_cohort(user, cohort_id)
    help_visits.refuse_who_does_not_teach(cohort, user)
    _, student = access.get_member_to_see(user, cohort_id, student_id)
    if not settings.ENVIRONMENT.help_history:
        raise ProblemError(
            HTTPStatus.CONFLICT, "not_allowed_here", "Your school does not show students’ history to instructors.",
            remedy="Ask the student to put the file back, or who runs your school’s server.",
        )  # fmt: skip
    workspace = of_class(cohort).filter(owner=student).select_related("owner").first()
    if workspace is None:
        raise not_found("This student has no workspace yet.", reason="no_workspace")
    return user, workspace


def _record(action: str, workspace: Workspace, user: User, **details: str) -> None:
    owner = workspace.owner.email
    record(action, actor=user, target_type="workspace", target_id=workspace.pk, owner=owner, **details)
