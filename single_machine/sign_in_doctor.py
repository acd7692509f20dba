"""What `doctor` asks about the sign-in: whether each provider's discovery answers as it should."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator

from contract.environment import BadSetting
from contract.sign_in import Provider
from single_machine.answers import Answer, Verdict
from single_machine.settings import Settings
from single_machine.web_requests import WebAnswer, ask, context_of

NEEDED = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


def sign_in(settings: Settings) -> Iterator[Answer]:
    if not settings.sign_in.providers:
        return
    try:
        context = context_of(settings.network)
    except BadSetting:  # another answer names it
        context = ssl.create_default_context()
    for provider in settings.sign_in.providers:
        yield _discovery(provider, ask(settings.network, context, provider.discovery))


def _discovery(provider: Provider, answer: WebAnswer) -> Answer:
    check = f"sign-in by {provider.name}"
    why_not = answer.why_not or ("" if answer.status == http.client.OK else f"it answers {answer.status}")
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
