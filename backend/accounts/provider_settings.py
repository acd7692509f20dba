"""A school's providers as django-allauth's settings."""

from __future__ import annotations

from typing import Any

from contract.sign_in import GitHub, Lti, OpenID, Saml, SignIn

SCHOOL = "school"
"""The part of SAML's addresses that names the provider; a school has one."""
_METADATA_KEPT_S = 4 * 3600
_FILE_KEPT_S = 60
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_EMAIL = (
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "mail",
    "email",
)
_NAME = (
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "displayName",
)
_FIRST_NAME = (
    "urn:oid:2.5.4.42",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "givenName",
)
_LAST_NAME = (
    "urn:oid:2.5.4.4",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "sn",
)
"""What eduPerson's schema, Microsoft Entra and Keycloak call them."""


def allauth_providers(sign_in: SignIn) -> dict[str, Any]:
    """The value of SOCIALACCOUNT_PROVIDERS."""
    return {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [_openid(it) for it in sign_in.providers if isinstance(it, OpenID)],
        },
        "github": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [_github(it) for it in sign_in.providers if isinstance(it, GitHub)],
        },
        "saml": {
            "provider_class": "backend.accounts.saml.SchoolSaml",
            "APPS": [_saml(it) for it in sign_in.providers if isinstance(it, Saml)],
        },
        "lti": {"APPS": [_lti(sign_in.lti)] if sign_in.lti else []},
    }


def _openid(provider: OpenID) -> dict[str, Any]:
    return {
        "provider_id": provider.id,
        "name": provider.name,
        "client_id": provider.client_id,
        "secret": provider.client_secret,
        "settings": {"server_url": provider.discovery, "verified_email": list(provider.verified_domains)},
    }


def _github(provider: GitHub) -> dict[str, Any]:
    return {
        "name": provider.name,
        "client_id": provider.client_id,
        "secret": provider.client_secret,
        "settings": {"scope": ["user:email"], "url": provider.url, "api": provider.api},
    }


def _lti(platform: Lti) -> dict[str, Any]:
    return {
        "name": platform.name,
        "client_id": platform.client_id,
        "settings": {"verified_email": list(platform.verified_domains)},
    }


def _saml(provider: Saml) -> dict[str, Any]:
    from_file = provider.metadata.startswith("file:")
    return {
        "name": provider.name,
        "client_id": SCHOOL,
        "settings": {
            "verified_email": list(provider.verified_domains),
            "attribute_mapping": {
                "email": [provider.email_attribute] if provider.email_attribute else list(_EMAIL),
                "name": [provider.name_attribute] if provider.name_attribute else list(_NAME),
                "first_name": list(_FIRST_NAME),
                "last_name": list(_LAST_NAME),
                **({"uid": [provider.id_attribute]} if provider.id_attribute else {}),
            },
            "idp": {
                "metadata_url": provider.metadata,
                "entity_id": provider.issuer or None,
                "metadata_request_timeout": 5,
                "metadata_cache_timeout": _FILE_KEPT_S if from_file else _METADATA_KEPT_S,
            },
            "sp": {"entity_id": provider.entity_id},
            "advanced": {
                "strict": True,
                "want_assertion_signed": True,
                "reject_deprecated_algorithm": True,  # SHA-1
                "reject_idp_initiated_sso": True,
                "allow_single_label_domains": True,  # a school's own network
                "name_id_format": _UNSPECIFIED if provider.id_attribute else _PERSISTENT,
            },
        },
    }
