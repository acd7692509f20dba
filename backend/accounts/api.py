"""The API of people: who am I."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from backend.accounts.authentication import acting_user
from backend.accounts.roles import Role, Track
from backend.accounts.schemas import MeOut, SchoolOut

router = Router(tags=["people"])

NOT_ISOLATED = (
    "Workspaces are not isolated from each other and from this machine. Use this installation only for people you "
    "would give an account on it."
)


@router.get("me/", response=MeOut, operation_id="get_me", summary="Who am I")
def get_me(request: HttpRequest) -> MeOut:
    user = acting_user(request)
    environment = settings.ENVIRONMENT
    return MeOut(
        id=user.pk,
        email=user.email,
        name=user.name,
        role=Role(user.role),
        track=Track(user.track) if user.track else None,
        kinds=user.kinds,
        mfa_enabled=is_mfa_enabled(user),
        school=SchoolOut(
            name=environment.school_name,
            isolated=environment.isolated,
            warnings=[] if environment.isolated else [NOT_ISOLATED],
        ),
    )
