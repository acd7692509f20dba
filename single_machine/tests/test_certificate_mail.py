"""The admins hear in time that a certificate is about to end, and are not flooded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from single_machine.certificate_mail import CertificateMail, send_by_backend
from single_machine.settings import Settings, read_settings
from tests.certificates import make_certificate

SOURCE = Path(__file__).parents[2]
NOW = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chain, key = make_certificate(tmp_path, ["learn.school.test", "*.ws-learn.school.test"], days=20)
    variables = {
        "APRANOVA_HOME": str(tmp_path / "home"),
        "APRANOVA_DOMAIN": "learn.school.test",
        "APRANOVA_TLS": "files",
        "APRANOVA_TLS_CERTIFICATE": str(chain),
        "APRANOVA_TLS_KEY": str(key),
    }
    (tmp_path / "home").mkdir()
    return read_settings(variables, source=SOURCE)


def _days_with_mail(mail: CertificateMail, days: range) -> list[int]:
    sent = []
    for day in days:
        sending = mail.look(day * 86400.0, NOW + dt.timedelta(days=day))
        if sending is not None:
            sending.join(10)
            sent.append(day)
    return sent


def test_it_begins_fourteen_days_ahead_and_comes_every_three(settings: Settings) -> None:
    mails: list[tuple[str, str]] = []

    def send(subject: str, text: str) -> str:
        mails.append((subject, text))
        return ""

    days = _days_with_mail(CertificateMail(settings, send, print), range(19))
    assert days == [6, 9, 12, 15, 18]
    subject, text = mails[0]
    assert subject == f"the certificate ends on {NOW + dt.timedelta(days=20):%d %B %Y}"
    assert "https://learn.school.test" in text
    assert "Renew it now" in text


def test_a_restart_repeats_no_mail(settings: Settings) -> None:
    def send(_subject: str, _text: str) -> str:
        return ""

    assert _days_with_mail(CertificateMail(settings, send, print), range(7, 8)) == [7]
    assert _days_with_mail(CertificateMail(settings, send, print), range(8, 9)) == []


def test_a_full_disk_repeats_no_mail(settings: Settings) -> None:
    said: list[str] = []
    (settings.home / "certificate-mail.json").mkdir()
    mail = CertificateMail(settings, lambda *_: "", said.append)
    assert _days_with_mail(mail, range(7, 10)) == [7]
    assert "could not be written" in said[0]


def test_a_mail_that_fails_is_said_and_tried_again_in_an_hour(settings: Settings) -> None:
    said: list[str] = []

    def send(_subject: str, _text: str) -> str:
        return "Connection refused"

    mail = CertificateMail(settings, send, said.append)
    now = NOW + dt.timedelta(days=10)
    first = mail.look(10.0, now)
    assert first is not None
    first.join(10)
    assert "could not be told by e-mail" in said[0]
    assert said[0].endswith("Connection refused")
    assert mail.look(20.0, now) is None
    assert mail.look(4000.0, now) is not None


def test_the_backends_last_words_are_passed_on() -> None:
    send = send_by_backend(lambda: {"PYTHONPATH": str(SOURCE)})
    assert "is not set" in send("subject", "text"), "a backend without settings"
