"""How a school signs its people in: its OpenID Connect providers, and whether passwords are used.

The backend signs in with them; on one machine `doctor` asks whether they answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from contract.environment import BadSetting, Environment

VARIABLES = (
    "APRANOVA_SIGN_IN_PASSWORDS",
    "APRANOVA_SIGN_IN_GROUPS_CLAIM",
    "APRANOVA_SIGN_IN_INSTRUCTOR_GROUP",
    "APRANOVA_OPENID_ISSUER",
    "APRANOVA_OPENID_NAME",
    "APRANOVA_OPENID_CLIENT_ID",
    "APRANOVA_OPENID_CLIENT_SECRET",
    "APRANOVA_OPENID_VERIFIED_DOMAINS",
    "APRANOVA_GOOGLE_CLIENT_ID",
    "APRANOVA_GOOGLE_CLIENT_SECRET",
    "APRANOVA_MICROSOFT_TENANT",
    "APRANOVA_MICROSOFT_CLIENT_ID",
    "APRANOVA_MICROSOFT_CLIENT_SECRET",
    "APRANOVA_MICROSOFT_VERIFIED_DOMAINS",
)
DISCOVERY = "/.well-known/openid-configuration"
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{3,253}")
_TENANTS_OF_ANYBODY = ("common", "organizations", "consumers")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True)
class Provider:
    """One OpenID Connect provider."""

    id: str
    """Also a part of the address to which it sends people back."""
    name: str
    """What the button on the sign-in page says."""
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    verified_domains: tuple[str, ...] = ()
    """Addresses at these count as verified although the provider does not say so."""

    @property
    def discovery(self) -> str:
        return self.issuer.rstrip("/") + DISCOVERY


@dataclass(frozen=True)
class SignIn:
    providers: tuple[Provider, ...] = ()
    passwords: bool = True
    break_glass: str = ""
    """With passwords switched off, the one address that may still sign in by password."""
    groups_claim: str = ""
    """The claim with a newcomer's groups, one of which may be a cohort's name. Empty: none."""
    instructor_group: str = ""
    """Newcomers in this group become instructors; empty: nobody does."""


def read_sign_in(variables: Mapping[str, str]) -> SignIn:
    """Raises BadSetting."""
    environment = Environment(variables)
    found = (_openid(environment), _google(environment), _microsoft(environment))
    providers = tuple(it for it in found if it is not None)
    passwords = environment.flag("APRANOVA_SIGN_IN_PASSWORDS") if "APRANOVA_SIGN_IN_PASSWORDS" in environment else True
    break_glass = environment.text("APRANOVA_ADMIN_EMAIL", "").lower()
    if not passwords and not providers:
        raise BadSetting("APRANOVA_SIGN_IN_PASSWORDS is no, but no provider is set: nobody could sign in")
    if not passwords and not break_glass:
        raise BadSetting(
            "APRANOVA_SIGN_IN_PASSWORDS is no, so APRANOVA_ADMIN_EMAIL must name the admin who may sign in by "
            "password when the provider does not answer"
        )
    return SignIn(
        providers=providers,
        passwords=passwords,
        break_glass=break_glass,
        groups_claim=environment.text("APRANOVA_SIGN_IN_GROUPS_CLAIM", ""),
        instructor_group=environment.text("APRANOVA_SIGN_IN_INSTRUCTOR_GROUP", ""),
    )


def _openid(environment: Environment) -> Provider | None:
    if "APRANOVA_OPENID_ISSUER" not in environment:
        return None
    return _provider(
        environment,
        "openid",
        _issuer(environment, "APRANOVA_OPENID_ISSUER"),
        name=environment.text("APRANOVA_OPENID_NAME", "your school"),
        verified_domains=_domains(environment, "APRANOVA_OPENID_VERIFIED_DOMAINS"),
    )


def _google(environment: Environment) -> Provider | None:
    if "APRANOVA_GOOGLE_CLIENT_ID" not in environment:
        return None
    return _provider(environment, "google", "https://accounts.google.com", name="Google")


def _microsoft(environment: Environment) -> Provider | None:
    """Microsoft does not say whether an address is verified, so the school names its domains."""
    if "APRANOVA_MICROSOFT_TENANT" not in environment:
        return None
    tenant = environment.text("APRANOVA_MICROSOFT_TENANT")
    if not _TENANT.fullmatch(tenant) or tenant in _TENANTS_OF_ANYBODY:
        raise environment.refused("APRANOVA_MICROSOFT_TENANT", "the id of your school's own tenant")
    domains = _domains(environment, "APRANOVA_MICROSOFT_VERIFIED_DOMAINS")
    if not domains:
        raise BadSetting(
            "APRANOVA_MICROSOFT_VERIFIED_DOMAINS is not set; Microsoft does not say which addresses are verified, so "
            "name the domains of your school, as in school.example"
        )
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    return _provider(environment, "microsoft", issuer, name="Microsoft", verified_domains=domains)


def _provider(
    environment: Environment, provider_id: str, issuer: str, *, name: str, verified_domains: tuple[str, ...] = ()
) -> Provider:
    prefix = f"APRANOVA_{provider_id.upper()}"
    for variable in (f"{prefix}_CLIENT_ID", f"{prefix}_CLIENT_SECRET"):
        if variable not in environment:
            raise BadSetting(f"{variable} is not set; the provider shows it where you register ApraNova")
    return Provider(
        id=provider_id,
        name=name,
        issuer=issuer,
        client_id=environment.text(f"{prefix}_CLIENT_ID"),
        client_secret=environment.text(f"{prefix}_CLIENT_SECRET"),
        verified_domains=verified_domains,
    )


def _issuer(environment: Environment, name: str) -> str:
    issuer = environment.url(name, ("https", "http"))
    parts = urlsplit(issuer)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise environment.refused(name, "an address that begins with https://, as the provider's page shows it")
    return issuer.removesuffix(DISCOVERY)


def _domains(environment: Environment, name: str) -> tuple[str, ...]:
    domains = tuple(environment.text(name, "").lower().split())
    if not all(_DOMAIN.fullmatch(it) for it in domains):
        raise environment.refused(name, "domains of email addresses, separated by spaces, as in school.example")
    return domains
