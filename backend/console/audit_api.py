"""The API of the console's audit trail: to read and to take away; nothing changes it."""

from __future__ import annotations

from typing import Any, Literal

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from backend.console import audit_trail
from backend.console.pages import admin_of
from backend.console.schemas import AuditFilter, AuditIn, AuditOut

router = Router(tags=["console"])

KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@router.get("", response=AuditOut, operation_id="list_audit", summary="What people did")
def list_audit(request: HttpRequest, wanted: Query[AuditIn]) -> dict[str, Any]:
    """For admins. The newest first, 50 at a time: `more_before` leads to the next 50."""
    admin_of(request)
    return audit_trail.page(wanted, wanted.before)


@router.get("export.{kind}", operation_id="export_audit", summary="The audit trail as CSV or JSON lines")
async def export_audit(
    request: HttpRequest, kind: Literal["csv", "jsonl"], wanted: Query[AuditFilter]
) -> StreamingHttpResponse:
    """For admins. What the filter finds, the newest first."""
    await sync_to_async(admin_of)(request)
    pieces = audit_trail.export(wanted, as_csv=kind == "csv")
    answer = StreamingHttpResponse(pieces, content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
