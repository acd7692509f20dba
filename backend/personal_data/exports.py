"""Copies of a person's data: asked for, made in the background, kept for a week, downloaded.

The copy lies in the database in pieces, so any process may make it and any other send it. A process
that dies leaves pieces of an attempt that nobody finishes; the next attempt begins again.
"""

from __future__ import annotations

import io
import logging
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections, transaction
from django.db.models import F, Sum
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.personal_data.models import Export, ExportPiece
from backend.personal_data.zip_of_person import HOMES_BYTES_MAX, Counted, write_zip
from backend.platform.background import BackgroundWorker
from backend.platform.problems import ProblemError, not_found

KEPT_FOR = timedelta(days=7)
ASKED_AGAIN_AFTER = timedelta(hours=1)
"""A newer copy costs the manager as much as the last."""
LOOK_EVERY_S = 30.0
HELD_FOR = timedelta(minutes=5)
"""From one piece to the next. Then another process may begin again."""
PIECE_BYTES = 1_000_000
RETRY_MAX = timedelta(hours=1)
KEPT_BYTES_MAX = 10_000_000_000
"""Of all copies together: a class that asks at once must not fill the database's disk."""

logger = logging.getLogger(__name__)


def ask(person: User, *, acting_user: User) -> Export:
    """A new copy in place of an older one. One that is being made is answered as it is."""
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # of two who ask at once one waits here
        known = Export.objects.filter(person=person).first()
        if known is not None and known.ready_at is None:
            return known
        if known is not None and known.ready_at is not None and now < known.ready_at + ASKED_AGAIN_AFTER:
            raise ProblemError(
                HTTPStatus.CONFLICT, "export_is_new", "A copy was made less than an hour ago.",
                remedy="Download that one, or ask again later.",
            )  # fmt: skip
        if known is not None:
            known.delete()
        made = Export.objects.create(person=person)
        record("user.export_ask", actor=acting_user, target_type="user", target_id=person.pk)
        transaction.on_commit(worker.wake)
    return made


def find(person: User) -> Export | None:
    """The person's copy, if there is one that has not ended."""
    return Export.objects.filter(person=person).exclude(ends_at__lte=timezone.now()).first()


def get_ready(person: User, export_id: UUID, *, acting_user: User) -> Export:
    """To download; leaves an audit record. Raises ProblemError when it is not there (any more)."""
    found = find(person)
    if found is None or found.pk != export_id or found.ready_at is None:
        raise not_found("This copy is not there (any more).", reason="no_export")
    with transaction.atomic():
        record("user.export_download", actor=acting_user, target_type="user", target_id=person.pk)
    return found


async def stream(export: Export) -> AsyncIterator[bytes]:
    """It ends early if the copy is removed meanwhile; the browser then says that the download
    failed, because the length was told before."""
    number = 0
    while (piece := await sync_to_async(_piece)(export, number)) is not None:
        yield piece
        number += 1


def _piece(export: Export, number: int) -> bytes | None:
    try:
        found = ExportPiece.objects.filter(export=export.pk, attempt=export.attempt, number=number)
        content = found.values_list("content", flat=True).first()
        return None if content is None else bytes(content)
    finally:
        connections.close_all()


def make_due() -> None:
    """One pass: remove what has ended, and make the copies that wait."""
    Export.objects.filter(ends_at__lte=timezone.now()).delete()
    while (export := _take()) is not None:
        try:
            _make(export)
        except _Overtaken:
            logger.info("a copy of somebody's data was taken back, or another process makes it")
        except Exception:  # one person's copy is no reason to leave out the others
            logger.exception("the copy %s could not be made; it is tried again", export.pk)
            _try_again(export)


worker = BackgroundWorker("copies of people's data", make_due, interval_s=LOOK_EVERY_S)


def _take() -> Export | None:
    now = timezone.now()
    with transaction.atomic():
        due = Export.objects.filter(ready_at=None, next_try_at__lte=now).order_by("next_try_at")
        export = due.select_for_update(skip_locked=True, of=("self",)).select_related("person").first()
        if export is None:
            return None
        export.attempt, export.next_try_at = uuid.uuid4(), now + HELD_FOR
        export.save(update_fields=["attempt", "next_try_at"])
        ExportPiece.objects.filter(export=export).delete()
    return export


def _make(export: Export) -> None:
    now = timezone.now()
    pieces = _Pieces(export)
    kept = Export.objects.aggregate(bytes=Sum("size_bytes"))["bytes"] or 0
    counted = write_zip(
        pieces,  # type: ignore[arg-type]
        export.person,
        school=settings.ENVIRONMENT.school_name,
        now=now,
        homes_bytes_max=max(0, min(HOMES_BYTES_MAX, KEPT_BYTES_MAX - kept)),
    )
    pieces.end()
    _ready(export, pieces.size, counted, timezone.now())


def _ready(export: Export, size: int, counted: Counted, now: datetime) -> None:
    mine = Export.objects.filter(pk=export.pk, attempt=export.attempt, ready_at=None)
    done = mine.update(
        ready_at=now, ends_at=now + KEPT_FOR, size_bytes=size, files=counted.files, left_out=len(counted.lacking)
    )
    if not done:
        raise _Overtaken


def _try_again(export: Export) -> None:
    wait = min(timedelta(minutes=1) * 2 ** min(export.failures, 10), RETRY_MAX)
    mine = Export.objects.filter(pk=export.pk, attempt=export.attempt)
    mine.update(failures=F("failures") + 1, next_try_at=timezone.now() + wait)


class _Overtaken(Exception):
    """Another process makes this copy, or nobody wants it any more."""


class _Pieces(io.RawIOBase):
    """A file that can only be written, from begin to end, into rows of the database."""

    def __init__(self, export: Export) -> None:
        super().__init__()
        self._export = export
        self._kept = bytearray()
        self._number = 0
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._kept += part
        while len(self._kept) >= PIECE_BYTES:
            self._put(bytes(self._kept[:PIECE_BYTES]))
            del self._kept[:PIECE_BYTES]
        return len(part)

    def end(self) -> None:
        if self._kept:
            self._put(bytes(self._kept))
            self._kept.clear()

    def _put(self, content: bytes) -> None:
        with transaction.atomic():
            mine = Export.objects.select_for_update().filter(pk=self._export.pk, attempt=self._export.attempt)
            if not mine.update(next_try_at=timezone.now() + HELD_FOR):
                raise _Overtaken
            ExportPiece.objects.create(
                export=self._export, attempt=self._export.attempt, number=self._number, content=content
            )
        self._number += 1
        self.size += len(content)
