"""A school that gets its certificate itself: the first one, and what stands in until then."""

from __future__ import annotations

import datetime as dt
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.store import Progress, Store
from gateway.tls import write_certificate
from single_machine.certificate import BadCertificate, CertificateWatch
from single_machine.settings import Settings

FIRST_WITHIN_S = 90.0
LOOK_EVERY_S = 0.2


def take_or_stand_in(settings: Settings, watch: CertificateWatch) -> str:
    """Wait a while for a good certificate. Without one, let Envoy start with a certificate that
    browsers warn of, since the school may be up for days before its DNS is right; the watch takes
    the good one later. Returns why there is none yet, or nothing."""
    deadline = time.monotonic() + FIRST_WITHIN_S
    why_not = ""
    while not why_not:
        try:
            watch.take()
        except BadCertificate:
            pass
        else:
            return ""
        why_not = _given_up(settings) or ("The authority is still at it" if time.monotonic() > deadline else "")
        time.sleep(LOOK_EVERY_S)
    chain, key = _signed_by_itself(settings.certified_hosts, now=dt.datetime.now(dt.UTC))
    write_certificate(settings.run / "envoy", chain=chain, key=key)
    return why_not


def progress_of(settings: Settings) -> Progress | None:
    """How our own orders go; None if the certificate is not ours to get."""
    return None if settings.issuing is None else Store(settings.issuing.folder).progress()


def _given_up(settings: Settings) -> str:
    """Why the last attempt failed, if none is to follow soon."""
    progress = progress_of(settings)
    if progress is None or progress.retry_at is None or progress.retry_at <= time.time():
        return ""
    return progress.problem


def _signed_by_itself(hosts: tuple[str, ...], *, now: dt.datetime) -> tuple[str, str]:
    """Chain and key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ApraNova waits for a certificate")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem).decode(), private.decode()
