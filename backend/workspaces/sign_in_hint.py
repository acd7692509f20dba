"""Tells the manager that a student signed in: it may start their task ahead.

Only a hint. The sign-in puts a note into a bounded queue and continues. A full queue or a slow
manager costs the student nothing but the head start.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import queue
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.platform.background import BackgroundWorker
from backend.workspaces.manager_client import ManagerClient, build_manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError

WAITING_MAX = 1000
USEFUL_FOR_S = 60.0
"""A hint that waited longer comes after the launch."""
READ_TIMEOUT_S = 2.0
IDLE_S = 300.0
BECAUSE = "signed in"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SignIn:
    user_id: UUID
    at: float
    """On the monotonic clock."""


_waiting: queue.Queue[SignIn] = queue.Queue(WAITING_MAX)


@receiver(user_logged_in)
def _signed_in(user: Any, **_: Any) -> None:
    if isinstance(user, User) and user.role == Role.STUDENT:
        with contextlib.suppress(queue.Full):
            _waiting.put_nowait(SignIn(user.pk, time.monotonic()))
            worker.wake()


def tell_waiting() -> None:
    """One pass over the queue. A manager that does not answer empties it: hints would only age."""
    with contextlib.suppress(queue.Empty):
        while True:
            one = _waiting.get_nowait()
            if time.monotonic() - one.at < USEFUL_FOR_S and not _tell(one.user_id):
                while True:
                    _waiting.get_nowait()


worker = BackgroundWorker("sign-in hints", tell_waiting, interval_s=IDLE_S)


def _tell(user_id: UUID) -> bool:
    """Whether the manager answered."""
    live = Workspace.objects.filter(owner_id=user_id, deleted_at__isnull=True).values_list("pk", flat=True)
    try:
        for workspace_id in live:
            _client().expect(workspace_id, because=BECAUSE)
    except ApraNovaError as error:
        logger.info("the manager did not hear of a sign-in: %s", error)
        return False
    return True


@functools.cache
def _client() -> ManagerClient:
    """One of its own: an impatient one."""
    return build_manager_client(settings.ENVIRONMENT, read_timeout_s=READ_TIMEOUT_S, attempts_max=1)
