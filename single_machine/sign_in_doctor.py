"""What `doctor` asks about the sign-in: whether each provider answers as it should."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography import x509

from contract.environment import BadSetting
from contract.sign_in import GitHub, Lti, OpenID, Saml
from single_machine.answers import Answer, Verdict
from single_machine.settings import Settings
from single_machine.web_requests import WebAnswer, ask, context_of

NEEDED = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
CERTIFICATE_ENDS_SOON = timedelta(days=30)


def sign_in(settings: Settings) -> Iterator[Answer]:
    if not settings.sign_in.providers and settings.sign_in.lti is None:
        return
    try:
        context = context_of(settings.network)
    except BadSetting:  # another answer names it
        context = ssl.create_default_context()
    for provider in settings.sign_in.providers:
        match provider:
            case OpenID():
                yield _discovery(provider, ask(settings.network, context, provider.discovery))
            case GitHub():
                yield _github(provider, ask(settings.network, context, provider.api))
            case Saml():
                yield _metadata(provider, _read(provider, settings, context))
    if settings.sign_in.lti is not None:
        yield _platform_keys(settings.sign_in.lti, ask(settings.network, context, settings.sign_in.lti.keys_url))


def _discovery(provider: OpenID, answer: WebAnswer) -> Answer:
    check = f"sign-in by {provider.name}"
    why_not = _why_not(answer)
    found: dict[str, object] = {}
    if not why_not:
        try:
            said = json.loads(answer.body)
            found = said if isinstance(said, dict) else {}
        except ValueError as problem:
            why_not = str(problem)
    if why_not:
        advice = "Open this address in a browser: it must show JSON. Check the issuer (tenant) and the firewall."
        return Answer(check, Verdict.NO, f"{provider.discovery} does not answer as it should ({why_not})", advice)
    missing = [name for name in NEEDED if not found.get(name)]
    if missing:
        advice = "Is it the address of an OpenID Connect provider?"
        return Answer(check, Verdict.NO, f"{provider.discovery} names no {', '.join(missing)}", advice)
    if found.get("issuer") != provider.issuer and found.get("issuer") != provider.issuer.rstrip("/"):
        advice = f"Set the issuer to {found.get('issuer')}"
        return Answer(check, Verdict.LOOK, f"the provider calls itself {found.get('issuer')}", advice)
    return Answer(check, Verdict.YES, f"{provider.issuer} answers")


def _github(provider: GitHub, answer: WebAnswer) -> Answer:
    check = f"sign-in by {provider.name}"
    if answer.why_not:
        advice = "Check the firewall, and github.url if you have set it."
        return Answer(check, Verdict.NO, f"{provider.api} cannot be reached ({answer.why_not})", advice)
    return Answer(check, Verdict.YES, f"{provider.api} answers")


def _platform_keys(platform: Lti, answer: WebAnswer) -> Answer:
    check = f"launches from {platform.name}"
    why_not = _why_not(answer)
    try:
        keys = [] if why_not else json.loads(answer.body)["keys"]
        usable = [it for it in keys if it.get("kty") == "RSA" and it.get("kid")]
    except (ValueError, KeyError, TypeError, AttributeError):
        usable, why_not = [], "it shows no JSON with keys"
    if why_not or not usable:
        advice = "Open this address in a browser: it must show JSON. Check lti.issuer, lti.keys_url and the firewall."
        told = why_not or "it shows no RSA key"
        return Answer(check, Verdict.NO, f"{platform.keys_url} does not answer as it should ({told})", advice)
    return Answer(check, Verdict.YES, f"{platform.keys_url} shows {len(usable)} public keys")


def _read(provider: Saml, settings: Settings, context: ssl.SSLContext) -> WebAnswer:
    parts = urlsplit(provider.metadata)
    if parts.scheme != "file":
        return ask(settings.network, context, provider.metadata)
    try:
        return WebAnswer("", http.client.OK, Path(unquote(parts.path)).read_bytes())
    except OSError as problem:
        return WebAnswer(str(problem))


def _metadata(provider: Saml, answer: WebAnswer) -> Answer:
    check = f"sign-in by {provider.name}"
    why_not = _why_not(answer)
    if why_not:
        advice = "Open this address in a browser: it must show XML. Check saml.metadata and the firewall."
        return Answer(check, Verdict.NO, f"{provider.metadata} cannot be read ({why_not})", advice)
    issuer, sso, certificates = _described(answer.body, provider.issuer)
    if not sso:
        who = f" {provider.issuer}" if provider.issuer else ""
        advice = "Is it the metadata of an identity provider, with the binding HTTP-Redirect? Check saml.issuer."
        return Answer(check, Verdict.NO, f"{provider.metadata} describes no provider{who} to sign in at", advice)
    ends = [end for end in map(_end_of, certificates) if end is not None]
    if not ends:
        return Answer(check, Verdict.NO, f"{provider.metadata} has no certificate", "Ask who runs the provider.")
    if max(ends) < datetime.now(UTC) + CERTIFICATE_ENDS_SOON:
        advice = "Ask who runs the provider when it changes, and whether saml.metadata will say so."
        return Answer(check, Verdict.LOOK, f"the certificate of {issuer} ends on {max(ends):%Y-%m-%d}", advice)
    return Answer(check, Verdict.YES, f"{issuer} is described; its certificate ends on {max(ends):%Y-%m-%d}")


def _described(metadata: bytes, issuer: str) -> tuple[str, str, list[str]]:
    """The provider's entity id, its sign-in page and its certificates."""
    from lxml.etree import LxmlError
    from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

    try:
        idp = OneLogin_Saml2_IdPMetadataParser.parse(metadata, entity_id=issuer or None).get("idp", {})
    except (LxmlError, ValueError):
        return "", "", []
    several = idp.get("x509certMulti", {}).get("signing", [])
    certificates = several or [it for it in (idp.get("x509cert"),) if it]
    return idp.get("entityId", ""), idp.get("singleSignOnService", {}).get("url", ""), certificates


def _end_of(certificate: str) -> datetime | None:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(certificate)).not_valid_after_utc
    except (binascii.Error, ValueError):
        return None


def _why_not(answer: WebAnswer) -> str:
    return answer.why_not or ("" if answer.status == http.client.OK else f"it answers {answer.status}")
