"""From the setting to Envoy's file: the supervisor starts what gets a certificate and takes it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest
from cryptography import x509

from certificates.store import Progress, Store
from gateway.tls import certificate_file
from single_machine import obtained_certificate
from single_machine.certificate import CertificateWatch
from single_machine.challenge_sockets import open_challenge_sockets
from single_machine.obtained_certificate import progress_of, take_or_stand_in
from single_machine.processes import Processes
from single_machine.secrets_file import load_or_make
from single_machine.services import Services
from single_machine.settings import Settings, read_settings
from tests.certificates import make_certificate
from tests.pebble import NEEDED, running_pebble
from tests.ports import free_dns_port, free_port
from tests.waiting import until

SOURCE = Path(__file__).parents[2]


def _settings(folder: Path, monkeypatch: pytest.MonkeyPatch, *, pebble_port: int) -> Settings:
    make_certificate(folder, ["localhost"])
    variables = {
        "APRANOVA_HOME": str(folder / "home"),
        "APRANOVA_RUN_DIR": str(folder / "run"),
        "APRANOVA_DOMAIN": "learn.school.example",
        "APRANOVA_TLS": "acme",
        "APRANOVA_DNS_ADDRESS": "127.0.0.1",
        "APRANOVA_DNS_PORT": str(free_dns_port()),
        "APRANOVA_TLS_DIRECTORY": f"https://localhost:{pebble_port}/dir",
        "APRANOVA_TLS_DIRECTORY_CA": str(folder / "chain.pem"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)  # as __main__ does with what the file says
    return read_settings(variables, source=SOURCE)


@contextmanager
def _getting_a_certificate(settings: Settings) -> Iterator[tuple[Processes, CertificateWatch]]:
    settings.logs.mkdir(parents=True, exist_ok=True)
    assert settings.certificate is not None
    assert settings.issuing is not None
    processes = Processes(settings.logs)
    secrets = load_or_make(settings.home / "secrets.json")
    services = Services(settings=settings, isolation="none", secrets=secrets, manager_port=1, portal_port=1)
    sockets = open_challenge_sockets(settings, {})
    watch = CertificateWatch(settings.certificate, hosts=settings.certified_hosts, envoy_dir=settings.run / "envoy")
    (settings.run / "envoy").mkdir(parents=True, exist_ok=True)
    try:
        processes.start(services.certificates(settings.issuing, sockets))
        yield processes, watch
    finally:
        processes.stop_all()
        for each in sockets:
            each.close()


def _issuer_in_envoys_file(settings: Settings) -> str:
    [secret] = json.loads(certificate_file(settings.run / "envoy").read_text())["resources"]
    chain = secret["tls_certificate"]["certificate_chain"]["inline_string"]
    return x509.load_pem_x509_certificate(chain.encode()).issuer.rfc4514_string()


@NEEDED
def test_a_school_with_a_delegated_name_has_a_certificate_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    settings = _settings(tmp_path, monkeypatch, pebble_port=port)
    with (
        running_pebble(tmp_path, dns_port=settings.dns_port, port=port),
        _getting_a_certificate(settings) as (processes, watch),
    ):
        processes.wait_ready("certificates")
        assert take_or_stand_in(settings, watch) == ""
        assert "Pebble" in _issuer_in_envoys_file(settings)


@NEEDED
def test_a_school_whose_authority_is_away_starts_and_takes_the_certificate_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    settings = _settings(tmp_path, monkeypatch, pebble_port=port)
    with _getting_a_certificate(settings) as (_, watch):
        why_not = take_or_stand_in(settings, watch)
        assert "the certificate authority localhost cannot be reached" in why_not
        assert "ApraNova waits for a certificate" in _issuer_in_envoys_file(settings)
    _a_minute_passes(settings)
    with (
        running_pebble(tmp_path, dns_port=settings.dns_port, port=port),
        _getting_a_certificate(settings) as (_, watch),
    ):
        log = settings.logs / "certificates.log"
        until(lambda: progress_of(settings) == Progress(renew_at=ANY, settings=ANY), log.read_text, within_s=30)
        assert watch.look(1e9) is not None
        assert "Pebble" in _issuer_in_envoys_file(settings)


def _a_minute_passes(settings: Settings) -> None:
    assert settings.issuing is not None
    store = Store(settings.issuing.folder)
    store.keep_progress(dataclasses.replace(store.progress(), retry_at=None))


def test_a_certificate_that_is_there_is_taken_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path, monkeypatch, pebble_port=free_port())
    assert settings.issuing is not None
    chain, key = make_certificate(tmp_path, settings.certified_hosts)
    now = dt.datetime.now(dt.UTC)
    Store(settings.issuing.folder).keep_certificate(chain=chain.read_text(), key=key.read_text(), now=now)
    assert settings.certificate is not None
    watch = CertificateWatch(settings.certificate, hosts=settings.certified_hosts, envoy_dir=settings.run / "envoy")
    assert take_or_stand_in(settings, watch) == ""


def test_an_authority_that_never_answers_delays_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obtained_certificate, "FIRST_WITHIN_S", 0.0)
    settings = _settings(tmp_path, monkeypatch, pebble_port=free_port())
    (settings.run / "envoy").mkdir(parents=True)
    assert settings.certificate is not None
    watch = CertificateWatch(settings.certificate, hosts=settings.certified_hosts, envoy_dir=settings.run / "envoy")
    assert take_or_stand_in(settings, watch) == "The authority is still at it"
