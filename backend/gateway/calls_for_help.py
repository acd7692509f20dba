"""Carries out what the help line heard: the call of the student whose workspace it is."""

from __future__ import annotations

from typing import Any

from django.db import connections

from backend.accounts.models import User
from backend.cohorts import help_calls
from backend.gateway.access import Access
from backend.platform.problems import ProblemError
from backend.workspaces.services import find_workspace


def call_for_help(access: Access, method: str) -> dict[str, Any]:
    """GET, PUT or DELETE; returns what is true then. Raises ProblemError."""
    try:
        user = User.objects.filter(pk=access.user_id, is_active=True).first()
        if user is None or find_workspace(user, access.workspace_id) is None:
            raise ProblemError(403, "forbidden", "Only the student of this workspace asks for help.")
        if method == "PUT":
            help_calls.ask(user, acting_user=user)
        elif method == "DELETE":
            help_calls.lower(user, acting_user=user)
        return {"can_ask": help_calls.can_ask(user), "asked": help_calls.asked_at(user) is not None}
    finally:
        connections.close_all()
