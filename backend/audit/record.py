"""Writing one audit record, in the transaction of the change that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from backend.audit.models import Record
from backend.platform.request_context import current_request

TARGET_ID_LENGTH_MAX = 254


def record(
    action: str, *, actor: AbstractBaseUser | None, target_type: str, target_id: object, **details: Any
) -> Record:
    """Add a record, in the transaction of the change, so that neither exists without the other.

    Address and request id are those of the current request, empty in commands. `details` must be
    JSON values and never secrets.
    """
    made = _record(action, target_type, target_id, details, actor=actor)
    made.save(force_insert=True)
    return made


def record_all(
    action: str,
    target_type: str,
    targets: Iterable[tuple[object, Mapping[str, Any]]],
    *,
    actor: AbstractBaseUser | None,
) -> None:
    """A record for each (target's id, details), as `record` adds one, in one statement."""
    Record.objects.bulk_create(_record(action, target_type, it, details, actor=actor) for it, details in targets)


def _record(
    action: str, target_type: str, target_id: object, details: Mapping[str, Any], *, actor: AbstractBaseUser | None
) -> Record:
    request = current_request()
    return Record(
        actor_id=actor.pk if actor else None,
        actor=actor.get_username() if actor else "",
        action=action,
        target_type=target_type,
        target_id=str(target_id).replace("\0", "")[:TARGET_ID_LENGTH_MAX],
        ip=request.ip,
        request_id=request.request_id,
        details=dict(details),
    )
