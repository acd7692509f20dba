"""The API of people: who am I."""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from ninja import Router
from ninja.utils import check_csrf

from backend.accounts.authentication import acting_user
from backend.accounts.begin_sign_in import begin
from backend.accounts.roles import Role, Track
from backend.accounts.schemas import MeOut, SchoolOut, SignInIn, SignInOut, SignInStartOut
from backend.accounts.school_sign_in import may_use_password
from backend.platform.problems import csrf_failed

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
        uses_password=user.has_usable_password() and may_use_password(user.email),
        school=SchoolOut(
            name=environment.school_name,
            isolated=environment.isolated,
            warnings=[] if environment.isolated else [NOT_ISOLATED],
        ),
    )


@router.get("sign-in/", auth=None, response=SignInOut, operation_id="get_sign_in", summary="How people sign in")
def get_sign_in(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001  ninja's
    sign_in = settings.ENVIRONMENT.sign_in
    return {
        "school": settings.ENVIRONMENT.school_name,
        "providers": [{"id": it.id, "name": it.name} for it in sign_in.providers],
        "passwords": sign_in.passwords,
        "platform": sign_in.lti.name if sign_in.lti else None,
    }


@router.post(
    "sign-in/{provider}/",
    auth=None,
    response=SignInStartOut,
    operation_id="begin_sign_in",
    summary="Begin to sign in at a provider",
)
def begin_sign_in(request: HttpRequest, provider: str, payload: SignInIn) -> dict[str, str]:
    """The browser opens the answer's address. 503 when the provider does not answer."""
    if check_csrf(request) is not None:
        raise csrf_failed()
    return {"url": begin(request, provider, payload.next)}
