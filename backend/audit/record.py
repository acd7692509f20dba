"""Writing one audit record, in the transaction of the change that it is about."""

from __future__ import annotations

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
    request = current_request()
    return Record.objects.create(
        actor_id=actor.pk if actor else None,
        actor=actor.get_username() if actor else "",
        action=action,
        target_type=target_type,
        target_id=str(target_id).replace("\0", "")[:TARGET_ID_LENGTH_MAX],
        ip=request.ip,
        request_id=request.request_id,
        details=details,
    )
