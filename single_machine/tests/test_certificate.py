"""The operator's certificate: what is refused and why, and the exchange of a good one."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from gateway.tls import certificate_file
from single_machine.certificate import BadCertificate, CertificateFiles, CertificateWatch, read_certificate
from tests.certificates import make_certificate

NOW = dt.datetime.now(dt.UTC)
HOSTS = ("learn.school.example", "*.ws-learn.school.example")


def make_pair(
    folder: Path, *, names: tuple[str, ...] = HOSTS, days: float = 30, passphrase: bytes = b""
) -> CertificateFiles:
    return CertificateFiles(*make_certificate(folder, names, days=days, passphrase=passphrase))


def _read(files: CertificateFiles) -> None:
    read_certificate(files, hosts=HOSTS, now=NOW)


def test_a_good_pair_is_read(tmp_path: Path) -> None:
    certificate = read_certificate(make_pair(tmp_path), hosts=HOSTS, now=NOW)
    assert certificate.names == HOSTS
    assert certificate.not_after > NOW
    assert certificate.key not in repr(certificate)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("learn.school.example",), r"but not for \*\.ws-learn\.school\.example"),
        (("*.school.example",), r"but not for \*\.ws-learn"),
        ((), r"is for no name"),
    ],
)
def test_a_certificate_for_other_names_is_refused(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadCertificate, match=words):
        _read(make_pair(tmp_path, names=names))


def test_a_wildcard_covers_the_portal_too(tmp_path: Path) -> None:
    _read(make_pair(tmp_path, names=("*.school.example", "*.ws-learn.school.example")))


def test_an_ended_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCertificate, match="ended on"):
        _read(make_pair(tmp_path, days=-1))


def test_another_certificates_key_is_refused(tmp_path: Path) -> None:
    files = make_pair(tmp_path)
    (tmp_path / "other").mkdir()
    other = make_pair(tmp_path / "other")
    with pytest.raises(BadCertificate, match="does not fit"):
        _read(CertificateFiles(files.chain, other.key))


def test_a_key_with_a_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCertificate, match="has a passphrase; store it without one"):
        _read(make_pair(tmp_path, passphrase=b"secret"))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no certificate in PEM form"), (b"\x30\x82\xff", "not in PEM form"), (None, "cannot be read: No such file")],
)
def test_a_file_that_holds_no_certificate(tmp_path: Path, content: bytes | None, words: str) -> None:
    files = make_pair(tmp_path)
    files.chain.unlink()
    if content is not None:
        files.chain.write_bytes(content)
    with pytest.raises(BadCertificate, match=words):
        _read(files)


def test_a_renewed_certificate_is_taken_and_a_broken_one_never(tmp_path: Path) -> None:
    files = make_pair(tmp_path)
    envoy = tmp_path / "envoy"
    watch = CertificateWatch(files, hosts=HOSTS, envoy_dir=envoy)
    first = watch.take()
    assert certificate_file(envoy).stat().st_mode & 0o077 == 0
    assert watch.look(100.0) is None, "nothing has changed"

    files.chain.write_text("half of a copy")
    with pytest.raises(BadCertificate, match="no certificate in PEM form"):
        watch.look(200.0)
    assert watch.look(300.0) is None, "it is said once"
    assert json.dumps(first.chain) in certificate_file(envoy).read_text()

    make_pair(tmp_path, days=90)
    assert watch.look(301.0) is None, "it looks every ten seconds"
    fresh = watch.look(400.0)
    assert fresh is not None
    assert fresh.not_after > first.not_after
    assert json.dumps(fresh.chain) in certificate_file(envoy).read_text()


def test_a_certificate_that_is_made_readable_after_it_was_copied_is_taken(tmp_path: Path) -> None:
    """A renewal hook copies, then calls chown or chmod, which leave the modification time."""
    files = make_pair(tmp_path)
    watch = CertificateWatch(files, hosts=HOSTS, envoy_dir=tmp_path / "envoy")
    watch.take()
    files.key.chmod(0o640)
    assert watch.look(100.0) is not None
