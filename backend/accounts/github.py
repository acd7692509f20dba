"""GitHub as a provider: OAuth 2 with PKCE, and the addresses that GitHub has verified."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from backend.accounts.subjects import uid_of


def redirect(request: HttpRequest, provider: GitHubProvider, back: str) -> HttpResponse:
    provider.oauth2_adapter_class = SchoolGitHub
    response: HttpResponse = provider.redirect(request, AuthProcess.LOGIN, next_url=back, headless=True)
    return response


@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    """Where GitHub sends the browser back to."""
    try:
        return OAuth2CallbackView.adapter_view(SchoolGitHub)(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None


class SchoolGitHub(GitHubOAuth2Adapter):
    def __init__(self, request: HttpRequest) -> None:
        """Raises SocialApp.DoesNotExist: the school has no sign-in by GitHub."""
        super().__init__(request)
        self.settings = self.get_provider().app.settings
        self.authorize_url = f"{self.settings['url']}/login/oauth/authorize"
        self.access_token_url = f"{self.settings['url']}/login/oauth/access_token"
        self.profile_url = f"{self.settings['api']}/user"
        self.emails_url = f"{self.settings['api']}/user/emails"

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002  allauth's
        """As it is registered at GitHub, whatever name a proxy in front asks for."""
        return settings.ENVIRONMENT.public_url + reverse("github_callback")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Raises OAuth2Error. GitHub's number of the person stays when they change their name."""
        try:
            login: SocialLogin = super().complete_login(request, app, token, **kwargs)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise OAuth2Error("the answer is not one of GitHub") from problem
        login.account.uid = uid_of(self.settings["url"], login.account.uid)
        login.account.extra_data = {}
        # With an address that is not verified, allauth would look for a person before our hooks do.
        login.email_addresses = [it for it in login.email_addresses if it.verified is True] or login.email_addresses
        return login
