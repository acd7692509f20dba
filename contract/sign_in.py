"""How a school signs its people in: its providers, and whether passwords are used.

The backend signs in with them; on one machine `doctor` asks whether they answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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
    "APRANOVA_GITHUB_CLIENT_ID",
    "APRANOVA_GITHUB_CLIENT_SECRET",
    "APRANOVA_GITHUB_URL",
    "APRANOVA_SAML_METADATA",
    "APRANOVA_SAML_NAME",
    "APRANOVA_SAML_ISSUER",
    "APRANOVA_SAML_ENTITY_ID",
    "APRANOVA_SAML_VERIFIED_DOMAINS",
    "APRANOVA_SAML_ID_ATTRIBUTE",
    "APRANOVA_SAML_EMAIL_ATTRIBUTE",
    "APRANOVA_SAML_NAME_ATTRIBUTE",
    "APRANOVA_LTI_ISSUER",
    "APRANOVA_LTI_NAME",
    "APRANOVA_LTI_CLIENT_ID",
    "APRANOVA_LTI_DEPLOYMENT_IDS",
    "APRANOVA_LTI_LOGIN_URL",
    "APRANOVA_LTI_TOKEN_URL",
    "APRANOVA_LTI_KEYS_URL",
    "APRANOVA_LTI_VERIFIED_DOMAINS",
    "APRANOVA_LTI_TEACHERS",
)
DISCOVERY = "/.well-known/openid-configuration"
CANVAS = "https://canvas.instructure.com"
_OF_CANVAS = {
    "APRANOVA_LTI_LOGIN_URL": "https://sso.canvaslms.com/api/lti/authorize_redirect",
    "APRANOVA_LTI_KEYS_URL": "https://sso.canvaslms.com/api/lti/security/jwks",
}
"""All schools at Instructure share these, and the issuer."""
_OF_MOODLE = {
    "APRANOVA_LTI_LOGIN_URL": "/mod/lti/auth.php",
    "APRANOVA_LTI_TOKEN_URL": "/mod/lti/token.php",
    "APRANOVA_LTI_KEYS_URL": "/mod/lti/certs.php",
}
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{3,253}")
_TENANTS_OF_ANYBODY = ("common", "organizations", "consumers")
_ENTITY = re.compile(r"[a-z][a-z0-9+.-]*:[^\s'\"<>]{1,1000}", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True)
class OpenID:
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
class GitHub:
    """It says itself which addresses are verified."""

    client_id: str
    client_secret: str = field(repr=False)
    url: str = "https://github.com"
    """Another one is a GitHub Enterprise Server's."""
    id: str = "github"
    name: str = "GitHub"

    @property
    def api(self) -> str:
        return "https://api.github.com" if self.url == "https://github.com" else f"{self.url}/api/v3"


@dataclass(frozen=True)
class Saml:
    """One identity provider that speaks SAML 2.0."""

    name: str
    metadata: str
    """The URL of its description; `file:` for a file of the school."""
    verified_domains: tuple[str, ...]
    """SAML does not say which addresses are verified: those at these domains are."""
    issuer: str = ""
    """Its entity id; needed only when the metadata describes several providers."""
    entity_id: str = ""
    """What it calls us; empty: the address of our metadata."""
    id_attribute: str = ""
    """What says who somebody is, for good; empty: the persistent NameID."""
    email_attribute: str = ""
    name_attribute: str = ""
    """Empty: the names that providers commonly use."""
    id: str = "saml"


Provider = OpenID | GitHub | Saml


@dataclass(frozen=True)
class Lti:
    """The school's learning platform, as Moodle or Canvas: it opens ApraNova by LTI 1.3."""

    name: str
    issuer: str
    client_id: str
    deployment_ids: tuple[str, ...]
    login_url: str
    """Where the platform says who somebody is."""
    token_url: str
    """Where we get the right to read a course's list of people and to send marks."""
    keys_url: str
    """The platform's public keys."""
    verified_domains: tuple[str, ...]
    """LTI does not say which addresses are verified: those at these domains are."""
    teachers: bool = False
    """Whoever teaches a connected course there teaches its cohort here, also newcomers."""
    id: str = "lti"

    @property
    def origins(self) -> tuple[str, ...]:
        """Of its pages and services; a course's addresses must be at one of them."""
        addresses = (self.issuer, self.login_url, self.token_url, self.keys_url)
        return tuple(dict.fromkeys(f"{it.scheme}://{it.netloc}" for it in map(urlsplit, addresses)))


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
    lti: Lti | None = None
    """No button leads to it: people come from there."""


def read_sign_in(variables: Mapping[str, str]) -> SignIn:
    """Raises BadSetting."""
    environment = Environment(variables)
    found = (
        _openid(environment),
        _google(environment),
        _microsoft(environment),
        _github(environment),
        _saml(environment),
    )
    providers = tuple(it for it in found if it is not None)
    passwords = environment.flag("APRANOVA_SIGN_IN_PASSWORDS") if "APRANOVA_SIGN_IN_PASSWORDS" in environment else True
    break_glass = environment.text("APRANOVA_ADMIN_EMAIL", "").lower()
    lti = _lti(environment)
    if not passwords and not providers and lti is None:
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
        lti=lti,
    )


def _openid(environment: Environment) -> OpenID | None:
    if "APRANOVA_OPENID_ISSUER" not in environment:
        return None
    return _provider(
        environment,
        "openid",
        _issuer(environment, "APRANOVA_OPENID_ISSUER"),
        name=environment.text("APRANOVA_OPENID_NAME", "your school"),
        verified_domains=_domains(environment, "APRANOVA_OPENID_VERIFIED_DOMAINS"),
    )


def _google(environment: Environment) -> OpenID | None:
    if "APRANOVA_GOOGLE_CLIENT_ID" not in environment:
        return None
    return _provider(environment, "google", "https://accounts.google.com", name="Google")


def _microsoft(environment: Environment) -> OpenID | None:
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


def _github(environment: Environment) -> GitHub | None:
    """The client ID alone is for Git in the workspaces."""
    if "APRANOVA_GITHUB_CLIENT_SECRET" not in environment:
        return None
    client_id, client_secret = _client(environment, "APRANOVA_GITHUB")
    if "APRANOVA_GITHUB_URL" not in environment:
        return GitHub(client_id, client_secret)
    return GitHub(client_id, client_secret, url=_encrypted(environment, "APRANOVA_GITHUB_URL").rstrip("/"))


def _saml(environment: Environment) -> Saml | None:
    if "APRANOVA_SAML_METADATA" not in environment:
        return None
    domains = _domains(environment, "APRANOVA_SAML_VERIFIED_DOMAINS")
    if not domains:
        raise BadSetting(
            "APRANOVA_SAML_VERIFIED_DOMAINS is not set; SAML does not say which addresses are verified, so name the "
            "domains of your school, as in school.example"
        )
    return Saml(
        name=environment.text("APRANOVA_SAML_NAME", "your school"),
        metadata=_metadata(environment, "APRANOVA_SAML_METADATA"),
        verified_domains=domains,
        issuer=_entity(environment, "APRANOVA_SAML_ISSUER"),
        entity_id=_entity(environment, "APRANOVA_SAML_ENTITY_ID"),
        id_attribute=environment.text("APRANOVA_SAML_ID_ATTRIBUTE", ""),
        email_attribute=environment.text("APRANOVA_SAML_EMAIL_ATTRIBUTE", ""),
        name_attribute=environment.text("APRANOVA_SAML_NAME_ATTRIBUTE", ""),
    )


def _lti(environment: Environment) -> Lti | None:
    if "APRANOVA_LTI_ISSUER" not in environment:
        return None
    for variable, where in (
        ("APRANOVA_LTI_CLIENT_ID", "the platform shows it where you register ApraNova"),
        ("APRANOVA_LTI_DEPLOYMENT_IDS", "the platform shows the deployment ID where you register ApraNova"),
        (
            "APRANOVA_LTI_VERIFIED_DOMAINS",
            "LTI does not say which addresses are verified, so name the domains of your school, as in school.example",
        ),
    ):
        if variable not in environment:
            raise BadSetting(f"{variable} is not set; {where}")
    issuer = _encrypted(environment, "APRANOVA_LTI_ISSUER")
    if issuer == CANVAS and "APRANOVA_LTI_TOKEN_URL" not in environment:
        raise BadSetting(
            "APRANOVA_LTI_TOKEN_URL is not set; for Canvas it is your school's own address, as in "
            "https://school.instructure.com/login/oauth2/token"
        )
    return Lti(
        name=environment.text("APRANOVA_LTI_NAME", "your school's learning platform"),
        issuer=issuer,
        client_id=environment.text("APRANOVA_LTI_CLIENT_ID"),
        deployment_ids=tuple(environment.text("APRANOVA_LTI_DEPLOYMENT_IDS").split()),
        login_url=_lti_address(environment, "APRANOVA_LTI_LOGIN_URL", issuer),
        token_url=_lti_address(environment, "APRANOVA_LTI_TOKEN_URL", issuer),
        keys_url=_lti_address(environment, "APRANOVA_LTI_KEYS_URL", issuer),
        verified_domains=_domains(environment, "APRANOVA_LTI_VERIFIED_DOMAINS"),
        teachers=environment.flag("APRANOVA_LTI_TEACHERS") if "APRANOVA_LTI_TEACHERS" in environment else False,
    )


def _lti_address(environment: Environment, name: str, issuer: str) -> str:
    """What the school set; else where Canvas or a Moodle has it."""
    if name in environment:
        return _encrypted(environment, name)
    return _OF_CANVAS[name] if issuer == CANVAS else issuer.rstrip("/") + _OF_MOODLE[name]


def _provider(
    environment: Environment, provider_id: str, issuer: str, *, name: str, verified_domains: tuple[str, ...] = ()
) -> OpenID:
    client_id, client_secret = _client(environment, f"APRANOVA_{provider_id.upper()}")
    return OpenID(
        id=provider_id,
        name=name,
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret,
        verified_domains=verified_domains,
    )


def _client(environment: Environment, prefix: str) -> tuple[str, str]:
    for variable in (f"{prefix}_CLIENT_ID", f"{prefix}_CLIENT_SECRET"):
        if variable not in environment:
            raise BadSetting(f"{variable} is not set; the provider shows it where you register ApraNova")
    return environment.text(f"{prefix}_CLIENT_ID"), environment.text(f"{prefix}_CLIENT_SECRET")


def _metadata(environment: Environment, name: str) -> str:
    text = environment.text(name)
    if text.startswith("/"):
        return Path(text).as_uri()
    try:
        _encrypted(environment, name)
    except BadSetting:
        raise environment.refused(name, "an address that begins with https://, or a file's full path") from None
    return text


def _entity(environment: Environment, name: str) -> str:
    text = environment.text(name, "")
    if text and not _ENTITY.fullmatch(text):
        raise environment.refused(name, "an entity ID, as in https://sso.school.example/idp")
    return text


def _issuer(environment: Environment, name: str) -> str:
    return _encrypted(environment, name).removesuffix(DISCOVERY)


def _encrypted(environment: Environment, name: str) -> str:
    address = environment.url(name, ("https", "http"))
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise environment.refused(name, "an address that begins with https://, as the provider's page shows it")
    return address


def _domains(environment: Environment, name: str) -> tuple[str, ...]:
    domains = tuple(environment.text(name, "").lower().split())
    if not all(_DOMAIN.fullmatch(it) for it in domains):
        raise environment.refused(name, "domains of email addresses, separated by spaces, as in school.example")
    return domains
