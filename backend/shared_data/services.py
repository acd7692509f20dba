"""What instructors do with shared data. Every change leaves an audit record."""

from __future__ import annotations

import logging
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.audit.record import record
from backend.cohorts.models import Cohort
from backend.platform.background import BackgroundWorker
from backend.platform.problems import ProblemError, invalid, not_found
from backend.shared_data.folders import Folders
from backend.shared_data.models import SharedUpload, SharedVersion
from contract.hand_out_files import BadFiles, fault_of, printable

VERSIONS_KEPT = 3
UPLOADS_MAX = 3
"""Of one cohort at the same time."""
FAILURES_SHOWN = 5
"""Of one cohort; older ones go before their day is over."""
PIECE_BYTES_MAX = 4 * 1024 * 1024
ABANDONED_AFTER = timedelta(hours=24)
HELD_FOR = timedelta(minutes=30)
LOOK_EVERY_S = 30.0
KEPT_UNWANTED_S = 7 * 24 * 3600.0
"""After the limit became 0: who wrote it by mistake has a week."""

logger = logging.getLogger(__name__)


def find_folders() -> Folders | None:
    """None: this school has no shared data (AWS, or its limit is 0)."""
    root = settings.SHARED_DIR
    return Folders(root, settings.DISK_RESERVE_BYTES) if root is not None and settings.SHARED_BYTES_MAX > 0 else None


def get_folders() -> Folders:
    folders = find_folders()
    if folders is None:
        raise ProblemError(HTTPStatus.CONFLICT, "no_shared_data", "This school has no shared data.")
    return folders


def shared_of(owner: User) -> str:
    """For the launch of a workspace. Never raises: it keeps nobody out."""
    folders = find_folders()
    cohort = cohorts_of(owner).first() if folders is not None else None
    return folder_for(folders, cohort.pk) if folders is not None and cohort is not None else ""


def folder_for(folders: Folders, cohort_id: UUID) -> str:
    """As LaunchRequest.shared. Never raises."""
    try:
        folders.ensure(cohort_id.hex)
    except OSError as problem:
        logger.warning("%s has no folder for shared data: %s", cohort_id, problem)
        return ""
    return cohort_id.hex


def cohorts_of(owner: User) -> QuerySet[Cohort]:
    """Whose data the owner may see. A student's own. Of the cohorts that somebody teaches, first
    the one to which data came last: a workspace has room for one folder."""
    if owner.role == Role.STUDENT:
        return Cohort.objects.filter(memberships__student=owner)
    taught = Cohort.objects.filter(instructors=owner, active=True).annotate(newest=Max("shared_versions__created_at"))
    return taught.order_by(F("newest").desc(nulls_last=True), "-created_at")


def begin_upload(cohort: Cohort, *, name: str, size: int, keeps_others: bool, acting_user: User) -> SharedUpload:
    folders = get_folders()
    if "/" in name or (fault_of(name)):
        raise invalid("body.name", "A file with this name cannot be shared. Rename it.")
    if size > settings.SHARED_BYTES_MAX:
        raise invalid("body.size", f"The file is too large. The limit is {settings.SHARED_BYTES_MAX / 1e9:.1f} GB.")
    if not folders.has_room(size):
        raise ProblemError(
            HTTPStatus.CONFLICT, "disk_full", "The school's disk has no room for it.", remedy="Tell your admin."
        )
    with transaction.atomic():
        _lock(cohort)
        if SharedUpload.objects.filter(cohort=cohort, failure="").count() >= UPLOADS_MAX:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "too_many_uploads",
                f"{UPLOADS_MAX} uploads are under way already.",
                remedy="Wait until one is done, or cancel one.",
            )
        upload = SharedUpload.objects.create(
            cohort=cohort, name=name, size=size, keeps_others=keeps_others, created_by=acting_user
        )
        _note("shared.upload", cohort, acting_user, name=name, size=size)
    return upload


def get_upload(cohort: Cohort, upload_id: UUID) -> SharedUpload:
    upload = SharedUpload.objects.filter(cohort=cohort, pk=upload_id).first()
    if upload is None:
        raise not_found("There is no such upload (any more). Begin again.", reason="upload_not_found")
    return upload


def receive(upload: SharedUpload, offset: int, piece: bytes) -> int:
    """The next piece; returns how much is there. 409 with another offset: read `received` again."""
    folders = get_folders()
    if not 0 < len(piece) <= PIECE_BYTES_MAX:
        raise invalid("body", f"A piece has 1 to {PIECE_BYTES_MAX} bytes.")
    with transaction.atomic():
        row = SharedUpload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None or row.failure or offset != row.received or offset + len(piece) > row.size:
            raise ProblemError(HTTPStatus.CONFLICT, "wrong_piece", "This piece does not follow what is there.")
        if not folders.has_room(len(piece)):
            raise ProblemError(HTTPStatus.CONFLICT, "disk_full", "The school's disk has no room for it.")
        folders.receive(row.pk.hex, offset, piece)
        row.received += len(piece)
        row.touched_at = row.next_try_at = timezone.now()
        row.save(update_fields=["received", "touched_at", "next_try_at"])
        if row.received == row.size:
            transaction.on_commit(worker.wake)
    return row.received


def cancel_upload(upload: SharedUpload, *, acting_user: User) -> None:
    with transaction.atomic():
        _note("shared.cancel", upload.cohort, acting_user, name=upload.name)
        key = upload.pk.hex
        upload.delete()
    get_folders().drop_upload(key)


def switch(cohort: Cohort, number: int, *, acting_user: User) -> None:
    """Show another version; 0: an empty folder."""
    folders = get_folders()
    with transaction.atomic():
        _lock(cohort)
        chosen = SharedVersion.objects.filter(cohort=cohort, number=number).first()
        if chosen is None and number:
            raise not_found("There is no such version (any more).", reason="version_not_found")
        SharedVersion.objects.filter(cohort=cohort).update(is_current=False)
        if chosen is not None:
            SharedVersion.objects.filter(pk=chosen.pk).update(is_current=True)
        _note("shared.switch", cohort, acting_user, version=number)
        folders.switch(cohort.pk.hex, number)


def work() -> None:
    """Uploads that have arrived become versions; what nobody needs goes."""
    folders = find_folders()
    if folders is None:
        _remove_unwanted()
        return
    folders.want_again()
    while (upload := _take()) is not None:
        try:
            _publish(folders, upload)
        except BadFiles as problem:
            _fail(folders, upload, printable(str(problem))[:500])
        except OSError as problem:
            logger.exception("%s could not be shared", upload.pk)
            _fail(folders, upload, f"It could not be written: {problem.strerror}. Upload it again.")
    _tidy(folders)


worker = BackgroundWorker("shared data", work, interval_s=LOOK_EVERY_S)


def _take() -> SharedUpload | None:
    now = timezone.now()
    with transaction.atomic():
        whole = SharedUpload.objects.filter(received=F("size"), failure="", next_try_at__lte=now)
        upload = whole.select_for_update(skip_locked=True, of=("self",)).select_related("cohort", "created_by").first()
        if upload is not None:
            SharedUpload.objects.filter(pk=upload.pk).update(next_try_at=now + HELD_FOR)
    return upload


def _publish(folders: Folders, upload: SharedUpload) -> None:
    cohort, key = upload.cohort, upload.cohort.pk.hex
    _drop_unrecorded(folders, cohort)
    current = SharedVersion.objects.filter(cohort=cohort, is_current=True).first()
    keep = current.number if current is not None and upload.keeps_others else None
    room = _make_room(folders, current, cohort, folders.needs(upload.pk.hex, upload.name))
    content = folders.build(key, upload_id=upload.pk.hex, name=upload.name, keep=keep, bytes_max=room)
    with transaction.atomic():
        _lock(cohort)
        if not SharedUpload.objects.filter(pk=upload.pk).delete()[0]:
            return  # canceled meanwhile; `_tidy` takes the files
        newest = SharedVersion.objects.filter(cohort=cohort).first()
        number = newest.number + 1 if newest is not None else 1
        SharedVersion.objects.filter(cohort=cohort).update(is_current=False)
        what = f"{'added' if upload.keeps_others else 'replaced everything with'} {upload.name}"
        SharedVersion.objects.create(
            cohort=cohort,
            number=number,
            is_current=True,
            what=what,
            files_count=content.files,
            bytes_total=content.bytes,
            created_by=upload.created_by,
        )
        _note("shared.publish", cohort, upload.created_by, name=upload.name, version=number, files=content.files)
        folders.publish(key, number, upload_id=upload.pk.hex)
    folders.drop_upload(upload.pk.hex)
    _drop_old(folders, cohort)


def _make_room(folders: Folders, current: SharedVersion | None, cohort: Cohort, need: int) -> int:
    """How much a new version may add. Old versions go for it, but not what students see, and none
    for an upload that would not fit all the same. Raises BadFiles: there is not enough."""
    room = settings.SHARED_BYTES_MAX - (current.bytes_total if current is not None else 0)
    if need > room:
        raise BadFiles(
            f"It needs {need / 1e9:,.1f} GB, and there is room for {max(room, 0) / 1e9:.1f} GB next to what students "
            "see now. Empty the folder first, or upload less."
        )
    if not folders.has_room(need):
        raise BadFiles("The school's disk has no room for it. Tell your admin.")
    for kept in range(VERSIONS_KEPT - 1, -1, -1):
        _drop_old(folders, cohort, kept=kept)
        room = settings.SHARED_BYTES_MAX - folders.used(cohort.pk.hex)
        if need <= room:
            break
    return room


def _drop_old(folders: Folders, cohort: Cohort, kept: int = VERSIONS_KEPT) -> None:
    for version in SharedVersion.objects.filter(cohort=cohort)[kept:]:
        with transaction.atomic():
            _lock(cohort)  # somebody may show it again this moment
            gone, _ = SharedVersion.objects.filter(pk=version.pk, is_current=False).delete()
        if gone:
            folders.drop_version(cohort.pk.hex, version.number)


def _drop_unrecorded(folders: Folders, cohort: Cohort) -> None:
    """What a process left that died between the disk and the record. It would count for good."""
    with transaction.atomic():
        _lock(cohort)
        known = set(SharedVersion.objects.filter(cohort=cohort).values_list("number", flat=True))
        for number in folders.numbers(cohort.pk.hex) - known:
            folders.drop_version(cohort.pk.hex, number)


def _fail(folders: Folders, upload: SharedUpload, failure: str) -> None:
    SharedUpload.objects.filter(pk=upload.pk).update(failure=failure, touched_at=timezone.now())
    failed = SharedUpload.objects.filter(cohort=upload.cohort).exclude(failure="").order_by("-touched_at")
    older = failed.values_list("pk", flat=True)[FAILURES_SHOWN:]
    SharedUpload.objects.filter(pk__in=list(older)).delete()
    folders.drop_upload(upload.pk.hex)


def _tidy(folders: Folders) -> None:
    """Uploads that nobody goes on with, failures that were read, files of deleted cohorts."""
    old = SharedUpload.objects.filter(touched_at__lt=timezone.now() - ABANDONED_AFTER)
    for upload in old:
        folders.drop_upload(upload.pk.hex)
        upload.delete()
    on_disk = folders.uploads()  # looked up before the records: each of them has had one
    known = {pk.hex for pk in SharedUpload.objects.values_list("pk", flat=True)}
    for key in on_disk - known:
        folders.drop_upload(key)
    for version in SharedVersion.objects.filter(is_current=True).select_related("cohort"):
        if folders.shown(version.cohort.pk.hex) != f"v{version.number}":
            _show_again(folders, version.cohort)
    known = {pk.hex for pk in Cohort.objects.values_list("pk", flat=True)}
    for key in folders.cohorts():
        if key not in known:
            folders.drop_cohort(key)


def _remove_unwanted() -> None:
    """The limit is 0, so there are no shared data: after a week their files go, too."""
    root = settings.SHARED_DIR
    if root is None or not root.is_dir():
        return
    folders = Folders(root, settings.DISK_RESERVE_BYTES)
    there = folders.cohorts() or folders.uploads()
    if not there or timezone.now().timestamp() - folders.unwanted_since() < KEPT_UNWANTED_S:
        return
    for cohort in Cohort.objects.filter(shared_versions__isnull=False).distinct():
        with transaction.atomic():
            _lock(cohort)
            SharedVersion.objects.filter(cohort=cohort).delete()
            _note("shared.remove", cohort, None)
    SharedUpload.objects.all().delete()
    for key in folders.uploads():
        folders.drop_upload(key)
    for key in folders.cohorts():
        folders.drop_cohort(key)
    folders.want_again()


def _show_again(folders: Folders, cohort: Cohort) -> None:
    """A process died, or the database is of another moment than the disk."""
    with transaction.atomic():
        _lock(cohort)
        version = SharedVersion.objects.filter(cohort=cohort, is_current=True).first()
        if version is not None and folders.version(cohort.pk.hex, version.number).is_dir():
            folders.switch(cohort.pk.hex, version.number)


def _lock(cohort: Cohort) -> None:
    """Until the end of the transaction: one change of its versions at a time."""
    Cohort.objects.select_for_update().get(pk=cohort.pk)


def _note(action: str, cohort: Cohort, acting_user: User | None, **details: Any) -> None:
    record(action, actor=acting_user, target_type="cohort", target_id=cohort.pk, cohort=cohort.name, **details)
