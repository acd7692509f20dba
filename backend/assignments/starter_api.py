"""The API of a cohort's starter: parse, authorize, call one service, serialize."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from backend.accounts.authentication import acting_user
from backend.assignments import starters
from backend.assignments.schemas import FilesIn
from backend.cohorts.access import get_cohort, get_cohort_to_see
from backend.cohorts.models import Cohort

router = Router(tags=["assignments"])
_ONE = "{cohort_id}/starter/"


class StarterOut(Schema):
    set_at: datetime
    files: int
    bytes: int
    """Unpacked."""
    paths: list[str]
    """Below ~/project, the first 20."""


class CohortStarterOut(Schema):
    starter: StarterOut | None
    given: int
    """Workspaces of the cohort's students that were new and got a starter."""
    skipped: int
    """Those that had files of their student: nothing was put there."""
    failed: int
    """It is tried again when they are opened."""


@router.get(_ONE, response=CohortStarterOut, operation_id="get_starter", summary="What new homes begin with")
def get_starter(request: HttpRequest, cohort_id: UUID) -> CohortStarterOut:
    return _out(get_cohort_to_see(acting_user(request), cohort_id))


@router.put(_ONE, response=CohortStarterOut, operation_id="set_starter", summary="Set what new homes begin with")
def set_starter(request: HttpRequest, cohort_id: UUID, payload: FilesIn) -> CohortStarterOut:
    """It comes into ~/project of each home that is new, before the editor opens. 422 with a
    sentence when the zip is not fit for that."""
    user = acting_user(request)
    cohort = get_cohort(user, cohort_id)
    starters.set_starter(cohort, payload.file, acting_user=user)  # type: ignore[arg-type]
    return _out(cohort)


@router.delete(_ONE, response={204: None}, operation_id="remove_starter", summary="Remove the starter")
def remove_starter(request: HttpRequest, cohort_id: UUID) -> Status:
    """What homes have stays there."""
    user = acting_user(request)
    starters.remove_starter(get_cohort(user, cohort_id), acting_user=user)
    return Status(204, None)


def _out(cohort: Cohort) -> CohortStarterOut:
    it, counts = starters.find_starter(cohort), starters.count_homes(cohort)
    found = it and StarterOut(
        set_at=it.set_at,
        files=it.bundle.files_count,
        bytes=it.bundle.bytes_unpacked,
        paths=starters.first_paths(it.bundle),
    )
    return CohortStarterOut(starter=found, given=counts.given, skipped=counts.skipped, failed=counts.failed)
