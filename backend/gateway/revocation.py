"""Ends a person's access to workspaces when their right to be in the portal ends.

These are signals and not calls from services, because the admin's pages, allauth and commands also
sign out, deactivate and delete people, and none of them may forget it. A failing Redis makes a
sign-out fail visibly: a sign-out that leaves an editor open to the next person would be worse.

A stopped or deleted workspace needs nothing here: authorization asks for its state anyway.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from backend.accounts.models import User
from backend.gateway.wiring import access_book


def listen() -> None:
    user_logged_out.connect(_signed_out, dispatch_uid="gateway.signed_out")
    post_save.connect(_saved, sender=User, dispatch_uid="gateway.user_saved")
    post_delete.connect(_deleted, sender=User, dispatch_uid="gateway.user_deleted")
    for signal in (password_changed, password_reset):
        signal.connect(_password_changed, dispatch_uid="gateway.password_changed")


def _signed_out(request: HttpRequest | None = None, **_: Any) -> None:
    session_key = request.session.session_key if request is not None and hasattr(request, "session") else None
    if session_key:
        access_book().revoke_session(session_key)


def _saved(instance: User, *, created: bool = False, **_: Any) -> None:
    if not created and not instance.is_active:
        _revoke_when_committed(instance)


def _deleted(instance: User, **_: Any) -> None:
    _revoke_when_committed(instance)


def _password_changed(user: User, **_: Any) -> None:
    """Also renews the session's key, by which a later sign-out would look for what to revoke."""
    _revoke_when_committed(user)


def _revoke_when_committed(user: User) -> None:
    user_id = str(user.pk)  # before a delete clears it
    transaction.on_commit(lambda: access_book().revoke_user(user_id))
