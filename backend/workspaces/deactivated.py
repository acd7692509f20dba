"""A deactivated person's workspaces are saved and stopped.

Asked of the database and not remembered: an admin's page, a command or SQL may deactivate somebody,
and the manager may be away at that moment.
"""

from __future__ import annotations

import logging

from django.db import transaction

from backend.accounts.models import User
from backend.platform.background import BackgroundWorker
from backend.workspaces import services
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError
from contract.names import WorkspaceState

LOOK_EVERY_S = 60.0

logger = logging.getLogger(__name__)


def stop_all() -> None:
    """Stop what runs and belongs to a deactivated person. The manager saves it first."""
    left = list(Workspace.objects.filter(owner__is_active=False, deleted_at__isnull=True).select_related("owner"))
    if not left:
        return
    try:
        views = services.describe(left).views
        for workspace, view in zip(left, views, strict=True):
            if view.state in (WorkspaceState.STARTING, WorkspaceState.RUNNING):
                services.stop(workspace, acting_user=None)
    except ApraNovaError as error:
        logger.warning("workspaces of deactivated people run on: %s", error.message)


worker = BackgroundWorker("deactivated people", stop_all, interval_s=LOOK_EVERY_S)


def person_changed(user: User, **_: object) -> None:
    if not user.is_active:
        transaction.on_commit(worker.wake)
