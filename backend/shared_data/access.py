"""Tells the manager whose shared data workspaces see when somebody comes to a cohort, or leaves it.

All workspaces are told, and the manager changes those that differ: nothing is lost with a process
or a manager that was down. Signals and not calls: a membership also changes in the admin.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

from backend.accounts.roles import Role
from backend.accounts.signals import person_changed
from backend.cohorts.member_signals import members_moved
from backend.cohorts.models import Cohort, Membership
from backend.platform.background import BackgroundWorker
from backend.shared_data.folders import Folders
from backend.shared_data.services import cohorts_of, find_folders, folder_for
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError
from contract.manager import SharedAccess

LOOK_EVERY_S = 10.0
ROUNDS = 2
"""After each change: a launch under way may have brought the former data after the first one."""
ANYWAY_EVERY_S = 600.0
"""For a change that a command made, whose process has no worker."""

logger = logging.getLogger(__name__)


class _Due:
    """How often to tell yet, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rounds = 0
        self._told_at = float("-inf")

    def again(self) -> None:
        with self._lock:
            self._rounds = ROUNDS

    def take(self, now: float) -> bool:
        with self._lock:
            if not self._rounds and now - self._told_at < ANYWAY_EVERY_S:
                return False
            self._rounds, self._told_at = max(self._rounds - 1, 0), now
            return True


_due = _Due()


def listen() -> None:
    for sender in (Membership, Cohort):
        for signal in (post_save, post_delete):
            signal.connect(_changed, sender=sender, dispatch_uid=f"shared_data.{sender.__name__}")
    members_moved.connect(_changed, dispatch_uid="shared_data.members_moved")
    person_changed.connect(_changed, dispatch_uid="shared_data.person_changed")
    m2m_changed.connect(_changed, sender=Cohort.instructors.through, dispatch_uid="shared_data.instructors")


def _changed(**_: Any) -> None:
    def committed() -> None:
        _due.again()
        worker.wake()

    transaction.on_commit(committed)


def tell() -> None:
    """Tell the manager, if something has changed."""
    folders = find_folders()
    if folders is None or not _due.take(time.monotonic()):
        return
    try:
        manager_client().put_shared_access(_accesses(folders))
    except ApraNovaError as error:
        logger.warning("some workspaces may still see the shared data of a former cohort: %s", error)
        _due.again()
    except Exception:
        _due.again()
        raise


worker = BackgroundWorker("shared access", tell, interval_s=LOOK_EVERY_S)


def _accesses(folders: Folders) -> list[SharedAccess]:
    of_student = dict(Membership.objects.values_list("student_id", "cohort_id"))
    names = {cohort_id: folder_for(folders, cohort_id) for cohort_id in set(of_student.values())}
    accesses = []
    for workspace in Workspace.objects.filter(deleted_at__isnull=True).select_related("owner").order_by("pk"):
        owner = workspace.owner
        if owner.role == Role.STUDENT:
            cohort_ids = [of_student[owner.pk]] if owner.pk in of_student else []
        else:
            cohort_ids = list(cohorts_of(owner).values_list("pk", flat=True))
        shared = (names.get(cohort_ids[0]) or folder_for(folders, cohort_ids[0])) if cohort_ids else ""
        accesses.append(SharedAccess(workspace.pk, shared, tuple(it.hex for it in cohort_ids)))
    return accesses
