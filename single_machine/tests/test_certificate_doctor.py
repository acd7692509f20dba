"""What doctor and status say of a certificate that the school gets itself, and of one of files."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest

from certificates.delegation import Delegation
from certificates.store import Progress, Store
from single_machine import certificate_doctor, status
from single_machine.answers import Verdict
from single_machine.certificate_report import Health, find_report
from single_machine.challenge_sockets import open_challenge_sockets
from single_machine.settings import Settings, read_settings
from tests.certificates import make_certificate
from tests.pebble import NEEDED, running_pebble
from tests.ports import free_dns_port, free_port

SOURCE = Path(__file__).parents[2]
NOW = dt.datetime.now(dt.UTC)
ZONE = "_acme-challenge.learn.school.example"


def _settings(folder: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> Settings:
    variables = {
        "APRANOVA_HOME": str(folder / "home"),
        "APRANOVA_DOMAIN": "learn.school.example",
        "APRANOVA_TLS": "acme",
        "APRANOVA_DNS_ADDRESS": "127.0.0.1",
        "APRANOVA_DNS_PORT": str(free_dns_port()),
        **more,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return read_settings(variables, source=SOURCE)


def _keep(settings: Settings, folder: Path, progress: Progress, *, days: float = 30) -> None:
    assert settings.issuing is not None
    store = Store(settings.issuing.folder)
    chain, key = make_certificate(folder, settings.certified_hosts, days=days)
    store.keep_certificate(chain=chain.read_text(), key=key.read_text(), now=NOW)
    store.keep_progress(progress)


@pytest.mark.parametrize(
    ("days", "progress", "health", "words"),
    [
        (30, Progress(renew_at=(NOW + dt.timedelta(days=1)).timestamp()), Health.GOOD, "it is renewed from"),
        (
            30,
            Progress(1, "the authority is away", retry_at=1.0),
            Health.NOT_RENEWED,
            "not be renewed: the authority is away",
        ),
        (
            13,
            Progress(1, "the authority is away", retry_at=1.0),
            Health.ENDS_SOON,
            "not be renewed: the authority is away",
        ),
        (13, Progress(), Health.ENDS_SOON, "until"),
        (
            -1,
            Progress(1, "the authority is away", retry_at=1.0),
            Health.MISSING,
            "there is none. the authority is away",
        ),
        (-1, Progress(), Health.MISSING, "there is none yet"),
    ],
)
def test_a_certificate_that_the_school_gets_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, progress: Progress, health: Health, words: str
) -> None:
    settings = _settings(tmp_path, monkeypatch)
    _keep(settings, tmp_path, progress, days=days)
    report = find_report(settings, NOW)
    assert report is not None
    assert report.health is health
    assert words in report.text
    assert bool(report.remedy) == (health is not Health.GOOD)


@pytest.mark.parametrize(("days", "health"), [(60, Health.GOOD), (13, Health.ENDS_SOON), (-1, Health.MISSING)])
def test_a_certificate_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, health: Health) -> None:
    chain, key = make_certificate(tmp_path, ["learn.school.example", "*.ws-learn.school.example"], days=days)
    files = {"APRANOVA_TLS_CERTIFICATE": str(chain), "APRANOVA_TLS_KEY": str(key)}
    settings = _settings(tmp_path, monkeypatch, APRANOVA_TLS="files", **files)
    report = find_report(settings, NOW)
    assert report is not None
    assert report.health is health


def test_status_has_a_line_and_scripts_a_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = _settings(tmp_path, monkeypatch)
    _keep(settings, tmp_path, Progress())
    status.say_certificate(settings)
    assert capsys.readouterr().out.startswith("Certificate: for learn.school.example, *.ws-learn.school.example, until")
    status.run(settings, as_json=True)
    assert json.loads(capsys.readouterr().out)["certificate"]["health"] == "good"
    status.run(dataclasses.replace(settings, certificate=None), as_json=True)
    assert json.loads(capsys.readouterr().out)["certificate"] is None


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [
        (Delegation(("learn.school.example",), ("203.0.113.7",)), Verdict.YES, "leads here"),
        (
            Delegation(),
            Verdict.NO,
            f"Add one record at your DNS provider: name {ZONE}, type NS, value learn.school.example.",
        ),
        (Delegation(("ns1.provider.example",), ("198.51.100.1",)), Verdict.NO, "is not this server"),
        (
            Delegation(("learn.school.example", "ns1.provider.example"), ("198.51.100.1", "203.0.113.7")),
            Verdict.NO,
            "There must be only one record",
        ),
        (Delegation(("typo.school.example",), ()), Verdict.NO, "which has no address"),
    ],
)
def test_the_delegation_leads_here_or_the_record_is_told(found: Delegation, verdict: Verdict, words: str) -> None:
    answer = certificate_doctor.judge_delegation(
        "delegation", ZONE, found, here={"203.0.113.7", "127.0.0.1"}, server="learn.school.example"
    )
    assert answer.verdict is verdict
    assert words in f"{answer.text} {answer.remedy}"


def test_port_53_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path, monkeypatch)
    [free] = certificate_doctor.challenge_port(settings)
    assert free.verdict is Verdict.YES
    sockets = open_challenge_sockets(settings, {})
    try:
        [taken] = certificate_doctor.challenge_port(settings)
        assert taken.verdict is Verdict.NO
        assert "is taken by" in taken.text
        [stopped] = certificate_doctor.challenge_port(dataclasses.replace(settings, service=True))
        assert (stopped.verdict, stopped.text) == (Verdict.LOOK, "the school does not run")
        monkeypatch.setattr(certificate_doctor, "find_running", lambda _: object())
        [silent] = certificate_doctor.challenge_port(settings)
        assert silent.text == "the school does not answer on 127.0.0.1 by UDP and TCP"
    finally:
        for each in sockets:
            each.close()


@NEEDED
@pytest.mark.parametrize("delegated", [True, False])
def test_before_the_first_start_the_staging_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delegated: bool
) -> None:
    port = free_port()
    make_certificate(tmp_path, ["localhost"])
    settings = _settings(
        tmp_path,
        monkeypatch,
        APRANOVA_TLS_STAGING_DIRECTORY=f"https://localhost:{port}/dir",
        APRANOVA_TLS_DIRECTORY_CA=str(tmp_path / "chain.pem"),
    )
    with running_pebble(tmp_path, dns_port=settings.dns_port if delegated else free_port(), port=port):
        [answer] = certificate_doctor.staging_order(settings)
    if delegated:
        assert (answer.verdict, answer.text) == (Verdict.YES, "the authority's staging gave a certificate")
    else:
        assert answer.verdict is Verdict.NO
        assert "did not find the proof for" in answer.text
    _keep(settings, tmp_path, Progress())
    assert list(certificate_doctor.staging_order(settings)) == [], "who has a certificate needs no trial"
