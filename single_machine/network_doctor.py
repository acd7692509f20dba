"""The doctor's questions about the school's network: authority, way to the internet, mirrors."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from contract.environment import BadSetting
from contract.network import Network
from single_machine.answers import Answer, Verdict
from single_machine.settings import Settings
from single_machine.web_requests import TIMEOUT_S, ask, context_of

ANY_HOST_OUTSIDE = "github.com"
"""What nearly every student's terminal needs; it stands for the internet."""
ENDS_SOON = dt.timedelta(days=30)


def network(settings: Settings) -> Iterator[Answer]:
    ours = settings.network
    context = ssl.create_default_context()
    if ours.authority is not None:
        try:
            context = context_of(ours)
        except BadSetting as problem:
            advice = "Correct network.authority; until then the school does not start."
            yield Answer("authority", Verdict.NO, str(problem), advice)
        else:
            yield _authority(ours.authority, dt.datetime.now(dt.UTC))
    yield _internet(ours, context)
    pip = ours.pip_index and f"{ours.pip_index.rstrip('/')}/pip/"
    npm = ours.npm_registry and f"{ours.npm_registry.rstrip('/')}/npm"
    extensions = ours.extensions_gallery and f"{ours.extensions_gallery}/api/version"
    for key, url in (("npm_registry", npm), ("pip_index", pip), ("extensions_gallery", extensions)):
        if url:
            yield _mirror(ours, context, key, url)


def _authority(file: Path, now: dt.datetime) -> Answer:
    certificates = x509.load_pem_x509_certificates(file.read_bytes())
    end = min(certificate.not_valid_after_utc for certificate in certificates)
    shown = f"{file} is valid until {end:%d %B %Y}"
    if end < now:
        return Answer("authority", Verdict.NO, shown, "Put the authority's present certificate there.")
    if end < now + ENDS_SOON:
        return Answer("authority", Verdict.LOOK, shown, "Put the next certificate of the authority there as well.")
    return Answer("authority", Verdict.YES, shown)


def _internet(ours: Network, context: ssl.SSLContext) -> Answer:
    advice = "Students cannot install packages. Check the firewall, or set network.proxy."
    if ours.proxy is None:  # not every school lets its server ask more than that
        try:
            socket.create_connection((ANY_HOST_OUTSIDE, 443), timeout=TIMEOUT_S).close()
        except OSError as error:
            why = f"{ANY_HOST_OUTSIDE}:443 cannot be reached ({error.strerror or error})"
            return Answer("internet", Verdict.NO, why, advice)
        return Answer("internet", Verdict.YES, f"{ANY_HOST_OUTSIDE}:443 answers")
    through = f"through the proxy {ours.proxy.host}:{ours.proxy.port}"
    why_not = ask(ours, context, f"https://{ANY_HOST_OUTSIDE}/").why_not
    if why_not:
        advice = "Check network.proxy: its address, user and password, and what it allows."
        text = f"{ANY_HOST_OUTSIDE} cannot be reached {through} ({why_not})"
        return Answer("internet", Verdict.NO, text, _about_trust(why_not) or advice)
    return Answer("internet", Verdict.YES, f"{ANY_HOST_OUTSIDE} answers {through}")


def _mirror(ours: Network, context: ssl.SSLContext, key: str, url: str) -> Answer:
    """Asked for what every full mirror has."""
    answer = ask(ours, context, url)
    if not answer.why_not and answer.status < http.client.BAD_REQUEST:
        return Answer(key, Verdict.YES, f"{url} answers")
    why_not = answer.why_not or f"it answers {answer.status}"
    advice = f"Check network.{key}, and network.no_proxy if the mirror is reached without the proxy."
    return Answer(key, Verdict.NO, f"{url}: {why_not}", _about_trust(why_not) or advice)


def _about_trust(why_not: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" not in why_not:
        return ""
    return "Its certificate is of an authority that this machine does not know: name its PEM file in network.authority."
