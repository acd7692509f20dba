"""Ends a person's access to workspaces when their right to be in the portal ends.

These are signals and not calls from services, because the admin's pages, allauth and commands also
sign out, deactivate and delete people, and none of them may forget it. A failing Redis makes a
sign-out fail visibly: a sign-out that leaves an editor open to the next person would be worse.

A stopped or deleted workspace needs nothing here: authorization asks for its state anyway.

Requests are refused from then on. A WebSocket or an event stream that is open asks nobody, so the
agent closes those of visitors (`contract.agent.EndVisitsRequest`). The owner's own stay: they lead
to what is the owner's.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.signals import password_changed, password_reset
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from backend.accounts.models import User
from backend.accounts.signals import sessions_ended
from backend.cohorts.help_signals import visit_ended
from backend.cohorts.models import HelpVisit
from backend.gateway.access import Access
from backend.gateway.site import Place
from backend.gateway.wiring import access_book
from backend.sharing.models import Share
from backend.sharing.signals import share_ended, visitor_changed
from backend.workspaces.manager_client import manager_client
from contract.errors import ApraNovaError

logger = logging.getLogger(__name__)


def listen() -> None:
    user_logged_out.connect(_signed_out, dispatch_uid="gateway.signed_out")
    post_save.connect(_saved, sender=User, dispatch_uid="gateway.user_saved")
    post_delete.connect(_deleted, sender=User, dispatch_uid="gateway.user_deleted")
    for signal in (password_changed, password_reset, sessions_ended):
        signal.connect(_sessions_ended, dispatch_uid="gateway.sessions_ended")
    share_ended.connect(_share_ended, dispatch_uid="gateway.share_ended")
    visit_ended.connect(_visit_ended, dispatch_uid="gateway.visit_ended")
    visitor_changed.connect(_visitor_changed, dispatch_uid="gateway.visitor_changed")


def _signed_out(request: HttpRequest | None = None, **_: Any) -> None:
    session_key = request.session.session_key if request is not None and hasattr(request, "session") else None
    if session_key:
        _close_visits(access_book().revoke_session(session_key))


def _saved(instance: User, *, created: bool = False, **_: Any) -> None:
    if not created and not instance.is_active:
        _revoke_when_committed(instance)


def _deleted(instance: User, **_: Any) -> None:
    _revoke_when_committed(instance)


def _sessions_ended(user: User, **_: Any) -> None:
    """A new password also renews the session's key, by which a later sign-out would look for what
    to revoke."""
    _revoke_when_committed(user)


def _revoke_when_committed(user: User) -> None:
    user_id = str(user.pk)  # before a delete clears it
    transaction.on_commit(lambda: _close_visits(access_book().revoke_user(user_id)))


def _share_ended(share: Share, **_: Any) -> None:
    _end(Place(share.workspace.pk, share.port), str(share.pk))


def _visit_ended(visit: HelpVisit, **_: Any) -> None:
    _end(Place(visit.workspace.pk), str(visit.pk))


def _end(place: Place, share_id: str) -> None:
    """Once now, so that a failing Redis undoes the change, and once for who entered meanwhile."""
    ended = access_book().revoke_share(share_id)

    def committed() -> None:
        """A visit may have opened ports, too."""
        entered = [*ended, *access_book().revoke_share(share_id)]
        for one in {place, *(access.place for access in entered)}:
            _close(one)

    transaction.on_commit(committed)


def _visitor_changed(user_id: str, **_: Any) -> None:
    visited = access_book().revoke_visits(user_id)
    transaction.on_commit(lambda: _close_visits([*visited, *access_book().revoke_visits(user_id)]))


def _close_visits(ended: list[Access]) -> None:
    for place in {access.place for access in ended if access.share}:
        _close(place)


def _close(place: Place) -> None:
    """Other visitors of the port lose their connection too, and enter again by their cookie."""
    try:
        manager_client().end_visits(place.workspace_id, place.port)
    except ApraNovaError as error:
        logger.warning("open connections of visitors to %s live on for a while: %s", place.label, error.message)
