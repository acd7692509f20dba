"""The API of one's own data: a copy of all of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from backend.accounts.authentication import acting_user
from backend.personal_data import exports
from backend.personal_data.models import Export
from backend.personal_data.schemas import PersonalDataOut

own_router = Router(tags=["people"])


@own_router.get("", response=PersonalDataOut, operation_id="get_own_export", summary="The copy of one's own data")
def get_own_export(request: HttpRequest) -> dict[str, Any]:
    return {"export": exports.find(acting_user(request))}


@own_router.post("", response=PersonalDataOut, operation_id="ask_for_own_export", summary="Ask for one's own data")
def ask_for_own_export(request: HttpRequest) -> dict[str, Any]:
    """It is made in the background, and kept for seven days. 409 within an hour of the last one."""
    user = acting_user(request)
    return {"export": exports.ask(user, acting_user=user)}


@own_router.get("{export_id}/file/", operation_id="download_own_export", summary="One's own data as a zip")
def download_own_export(request: HttpRequest, export_id: UUID) -> StreamingHttpResponse:
    user = acting_user(request)
    return to_save(exports.get_ready(user, export_id, acting_user=user))


def to_save(export: Export) -> StreamingHttpResponse:
    """A browser saves it, and shows and runs nothing of it on our origin."""
    answer = StreamingHttpResponse(exports.stream(export), content_type="application/zip")
    name = quote(f"data of {export.person.display_name} {export.ready_at:%Y-%m-%d}.zip", safe="")
    answer["Content-Length"] = str(export.size_bytes)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "no-store"
    return answer
