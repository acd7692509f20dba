"""The API of submissions, for instructors and admins of the cohort: parse, authorize, call one
service, serialize."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Status

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.assignments import checks, reading, submission_states, submissions
from backend.assignments.check_schemas import CheckRunOut, run_out
from backend.assignments.delivery_sources import returned_folder
from backend.assignments.models import Assignment
from backend.assignments.saving import to_save
from backend.assignments.schemas import local, moment_of
from backend.assignments.services import get_assignment
from backend.assignments.submission_schemas import (
    CollectIn,
    ExtensionIn,
    FeedbackIn,
    FileEntryOut,
    FileListOut,
    FileOut,
    LineOut,
    ReturnedOut,
    ReturnFilesIn,
    SubmissionListOut,
    submission_out,
)
from backend.cohorts.access import get_cohort, get_cohort_to_see, may_see_history

router = Router(tags=["submissions"])
_ONE = "{cohort_id}/assignments/{assignment_id}/submissions/"
_STUDENT = _ONE + "{uuid:student_id}/"
_COPY = _STUDENT + "copies/{int:number}/"
_PATH_LENGTH_MAX = 1_000


def _to_see(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> Assignment:
    return get_assignment(get_cohort_to_see(acting_user(request), cohort_id), assignment_id)


def _asked_for(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> tuple[User, Assignment]:
    user = acting_user(request)
    return user, get_assignment(get_cohort(user, cohort_id), assignment_id)


@router.get(_ONE, response=SubmissionListOut, operation_id="list_submissions", summary="Who handed in what, and when")
def list_submissions(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> dict[str, Any]:
    assignment = _to_see(request, cohort_id, assignment_id)
    found = submission_states.list_submissions(assignment)
    runs = checks.runs_of_copies([it.newest for it in found if it.newest is not None])
    return {
        "title": assignment.title,
        "folder": assignment.folder,
        "time_zone": assignment.cohort.time_zone,
        "due_at_local": local(assignment.due_at, assignment),
        "has_check": checks.find_check(assignment) is not None,
        "shows_history": may_see_history(acting_user(request), assignment.cohort),
        "items": [submission_out(it, assignment, runs) for it in found],
    }


@router.post(_ONE + "collect/", response={204: None}, operation_id="collect_submissions", summary="Collect now")
def collect(request: HttpRequest, cohort_id: UUID, assignment_id: UUID, payload: CollectIn) -> Status:
    """A copy of each student's folder as it is now, or of one student's. No home changes."""
    user, assignment = _asked_for(request, cohort_id, assignment_id)
    submissions.ask_for_copies(assignment, payload.student_id, acting_user=user)
    return Status(204, None)


@router.put(_STUDENT + "extension/", response={204: None}, operation_id="extend_submission", summary="A later due time")
def extend(
    request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID, payload: ExtensionIn
) -> Status:
    """For one student. 409 when the assignment has no due time."""
    user, assignment = _asked_for(request, cohort_id, assignment_id)
    student = submissions.get_student(assignment, student_id)
    due_at = moment_of(payload.due_at, assignment.cohort.time_zone)
    submissions.extend(assignment, student, due_at, acting_user=user)
    return Status(204, None)


@router.patch(_STUDENT, response={204: None}, operation_id="mark_submission", summary="Write mark and comment")
def give_feedback(
    request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID, payload: FeedbackIn
) -> Status:
    """The student sees nothing of it before it is returned."""
    user, assignment = _asked_for(request, cohort_id, assignment_id)
    student = submissions.get_student(assignment, student_id)
    values = {name: value for name, value in payload.dict(exclude_unset=True).items() if value is not None}
    submissions.give_feedback(assignment, student, values, acting_user=user)
    return Status(204, None)


@router.put(_STUDENT + "files/", response={204: None}, operation_id="set_return_files", summary="Files that come back")
def set_files(
    request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID, payload: ReturnFilesIn
) -> Status:
    """Instead of those that were there. The student gets them when they are returned. 422 with a
    sentence when they do not fit."""
    user, assignment = _asked_for(request, cohort_id, assignment_id)
    student = submissions.get_student(assignment, student_id)
    uploads: Any = [(it.name, it.content) for it in payload.files]
    submissions.set_files(assignment, student, uploads, acting_user=user)
    return Status(204, None)


@router.get(_STUDENT + "files/", operation_id="download_return_files", summary="Files that come back, to save")
def download_files(request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID) -> HttpResponse:
    assignment = _to_see(request, cohort_id, assignment_id)
    student = submissions.get_student(assignment, student_id)
    content = reading.files_to_return(assignment, student)
    return to_save(HttpResponse(content), f"{returned_folder(assignment)}.zip")


@router.post(_STUDENT + "return/", response={204: None}, operation_id="return_submission", summary="Return")
def return_one(request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID) -> Status:
    """From now on the student sees mark and comment as they are now, and gets the files. 409 if
    there is nothing."""
    user, assignment = _asked_for(request, cohort_id, assignment_id)
    submissions.return_one(assignment, submissions.get_student(assignment, student_id), acting_user=user)
    return Status(204, None)


@router.post(_ONE + "return/", response=ReturnedOut, operation_id="return_submissions", summary="Return all")
def return_all(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> ReturnedOut:
    """Every mark, comment and file that its student does not have yet."""
    user, assignment = _asked_for(request, cohort_id, assignment_id)
    return ReturnedOut(returned=submissions.return_all(assignment, acting_user=user))


@router.get(_COPY + "files/", response=FileListOut, operation_id="list_submitted_files", summary="Files of a copy")
def list_files(
    request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID, number: int
) -> dict[str, Any]:
    assignment = _to_see(request, cohort_id, assignment_id)
    copy = reading.get_copy(assignment, submissions.get_student(assignment, student_id), number)
    found = reading.list_files(copy)
    return {"items": [FileEntryOut(path=it.path, size=it.size, change=it.change) for it in found]}


@router.get(_COPY + "file/", response=FileOut, operation_id="read_submitted_file", summary="One file as text")
def read_file(
    request: HttpRequest,
    cohort_id: UUID,
    assignment_id: UUID,
    student_id: UUID,
    number: int,
    path: str = Query(max_length=_PATH_LENGTH_MAX),  # type: ignore[type-arg]
) -> FileOut:
    assignment = _to_see(request, cohort_id, assignment_id)
    copy = reading.get_copy(assignment, submissions.get_student(assignment, student_id), number)
    found = reading.view_file(copy, path)
    lines = [LineOut(kind=line.kind, text=line.text) for line in found.lines]
    return FileOut(path=found.path, text=found.text, cut=found.cut, compared=found.compared, lines=lines)


@router.get(_COPY + "check/", response=CheckRunOut, operation_id="read_check_run", summary="What the check found")
def read_check(
    request: HttpRequest, cohort_id: UUID, assignment_id: UUID, student_id: UUID, number: int
) -> CheckRunOut:
    assignment = _to_see(request, cohort_id, assignment_id)
    copy = reading.get_copy(assignment, submissions.get_student(assignment, student_id), number)
    return run_out(checks.run_of_copy(copy), shows_output=True)


@router.get(_COPY + "download/", operation_id="download_submitted_file", summary="One file, to save")
def download_file(
    request: HttpRequest,
    cohort_id: UUID,
    assignment_id: UUID,
    student_id: UUID,
    number: int,
    path: str = Query(max_length=_PATH_LENGTH_MAX),  # type: ignore[type-arg]
) -> HttpResponse:
    assignment = _to_see(request, cohort_id, assignment_id)
    copy = reading.get_copy(assignment, submissions.get_student(assignment, student_id), number)
    content = reading.content_of(copy, path)
    return to_save(HttpResponse(content), path.rpartition("/")[2])


@router.get(_ONE + "zip/", operation_id="download_submissions", summary="All newest copies as one zip")
def download_zip(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> StreamingHttpResponse:
    assignment = _to_see(request, cohort_id, assignment_id)
    copies = [
        (reading.folder_name(it.student), it.newest.bundle.sha256)
        for it in submission_states.list_submissions(assignment)
        if it.newest is not None
    ]
    return to_save(StreamingHttpResponse(reading.stream_zip(copies)), f"{assignment.folder}.zip")


@router.get(_ONE + "marks/", operation_id="download_marks", summary="Marks as CSV")
def download_marks(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> HttpResponse:
    assignment = _to_see(request, cohort_id, assignment_id)
    table = reading.marks_csv(assignment, submission_states.list_submissions(assignment))
    return to_save(HttpResponse(table.encode()), f"{assignment.folder}-marks.csv")
