"""Addresses of the backend: all below /api/, and the door. The gateway answers its own."""

from __future__ import annotations

import sys

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from backend.accounts import github, openid, saml
from backend.config.api import api, problem_for
from backend.lti import views as lti
from backend.platform.admin_site import site
from backend.platform.problems import not_found, problem_response


def _not_offered(_request: HttpRequest, **_: str) -> HttpResponse:
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/admin/", site.urls),
    # allauth serves these even though nobody has a phone, and then fails without an adapter.
    re_path(r"^api/auth/(?:app|browser)/v1/(?:account|auth)/phone", _not_offered),
    # A sign-in at the school's provider begins by our API, and comes back to our view.
    re_path(r"^api/auth/(?:app|browser)/v1/(?:auth/provider/|account/providers)", _not_offered),
    path("api/auth/oidc/<str:provider_id>/callback/", openid.callback, name="openid_connect_callback"),
    path("api/auth/github/callback/", github.callback, name="github_callback"),
    path("api/auth/saml/<str:organization_slug>/acs/", saml.acs, name="saml_acs"),
    path("api/auth/saml/<str:organization_slug>/acs/finish/", saml.finish_acs, name="saml_finish_acs"),
    path("api/auth/saml/<str:organization_slug>/metadata/", saml.metadata, name="saml_metadata"),
    path("api/auth/saml/<str:organization_slug>/sls/", _not_offered, name="saml_sls"),  # allauth names it
    path("api/auth/lti/login/", lti.login, name="lti_login"),
    path("api/auth/lti/launch/", lti.launch, name="lti_launch"),
    path("api/auth/lti/open/", lti.open_launch, name="lti_open"),
    path("api/auth/lti/content/", lti.choose_content, name="lti_content"),
    path("api/auth/lti/keys/", lti.keys, name="lti_keys"),
    path("api/auth/", include("allauth.headless.urls")),
    path("api/door/", include("backend.gateway.door_urls")),
    path("api/", api.urls),
    path("workspace", RedirectView.as_view(url="/workspace/")),
    path("workspace/", include("backend.gateway.urls")),
]


def handler404(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    return problem_response(not_found())


def _error(_request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(problem_for(exception))


handler400 = _error
handler403 = _error


def handler500(_request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    return problem_response(problem_for(error if isinstance(error, Exception) else RuntimeError("unknown")))
