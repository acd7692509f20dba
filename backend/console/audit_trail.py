"""The audit trail: a page of it, and all of it as a file, in pieces."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections
from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.audit.models import Record
from backend.console.pages import ROWS_PER_PAGE, with_words
from backend.console.schemas import AuditFilter
from backend.console.sentences import sentence
from backend.platform.spreadsheet import cell_of_others
from backend.workspaces.models import Workspace

EXPORTED_AT_ONCE = 1000
COLUMNS = ("At", "Who", "What", "Action", "On", "Address", "Details")


def found(wanted: AuditFilter) -> QuerySet[Record]:
    """The newest first."""
    records = Record.objects.order_by("-id")
    if wanted.person:
        people = with_words(User.objects.all(), wanted.person, "name", "email")
        known = list(people.values_list("pk", flat=True)[:ROWS_PER_PAGE])
        owned = Workspace.objects.filter(owner__in=known).values_list("pk", flat=True)
        targets = [*(str(it) for it in known), *owned, wanted.person]
        records = records.filter(Q(actor_id__in=known) | Q(actor=wanted.person) | Q(target_id__in=targets))
    if wanted.action:
        records = records.filter(action__startswith=wanted.action)
    if wanted.since is not None:
        records = records.filter(at__gte=_zoned(wanted.since))
    if wanted.until is not None:
        records = records.filter(at__lt=_zoned(wanted.until))
    return records


def _zoned(moment: datetime) -> datetime:
    """In UTC: the database does not know every offset that ISO 8601 allows."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last year
        return moment.replace(tzinfo=UTC)


def page(wanted: AuditFilter, before: int | None) -> dict[str, Any]:
    """Records before an id, so that new ones shift nothing; a large trail is not counted."""
    records = found(wanted)
    if before is not None:
        records = records.filter(id__lt=before)
    listed = list(records[: ROWS_PER_PAGE + 1])
    rows = told(listed[:ROWS_PER_PAGE])
    return {"items": rows, "more_before": rows[-1]["id"] if len(listed) > ROWS_PER_PAGE else None}


def told(records: list[Record]) -> list[dict[str, Any]]:
    """As `AuditRecordOut`."""
    names = _names(records)
    return [
        {
            "id": it.pk,
            "at": it.at,
            "who": it.actor,
            "sentence": sentence(it, names),
            "action": it.action,
            "target": f"{it.target_type} {it.target_id}",
            "ip": it.ip,
            "details": it.details,
        }
        for it in records
    ]


def _names(records: Iterable[Record]) -> dict[str, str]:
    """Of the people and workspaces in the records, by their ids."""
    people = {it.actor_id for it in records if it.actor_id}
    people |= {id_ for it in records if it.target_type == "user" and (id_ := _uuid(it.target_id))}
    workspaces = {it.target_id for it in records if it.target_type == "workspace"}
    names = {str(it.pk): it.display_name for it in User.objects.filter(pk__in=people)}
    return names | dict(Workspace.objects.filter(pk__in=workspaces).values_list("pk", "name"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def export(wanted: AuditFilter, *, as_csv: bool) -> AsyncIterator[str]:
    """The newest first, a thousand at a time: the trail of years does not fit into memory."""
    if as_csv:
        yield "\ufeff" + _csv([COLUMNS])
    before: int | None = None
    while True:
        rows = await sync_to_async(_piece)(wanted, before)
        if not rows:
            return
        before = rows[-1]["id"]
        yield _csv(_cells(it) for it in rows) if as_csv else "".join(_line(it) for it in rows)


def _piece(wanted: AuditFilter, before: int | None) -> list[dict[str, Any]]:
    try:
        records = found(wanted) if before is None else found(wanted).filter(id__lt=before)
        return told(list(records[:EXPORTED_AT_ONCE]))
    finally:
        connections.close_all()


def _cells(row: dict[str, Any]) -> list[str]:
    details = json.dumps(row["details"], ensure_ascii=False)
    texts = (row["who"], row["sentence"], row["action"], row["target"], row["ip"] or "", details)
    return [row["at"].astimezone(UTC).isoformat(timespec="seconds"), *(cell_of_others(it) for it in texts)]


def _csv(rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _line(row: dict[str, Any]) -> str:
    return json.dumps({**row, "at": row["at"].astimezone(UTC).isoformat()}, ensure_ascii=False) + "\n"
