"""Whether the school's mail server answers, and with `--mail`, whether a mail really leaves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from single_machine.answers import Answer, Verdict
from single_machine.certificate_mail import send_by_backend
from single_machine.first_admin import environment_of_running_backend
from single_machine.preflight import CannotGoOn
from single_machine.settings import Settings

TIMEOUT_S = 5.0
_CHECK = "e-mail"
_TEXT = "Hello,\n\nthe e-mail of {url} works. Somebody has run ./apranova doctor --mail on the server.\n"


def mail(settings: Settings) -> Iterator[Answer]:
    if not settings.email_url:
        advice = "Set email.url. Until then people copy invitation links by hand, and nobody can reset a password."
        yield Answer(_CHECK, Verdict.LOOK, "no server is set", advice)
        return
    yield from _reached(_CHECK, settings.email_url, "email.url", 25)
    yield from _reached("mail that comes back", settings.email_bounces, "email.bounces", 143)


def _reached(check: str, url: str, key: str, usual_port: int) -> Iterator[Answer]:
    try:
        server = urlsplit(url)
        port = server.port or {"smtps": 465, "imaps": 993}.get(server.scheme, usual_port)
    except ValueError:  # its words quote the password
        advice = f"In user and password of {key} write / as %2F, # as %23, ? as %3F and @ as %40."
        yield Answer(check, Verdict.NO, "the address is not a URL", advice)
        return
    if server.hostname is None:  # console:, or not set
        return
    try:
        socket.create_connection((server.hostname, port), timeout=TIMEOUT_S).close()
    except OSError as error:
        text = f"{server.hostname}:{port} cannot be reached ({error.strerror or error})"
        yield Answer(check, Verdict.NO, text, f"Check {key} and the firewall.")
    else:
        yield Answer(check, Verdict.YES, f"{server.hostname}:{port} answers")


def sent_mail(settings: Settings) -> Iterator[Answer]:
    """By the portal itself, so with its user, password and sender."""
    check = "a mail"
    if not urlsplit(settings.email_url).hostname:
        yield Answer(check, Verdict.NO, "no server is set", "Set email.url.")
        return
    send = send_by_backend(partial(environment_of_running_backend, settings))
    try:
        why_not = send("e-mail works", _TEXT.format(url=settings.public_url))
    except CannotGoOn as problem:
        why_not = str(problem)
    if why_not:
        yield Answer(check, Verdict.NO, why_not, "Check email.url (user, password, tls) and email.from.")
    else:
        yield Answer(check, Verdict.YES, "sent to every admin; look whether it came, and not as spam")
