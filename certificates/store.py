"""What is kept between starts: account keys, the certificate, and how the last attempt ended.

All files are for their owner alone. Chain and key change together: `current` is a link to a folder
that holds both, and is replaced in one rename.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography import x509

CHAIN, KEY = "fullchain.pem", "privkey.pem"


@dataclass(frozen=True)
class Lifetime:
    not_before: dt.datetime
    not_after: dt.datetime


@dataclass(frozen=True)
class Progress:
    """For the next start, `status` and `doctor`. Times are seconds since 1970."""

    failures: int = 0
    """In a row; 0 after a success."""
    problem: str = ""
    """Why the last attempt failed and what to do."""
    retry_at: float | None = None
    renew_at: float | None = None
    staging_passed: bool = False
    """The last order at the authority's staging succeeded, so the next attempt is for real."""
    settings: str = ""
    """A digest of those of the last attempt."""


class Store:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def chain(self) -> Path:
        return self._folder / "current" / CHAIN

    @property
    def key(self) -> Path:
        return self._folder / "current" / KEY

    def keep_certificate(self, *, chain: str, key: str, now: dt.datetime) -> None:
        """The new pair is complete on disk before it becomes the current one."""
        self._make_folder()
        version = self._folder / f"certificate-{now:%Y%m%dT%H%M%S%f}"
        version.mkdir(mode=0o700)
        _write(version / KEY, key)
        _write(version / CHAIN, chain)
        link = self._folder / "current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(version.name)
        link.replace(self._folder / "current")
        for old in sorted(self._folder.glob("certificate-*"))[:-2]:
            if old != version:  # the clock may have been wrong, and right now
                shutil.rmtree(old, ignore_errors=True)

    def find_lifetime(self, hosts: tuple[str, ...]) -> Lifetime | None:
        """Of the current certificate; None if there is none for just these hosts."""
        try:
            certificate = x509.load_pem_x509_certificate(self.chain.read_bytes())
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (OSError, ValueError, x509.ExtensionNotFound):
            return None
        if not set(hosts) <= set(names.get_values_for_type(x509.DNSName)):
            return None
        return Lifetime(certificate.not_valid_before_utc, certificate.not_valid_after_utc)

    def find_account_key(self, directory: str) -> bytes | None:
        with suppress(FileNotFoundError):
            return self._account_file(directory).read_bytes()
        return None

    def keep_account_key(self, directory: str, pem: bytes) -> None:
        self._make_folder()
        _write(self._account_file(directory), pem.decode())

    def progress(self) -> Progress:
        with suppress(OSError, ValueError, TypeError):
            return Progress(**json.loads((self._folder / "progress.json").read_text()))
        return Progress()

    def keep_progress(self, progress: Progress) -> None:
        self._make_folder()
        _write(self._folder / "progress.json", json.dumps(asdict(progress)))

    def _account_file(self, directory: str) -> Path:
        """One account for each authority."""
        return self._folder / f"account-{hashlib.sha256(directory.encode()).hexdigest()[:16]}.pem"

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(file: Path, text: str) -> None:
    """All of it or nothing, also when the power fails."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(file)
