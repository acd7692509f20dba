"""Health: what the backend depends on, each with its state; 503 when one is down."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import connections
from django.http import HttpRequest
from ninja import Router, Schema, Status

from backend.platform.dependencies import ask_database, ask_redis, failure_of
from backend.workspaces.manager_client import manager_client
from contract.backup import read_record
from contract.manager import DiskView

DISK_NEARLY_FULL = (
    "The disk is nearly full. Workspaces go on; those that fill it are saved and stopped. "
    "The person who runs the platform sees the figures with ./apranova status."
)

BACKUP_FAILING = (
    "The newest backup is missing, old or incomplete. The person who runs the platform sees why, and since when, "
    "with ./apranova status."
)

router = Router(tags=["health"])


class DependencyOut(Schema):
    state: Literal["up", "down"]
    detail: str


class DiskOut(Schema):
    state: Literal["ok", "nearly_full", "not_watched"]
    """A nearly full disk is no 503: launches and stops go on. `not_watched`: homes on AWS, or a
    manager that is down."""
    detail: str


class BackupOut(Schema):
    state: Literal["ok", "failing", "not_kept_here"]
    """Of the whole school. A missing one is no 503. `not_kept_here`: none is set up, or on AWS."""
    detail: str


class HealthOut(Schema):
    state: Literal["up", "down"]
    database: DependencyOut
    redis: DependencyOut
    manager: DependencyOut
    disk: DiskOut
    backup: BackupOut


def _disk_of(disk: DiskView | None) -> DiskOut:
    """Without figures: health is public."""
    if disk is None:
        return DiskOut(state="not_watched", detail="")
    if not disk.nearly_full:
        return DiskOut(state="ok", detail="")
    return DiskOut(state="nearly_full", detail=DISK_NEARLY_FULL)


def _backup(file: Path | None, *, now: float) -> BackupOut:
    """Without places and figures: health is public."""
    if file is None:
        return BackupOut(state="not_kept_here", detail="")
    record = read_record(file)
    if record.healthy and not record.is_old(now):
        return BackupOut(state="ok", detail="")
    return BackupOut(state="failing", detail=BACKUP_FAILING)


def _state_of(ask: Callable[[], object]) -> DependencyOut:
    failure = failure_of(ask)
    return DependencyOut(state="down" if failure else "up", detail=failure)


def databases_answer() -> bool:
    """For the server's start; it leaves no connection open."""
    try:
        return all(_state_of(ask).state == "up" for ask in (ask_database, ask_redis))
    finally:
        connections.close_all()


@router.get("", auth=None, response={200: HealthOut, 503: HealthOut}, operation_id="health", summary="Health")
def health(request: HttpRequest) -> Status:  # noqa: ARG001  ninja passes it by this name
    disks: list[DiskView | None] = []

    def ask_manager() -> None:
        disks.append(manager_client().describe(()).disk)

    found = {"database": _state_of(ask_database), "redis": _state_of(ask_redis), "manager": _state_of(ask_manager)}
    up = all(dependency.state == "up" for dependency in found.values())
    status = HTTPStatus.OK if up else HTTPStatus.SERVICE_UNAVAILABLE
    answer = HealthOut(
        state="up" if up else "down",
        disk=_disk_of(disks[0] if disks else None),
        backup=_backup(settings.BACKUP_RECORD, now=time.time()),
        **found,
    )
    return Status(int(status), answer)
