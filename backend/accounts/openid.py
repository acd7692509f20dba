"""OpenID Connect as the school's providers speak it: authorization code, PKCE, nonce, signed token.

django-allauth leaves out what the specification allows a client to leave out: the nonce, the
token's signature where it came by TLS, and whether the two answers are about one person. All three
are checked here.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from backend.accounts.subjects import uid_of

_STATE_BYTES = 32


def redirect(request: HttpRequest, provider: OpenIDConnectProvider, back: str) -> HttpResponse:
    """To the provider's page. The person comes back to `callback`, and then to `back`."""
    provider.oauth2_adapter_class = SchoolOpenID
    state_id = secrets.token_urlsafe(_STATE_BYTES)
    response: HttpResponse = provider.redirect(
        request,
        AuthProcess.LOGIN,
        next_url=back,
        state_id=state_id,
        auth_params={**provider.get_auth_params(), "nonce": _nonce_of(state_id)},
        headless=True,
    )
    return response


@login_not_required
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the provider sends the browser back to."""
    try:
        view = OAuth2CallbackView.adapter_view(SchoolOpenID(request, provider_id))
        return view(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None


class SchoolOpenID(OpenIDConnectOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002  allauth's
        """As it is registered at the provider, whatever name a proxy in front asks for."""
        return settings.ENVIRONMENT.public_url + reverse("openid_connect_callback", args=(self.provider_id,))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Raises OAuth2Error. The claims go no further than this login: none is stored."""
        try:
            login: SocialLogin = super().complete_login(request, app, token, **kwargs)
            claims = login.account.extra_data
            told, signed = claims["userinfo"], claims["id_token"]
        except (KeyError, TypeError, ValueError) as problem:
            raise OAuth2Error("the provider's answer is not one of OpenID Connect") from problem
        if told.get("sub") != signed.get("sub"):
            raise OAuth2Error("the provider's answers are about two people")
        login.claims = {**signed, **told}  # type: ignore[attr-defined]
        login.account.uid = uid_of(signed["iss"], signed["sub"])
        login.account.extra_data = {}
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        if claims.get("nonce") != _nonce_of(self.request.GET.get("state", "")):
            raise OAuth2Error("the token is of another sign-in")
        return claims


def _nonce_of(state_id: str) -> str:
    """The state belongs to the session of this browser, and so does what is made from it."""
    return hashlib.sha256(f"nonce {state_id}".encode()).hexdigest()
