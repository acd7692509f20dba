"""How the certificate does, in words: for `status`, `doctor` and the mail to the admins."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum, auto

from certificates.schedule import warn_at
from certificates.store import Progress
from single_machine.certificate import BadCertificate, Certificate, read_certificate
from single_machine.obtained_certificate import progress_of
from single_machine.settings import Settings


class Health(Enum):
    GOOD = auto()
    NOT_RENEWED = auto()
    """It serves, and the last renewal failed; there is time."""
    ENDS_SOON = auto()
    """A person must act."""
    MISSING = auto()
    """There is none that could be used."""


@dataclass(frozen=True)
class CertificateReport:
    health: Health
    text: str
    remedy: str = ""
    not_after: dt.datetime | None = None


def find_report(settings: Settings, now: dt.datetime) -> CertificateReport | None:
    """None if the certificate is not this machine's business."""
    if settings.certificate is None:
        return None
    progress = progress_of(settings)
    try:
        certificate = read_certificate(settings.certificate, hosts=settings.certified_hosts, now=now)
    except BadCertificate as problem:
        return _missing(problem, progress)
    return _report(certificate, progress, now)


def _missing(problem: BadCertificate, progress: Progress | None) -> CertificateReport:
    if progress is None:
        return CertificateReport(Health.MISSING, str(problem))
    if not progress.problem:
        text = "there is none yet"
        return CertificateReport(Health.MISSING, text, "A school that runs gets one by itself, within minutes.")
    return CertificateReport(Health.MISSING, f"there is none. {progress.problem}", _next_attempt(progress))


def _report(certificate: Certificate, progress: Progress | None, now: dt.datetime) -> CertificateReport:
    text = f"for {', '.join(certificate.names)}, until {certificate.not_after:%d %B %Y}"
    soon = now >= warn_at(certificate.not_before, certificate.not_after)
    remedy, health = "", Health.ENDS_SOON if soon else Health.GOOD
    if progress is None:
        remedy = "Renew it now; a running school takes the new files by itself." if soon else ""
    elif progress.problem:
        text += f". It could not be renewed: {progress.problem}"
        remedy = _next_attempt(progress)
        health = health if soon else Health.NOT_RENEWED
    elif soon:
        remedy = "A school that runs renews it by itself; look into its log, certificates."
    elif progress.renew_at is not None:
        text += f"; it is renewed from {_date(progress.renew_at)} on"
    return CertificateReport(health, text, remedy, certificate.not_after)


def _next_attempt(progress: Progress) -> str:
    if progress.retry_at is None:
        return ""
    return f"Next attempt: {dt.datetime.fromtimestamp(progress.retry_at).astimezone():%d %B %Y, %H:%M}."


def _date(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%d %B %Y}"
