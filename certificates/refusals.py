"""What went wrong with an order, as a sentence that says what to do."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import requests
from acme import errors, messages

from certificates.publishing import NotPublished
from certificates.settings import challenge_name


class NotIssued(Exception):
    """No certificate this time. The text is for the operator."""

    def __init__(self, text: str, *, retry_after: dt.timedelta | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


def in_words(
    problem: Exception, *, directory: str, own_zone: bool, retry_after: dt.timedelta | None = None
) -> NotIssued:
    """`problem` is NotPublished, an OSError (requests' errors are), the library's, or what the
    library lets through when an answer is not what it expects: KeyError, TypeError, ValueError …
    `own_zone`: challenges are answered by our own name server."""
    authority = urlsplit(directory).hostname or directory
    match problem:
        case NotPublished():
            text = str(problem)
        case requests.exceptions.SSLError():
            text = (
                f"{authority} shows a certificate that this machine does not trust. For an authority of "
                "your own, set tls.directory_ca to its root certificate (PEM)"
            )
        case requests.RequestException():
            text = (
                f"the certificate authority {authority} cannot be reached ({_short(problem)}). Check tls.directory, "
                "the internet and the firewall"
            )
        case OSError():
            text = f"this machine refused: {problem}"
        case errors.ValidationError():
            text = " ".join(_validation(authorization, own_zone) for authorization in problem.failed_authzrs)
        case errors.IssuanceError():
            text = _said(authority, problem.error)
        case messages.Error():
            text = _said(authority, problem)
        case errors.TimeoutError():
            text = f"{authority} did not decide in time. It is tried again by itself"
        case _:
            text = f"{authority} answered in a way that is not understood: {_short(problem)}"
    return NotIssued(text, retry_after=retry_after)


_REMEDIES = {
    "rateLimited": "Nothing to do but wait",
    "caa": "A CAA record of the domain names other authorities: add this one, or remove the record",
    "rejectedIdentifier": "Check school.domain: this authority gives no certificate for it",
    "externalAccountRequired": "Get a key for an external account there and set tls.eab_key_id and tls.eab_hmac_key",
    "unauthorized": "Check tls.eab_key_id and tls.eab_hmac_key, if this authority needs them",
    "invalidProfile": "Correct tls.profile",
    "serverInternal": "It is tried again by itself",
}


def _said(authority: str, error: messages.Error) -> str:
    remedy = _REMEDIES.get(error.code or "", "")
    detail = (error.detail or error.title or error.typ).strip().rstrip(".")
    return f"{authority} refused: {detail}" + (f". {remedy}" if remedy else "")


def _validation(authorization: messages.AuthorizationResource, own_zone: bool) -> str:
    host = authorization.body.identifier.value
    challenges: Any = authorization.body.challenges
    found = [challenge.error for challenge in challenges if challenge.error is not None]
    detail = (found[0].detail or found[0].typ).strip().rstrip(".") if found else "no reason was given"
    if found and found[0].code == "caa":
        return f"{host}: {detail}. {_REMEDIES['caa']}."
    name = challenge_name(host)
    remedy = (
        f"Check that {name} has an NS record that leads to this server, and that port 53 (UDP and TCP) is "
        "reached from outside: ./apranova doctor looks at both."
        if own_zone
        else f"Check that the command in tls.hook sets the TXT record {name}; a slow provider needs a longer tls.hook_wait_s."
    )
    return f"the authority did not find the proof for {host}: {detail}. {remedy}"


def _short(problem: Exception) -> str:
    """The innermost reason: requests and urllib3 nest theirs."""
    text = str(problem) or type(problem).__name__
    return text.rsplit(": ", 1)[-1].strip("'\") ")[:200] if "Max retries" in text else text[:200]
