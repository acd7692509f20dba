"""The school's certificate from the operator's files, and its exchange during operation."""

from __future__ import annotations

import datetime as dt
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from gateway.tls import write_certificate

LOOK_EVERY_S = 10.0


class BadCertificate(Exception):
    """The files cannot serve this school. The text says why and what is expected."""


@dataclass(frozen=True)
class CertificateFiles:
    chain: Path
    """PEM: the server's certificate first, then the intermediate ones (`fullchain.pem`)."""
    key: Path
    """PEM, without a passphrase (`privkey.pem`)."""


@dataclass(frozen=True)
class Certificate:
    chain: str
    key: str = field(repr=False)
    names: tuple[str, ...]
    """DNS names that it is valid for; the first label may be `*`."""
    not_before: dt.datetime
    not_after: dt.datetime

    def covers(self, host: str) -> bool:
        _, _, domain = host.partition(".")
        return host in self.names or f"*.{domain}" in self.names


def read_certificate(files: CertificateFiles, *, hosts: tuple[str, ...], now: dt.datetime) -> Certificate:
    """Read and check both files. `hosts` are the names that browsers will ask for; the first label
    may be `*`. Raises BadCertificate."""
    chain = _read(files.chain, "certificate")
    key = _read(files.key, "key")
    try:
        first = x509.load_pem_x509_certificate(chain.encode())
    except ValueError:
        raise BadCertificate(f"{files.chain} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)") from None
    _check_that_they_fit(files, chain, key)
    certificate = Certificate(chain, key, _names(first), first.not_valid_before_utc, first.not_valid_after_utc)
    if certificate.not_after <= now:
        raise BadCertificate(f"the certificate {files.chain} ended on {certificate.not_after:%d %B %Y}; renew it")
    if missing := [host for host in hosts if not certificate.covers(host)]:
        raise BadCertificate(
            f"the certificate {files.chain} is for {', '.join(certificate.names) or 'no name'}, but not for "
            f"{' and '.join(missing)}. A certificate for {' and '.join(hosts)} is needed"
        )
    return certificate


class CertificateWatch:
    """Takes the operator's certificate, and every later one that is good."""

    def __init__(self, files: CertificateFiles, *, hosts: tuple[str, ...], envoy_dir: Path) -> None:
        self._files, self._hosts, self._envoy_dir = files, hosts, envoy_dir
        self._seen = self._stamps()
        self._look_at = 0.0

    def take(self) -> Certificate:
        """Hand the present files to Envoy. Raises BadCertificate."""
        self._seen = self._stamps()
        certificate = read_certificate(self._files, hosts=self._hosts, now=dt.datetime.now(dt.UTC))
        self._envoy_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_certificate(self._envoy_dir, chain=certificate.chain, key=certificate.key)
        return certificate

    def look(self, now: float) -> Certificate | None:
        """Take the files if they have changed, and return the new certificate; `now` is monotonic
        seconds. Raises BadCertificate, once for each change: the last good one stays in use."""
        if now < self._look_at:
            return None
        self._look_at = now + LOOK_EVERY_S
        return None if self._stamps() == self._seen else self.take()

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(file) for file in (self._files.chain, self._files.key))


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns  # it also changes when a file is made readable


def _read(file: Path, what: str) -> str:
    try:
        return file.read_text("ascii")
    except OSError as error:
        raise BadCertificate(f"the {what} {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadCertificate(f"the {what} {file} is not in PEM form (text that begins with -----BEGIN)") from None


def _check_that_they_fit(files: CertificateFiles, chain: str, key: str) -> None:
    """By OpenSSL, as Envoy will. It reads from files only."""
    with tempfile.TemporaryDirectory(prefix="apranova-certificate-") as folder:  # mode 0700
        pair = Path(folder, "chain.pem"), Path(folder, "key.pem")
        for file, text in zip(pair, (chain, key), strict=True):
            file.write_text(text)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*pair, password=_refuse_passphrase)
        except (ssl.SSLError, _HasPassphrase) as error:
            why = "has a passphrase; store it without one" if isinstance(error, _HasPassphrase) else "does not fit"
            raise BadCertificate(f"the key {files.key} {why} (certificate: {files.chain})") from None


class _HasPassphrase(Exception):
    pass


def _refuse_passphrase() -> str:
    raise _HasPassphrase


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return ()
    if not isinstance(names, x509.SubjectAlternativeName):
        return ()
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))
