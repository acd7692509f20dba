"""The platform as one of django-allauth's providers: it links a person of the platform to an
account, by the same rules as every other sign-in of the school."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import Provider, ProviderAccount

from backend.accounts.subjects import uid_of
from backend.lti.launch import Launch


class LtiProvider(Provider):
    id = "lti"
    name = "LTI"
    account_class = ProviderAccount
    uses_apps = True

    def extract_uid(self, data: Launch) -> str:
        return uid_of(data.issuer, data.subject)

    def extract_extra_data(self, data: Launch) -> dict[str, Any]:  # noqa: ARG002  the claims are not kept
        return {}

    def extract_common_fields(self, data: Launch) -> dict[str, Any]:
        return {"name": data.name}

    def extract_email_addresses(self, data: Launch) -> list[EmailAddress]:
        """Verified only at the school's domains; allauth looks there."""
        return [EmailAddress(email=data.email, verified=False, primary=True)] if data.email else []


provider_classes = [LtiProvider]
