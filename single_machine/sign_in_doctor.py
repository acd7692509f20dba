"""What `doctor` asks about the sign-in: whether each provider's discovery answers as it should."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

from contract.sign_in import Provider
from single_machine.answers import Answer, Verdict
from single_machine.settings import Settings

TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 1_000_000
NEEDED = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


def sign_in(settings: Settings) -> Iterator[Answer]:
    for provider in settings.sign_in.providers:
        yield _discovery(provider)


def _discovery(provider: Provider) -> Answer:
    check = f"sign-in by {provider.name}"
    try:
        with urllib.request.urlopen(provider.discovery, timeout=TIMEOUT_S) as answer:  # noqa: S310  http(s), by its settings
            found = json.loads(answer.read(ANSWER_BYTES_MAX))
    except (OSError, ValueError) as problem:
        unreachable = isinstance(problem, urllib.error.URLError) and not isinstance(problem, urllib.error.HTTPError)
        why = problem.reason if unreachable else problem  # pyright: ignore[reportAttributeAccessIssue]
        advice = "Open this address in a browser: it must show JSON. Check the issuer (tenant) and the firewall."
        return Answer(check, Verdict.NO, f"{provider.discovery} does not answer as it should ({why})", advice)
    missing = [name for name in NEEDED if not isinstance(found, dict) or not found.get(name)]
    if missing:
        advice = "Is it the address of an OpenID Connect provider?"
        return Answer(check, Verdict.NO, f"{provider.discovery} names no {', '.join(missing)}", advice)
    if found.get("issuer") != provider.issuer and found.get("issuer") != provider.issuer.rstrip("/"):
        advice = f"Set the issuer to {found.get('issuer')}"
        return Answer(check, Verdict.LOOK, f"the provider calls itself {found.get('issuer')}", advice)
    return Answer(check, Verdict.YES, f"{provider.issuer} answers")
