"""Beginning to sign in at one of the school's providers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.http import HttpRequest
from requests import RequestException

from backend.accounts import github, openid, saml
from backend.accounts.sign_in_limits import NETWORK, network_of
from backend.platform.problems import ProblemError, not_found
from backend.platform.rate_limit import take
from backend.platform.request_context import current_request
from contract.sign_in import GitHub, OpenID, Saml, SignIn


def begin(request: HttpRequest, provider_id: str, wanted: str) -> str:
    """The provider's address at which the person signs in. They come back to the portal's page."""
    sign_in: SignIn = settings.ENVIRONMENT.sign_in
    chosen = next((it for it in sign_in.providers if it.id == provider_id), None)
    if chosen is None:
        raise not_found("This school has no such sign-in.", reason="no_provider")
    if not take(f"sign_in:provider:{network_of(current_request().ip or '')}", NETWORK):
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", "Too many tries. Wait a minute.")
    provider: Any = get_adapter().get_provider(request, provider_id)
    back = f"{settings.ENVIRONMENT.public_url}/signin?{urlencode({'returned': 'yes', 'next': wanted})}"
    try:
        match chosen:
            case OpenID():
                response = openid.redirect(request, provider, back)
            case GitHub():
                response = github.redirect(request, provider, back)
            case Saml():
                response = saml.redirect(request, provider, back)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "provider_unavailable",
            f"{provider.name} does not answer right now.",
            remedy="Try again in a moment.",
        ) from None
    return response["Location"]
