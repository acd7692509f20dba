"""The API of shared data: parse, authorize, call one service, serialize."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from backend.accounts.authentication import acting_user
from backend.cohorts.access import get_cohort, get_cohort_to_see
from backend.platform.names import clean_name
from backend.platform.problems import invalid
from backend.shared_data import services
from backend.shared_data.models import SharedUpload, SharedVersion

router = Router(tags=["shared data"])
_ALL = "{cohort_id}/shared/"
_UPLOAD = _ALL + "uploads/{uuid:upload_id}/"
FILES_LISTED_MAX = 500
_LARGE = 1 << 50


class SharedVersionOut(Schema):
    number: int
    is_current: bool
    what: str
    """What made it: 'added flights.csv'."""
    files: int
    bytes: int
    created_at: datetime


class SharedUploadOut(Schema):
    id: UUID
    name: str
    size: int
    received: int
    """Bytes that are there. All of them: it is being unpacked."""
    failure: str
    """Why it came to nothing, a sentence; empty: it did not."""


class SharedFileOut(Schema):
    path: str
    size: int


class SharedDataOut(Schema):
    available: bool
    """Whether this school has shared data."""
    limit_bytes: int
    versions: list[SharedVersionOut]
    """Newest first, at most 4."""
    uploads: list[SharedUploadOut]
    files: list[SharedFileOut]
    """Of the version that students see; at most 500, by path."""


class BeginUploadIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=180)]
    size: Annotated[int, Field(ge=1, le=_LARGE)]
    """Bytes."""
    keeps_others: bool
    """False: everything that is there goes."""


class SwitchIn(Schema):
    number: Annotated[int, Field(ge=0, le=1_000_000)]
    """0: an empty folder."""


@router.get(_ALL, response=SharedDataOut, operation_id="get_shared_data", summary="Shared data")
def get_shared(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    cohort = get_cohort_to_see(acting_user(request), cohort_id)
    folders = services.find_folders()
    versions = list(SharedVersion.objects.filter(cohort=cohort))
    current = next((it.number for it in versions if it.is_current), 0)
    files = folders.names(cohort.pk.hex, current, FILES_LISTED_MAX) if folders is not None and current else []
    return {
        "available": folders is not None,
        "limit_bytes": settings.SHARED_BYTES_MAX,
        "versions": [
            SharedVersionOut(
                number=it.number,
                is_current=it.is_current,
                what=it.what,
                files=it.files_count,
                bytes=it.bytes_total,
                created_at=it.created_at,
            )
            for it in versions
        ],
        "uploads": [_upload_out(it) for it in SharedUpload.objects.filter(cohort=cohort)],
        "files": [SharedFileOut(path=path, size=size) for path, size in files],
    }


@router.post(_ALL + "uploads/", response={201: SharedUploadOut}, operation_id="begin_shared_upload", summary="Begin")
def begin(request: HttpRequest, cohort_id: UUID, payload: BeginUploadIn) -> Status:
    """A zip stands for what is in it. Then its pieces follow, each at its offset."""
    user = acting_user(request)
    try:
        name = clean_name(payload.name)
    except ValueError as problem:
        raise invalid("body.name", f"{str(problem).capitalize()}.") from None
    upload = services.begin_upload(
        get_cohort(user, cohort_id),
        name=name,
        size=payload.size,
        keeps_others=payload.keeps_others,
        acting_user=user,
    )
    return Status(201, _upload_out(upload))


@router.put(_UPLOAD, response=SharedUploadOut, operation_id="send_shared_piece", summary="The next piece")
def send_piece(
    request: HttpRequest,
    cohort_id: UUID,
    upload_id: UUID,
    offset: int = Query(ge=0, le=_LARGE),  # type: ignore[type-arg]
) -> SharedUploadOut:
    """The body is the piece, at most 4 MB. 409 when another one was expected."""
    upload = services.get_upload(get_cohort(acting_user(request), cohort_id), upload_id)
    upload.received = services.receive(upload, offset, request.body)
    return _upload_out(upload)


@router.delete(_UPLOAD, response={204: None}, operation_id="cancel_shared_upload", summary="Cancel an upload")
def cancel(request: HttpRequest, cohort_id: UUID, upload_id: UUID) -> Status:
    user = acting_user(request)
    services.cancel_upload(services.get_upload(get_cohort(user, cohort_id), upload_id), acting_user=user)
    return Status(204, None)


@router.put(_ALL + "current/", response={204: None}, operation_id="switch_shared_data", summary="Show another version")
def switch(request: HttpRequest, cohort_id: UUID, payload: SwitchIn) -> Status:
    """In all workspaces of the cohort at once, also in those that run."""
    user = acting_user(request)
    services.switch(get_cohort(user, cohort_id), payload.number, acting_user=user)
    return Status(204, None)


def _upload_out(it: SharedUpload) -> SharedUploadOut:
    return SharedUploadOut(id=it.pk, name=it.name, size=it.size, received=it.received, failure=it.failure)
