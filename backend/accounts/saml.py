"""SAML 2.0 as the school's provider speaks it: a signed assertion for us, for this sign-in, once.

django-allauth leaves out what the specification asks of a bearer assertion: it takes one that names
no audience, no recipient or no request, and it remembers none that was used. All of that is checked
here. The XML library is loaded only by the first sign-in: most schools have no SAML provider.
"""

from __future__ import annotations

import hashlib
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from backend.accounts.provider_settings import SCHOOL
from backend.accounts.saml_assertion import Assertion, Refused, read_assertion
from backend.accounts.sign_in_limits import NETWORK, network_of
from backend.accounts.subjects import uid_of
from backend.platform.problems import ProblemError, problem_response
from backend.platform.rate_limit import take
from backend.platform.request_context import current_request

if TYPE_CHECKING:
    from onelogin.saml2.auth import OneLogin_Saml2_Auth

logger = logging.getLogger(__name__)
_ANSWER_WAITS_S = 120
"""How long an answer is kept for the request that follows it."""


def redirect(request: HttpRequest, provider: SAMLProvider, back: str) -> HttpResponse:
    """To the provider's page. Raises ValueError: its metadata cannot be had, or is of no use."""
    from onelogin.saml2.errors import OneLogin_Saml2_Error

    _as_people_see_it(request)
    _load_metadata(provider)
    try:
        response: HttpResponse = provider.redirect(request, AuthProcess.LOGIN, next_url=back, headless=True)
    except OneLogin_Saml2_Error as problem:
        logger.warning("the metadata of %s cannot be used: %.300s", provider.name, problem)
        raise ValueError("unusable metadata") from problem
    return response


@csrf_exempt
@login_not_required
@require_POST
def acs(request: HttpRequest, organization_slug: str) -> HttpResponseBase:
    """Where the provider's page posts its answer to. A browser sends no cookie with that post, so
    allauth keeps the answer for the request that follows, `finish_acs`. Anybody may post: kept in
    Redis, which is small, their posts would push out the counters of failed sign-ins."""
    _known(request, organization_slug)
    from allauth.socialaccount.providers.saml import views

    if not take(f"sign_in:saml:{network_of(current_request().ip or '')}", NETWORK):
        late = ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", "Too many tries. Wait a minute.")
        return problem_response(late)
    _as_people_see_it(request)
    SessionStore.clear_expired()
    kept = SessionStore()
    kept.set_expiry(_ANSWER_WAITS_S)
    request.saml_acs_session = kept  # type: ignore[attr-defined]  where allauth looks for it first
    return views.acs(request, organization_slug)


@login_not_required
@require_GET
def finish_acs(request: HttpRequest, organization_slug: str) -> HttpResponseBase:
    """Read the answer, and sign the person in who began in this browser."""
    provider = _known(request, organization_slug)
    from allauth.socialaccount.providers.saml import views
    from lxml.etree import LxmlError
    from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError

    try:
        _load_metadata(provider)
        return views.finish_acs(request, organization_slug)
    except PermissionDenied:
        return _back("unknown", "the answer is to no sign-in of this browser", provider)
    except (LxmlError, OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, ValueError) as problem:
        return _back("unknown", str(problem), provider)


@login_not_required
@require_GET
def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What the provider must know of us. It has no end: some providers read it once."""
    provider = _known(request, organization_slug)
    from allauth.socialaccount.providers.saml.utils import build_sp_config
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    _as_people_see_it(request)
    ours = build_sp_config(request, _options(provider), organization_slug)
    del ours["singleLogoutService"]
    security = {"wantAssertionsSigned": True, "metadataValidUntil": "", "metadataCacheDuration": ""}
    found = OneLogin_Saml2_Settings({"strict": True, "sp": ours, "security": security}, sp_validation_only=True)
    return HttpResponse(found.get_sp_metadata(), content_type="application/samlmetadata+xml")


class SchoolSaml(SAMLProvider):
    def sociallogin_from_response(self, request: HttpRequest, response: OneLogin_Saml2_Auth) -> SocialLogin:
        """Called with an answer whose signature, issuer and times are checked."""
        own_attribute = _options(self)["attribute_mapping"].get("uid", [""])[0]
        try:
            assertion = read_assertion(
                str(response.get_last_response_xml()).encode(),
                audience=response.get_settings().get_sp_data()["entityId"],
                recipient=_address("saml_acs"),
                id_attribute=own_attribute,
                now=time.time(),
            )
            _use_once(assertion)
            login: SocialLogin = super().sociallogin_from_response(request, response)
        except Refused as problem:
            raise ImmediateHttpResponse(_back(problem.code, str(problem), self)) from None
        login.claims = response.get_attributes()  # type: ignore[attr-defined]
        login.account.uid = uid_of(assertion.issuer, f"{own_attribute or 'NameID'}:{assertion.subject}")
        login.account.extra_data = {}
        return login

    def extract_uid(self, data: Any) -> str:  # noqa: ARG002  allauth's
        return "set after the assertion is read"


def _use_once(assertion: Assertion) -> None:
    if not cache.add(f"saml:used:{_digest(assertion.id)}", "yes", timeout=assertion.ends_in_s):
        raise Refused("the assertion was used before")


def _known(request: HttpRequest, organization_slug: str) -> SAMLProvider:
    """Raises Http404."""
    try:
        provider = get_adapter().get_provider(request, SAMLProvider.id, client_id=organization_slug)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    assert isinstance(provider, SAMLProvider)  # noqa: S101
    return provider


def _options(provider: SAMLProvider) -> dict[str, Any]:
    assert provider.app is not None  # noqa: S101  allauth found the provider by it
    return provider.app.settings


def _load_metadata(provider: SAMLProvider) -> None:
    """Get the provider's metadata into the cache, where allauth finds it. Raises ValueError."""
    from allauth.socialaccount.providers.saml.utils import fetch_metadata_url_config

    try:
        fetch_metadata_url_config(_options(provider)["idp"])
    except Exception as problem:  # the library raises no class of its own
        logger.warning("the metadata of %s cannot be read: %.300s", provider.name, problem)
        raise ValueError("no metadata") from problem


def _as_people_see_it(request: HttpRequest) -> None:
    """The provider knows our addresses by their public name, whatever a proxy in front asks for."""
    public = urlsplit(settings.ENVIRONMENT.public_url)
    request.META["HTTP_HOST"] = public.netloc
    request.META["HTTP_X_FORWARDED_PROTO"] = public.scheme


def _address(name: str) -> str:
    return settings.ENVIRONMENT.public_url + reverse(name, args=(SCHOOL,))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _back(code: str, reason: str, provider: SAMLProvider) -> HttpResponse:
    logger.warning("a sign-in by %s did not work: %.300s", provider.name, reason)
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?error={code}")
