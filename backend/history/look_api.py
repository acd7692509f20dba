"""The API of *look*: an instructor sees a student's files and can change none of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from backend.accounts.authentication import acting_user
from backend.cohorts import access, help_visits
from backend.cohorts.models import HelpVisit, VisitMode
from backend.history import looking
from backend.history.api import entries_out
from backend.history.schemas import FolderOut, LookedFileOut, LookOut
from backend.workspaces.models import Workspace
from contract.history import KEY_LENGTH_MAX

router = Router(tags=["cohorts"])
_ONE = "{cohort_id}/members/{student_id}/look/"


@router.post(_ONE, response=LookOut, operation_id="begin_look", summary="Look at a student's files")
def begin_look(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> dict[str, Any]:
    """The student sees that you do. 409 unless they called or the school allows it now. It ends two
    minutes after the last read, after an hour at most."""
    user = acting_user(request)
    cohort, student = access.get_member_to_see(user, cohort_id, student_id)
    help_visits.begin(cohort, student, mode=VisitMode.LOOK, acting_user=user)
    return {"student": student.display_name}


@router.delete(_ONE, response={204: None}, operation_id="end_look", summary="Stop looking at a student's files")
def end_look(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> Status:
    user = acting_user(request)
    _, student = access.get_member_to_see(user, cohort_id, student_id)
    own = HelpVisit.objects.filter(visitor=user, workspace__owner=student, mode=VisitMode.LOOK)
    help_visits.end_all(own, because="the instructor left", acting_user=user)
    return Status(204, None)


@router.get(f"{_ONE}folder/", response=FolderOut, operation_id="look_at_folder", summary="Files of a student, now")
def look_at_folder(
    request: HttpRequest,
    cohort_id: UUID,
    student_id: UUID,
    path: str = Query("", max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
) -> dict[str, Any]:
    """Without what programs keep for themselves. 409 when you do not look (any more)."""
    found = looking.see_folder(_looked_into(request, cohort_id, student_id), path)
    return {"items": entries_out(found), "cut": found.cut}


@router.get(f"{_ONE}file/", response=LookedFileOut, operation_id="look_at_file", summary="A student's file as text")
def look_at_file(
    request: HttpRequest,
    cohort_id: UUID,
    student_id: UUID,
    path: str = Query(max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
) -> dict[str, Any]:
    """409 when you do not look (any more)."""
    found = looking.see_file(_looked_into(request, cohort_id, student_id), path)
    return {"text": found.text, "cut": found.cut, "size": found.size}


def _looked_into(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> Workspace:
    user = acting_user(request)
    cohort, student = access.get_member_to_see(user, cohort_id, student_id)
    return help_visits.look_into(cohort, student, user)
