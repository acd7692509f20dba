from __future__ import annotations

import contextlib
import re
import smtplib
import socketserver
import threading

import pytest
from django.core.mail import EmailMessage, get_connection

from backend.config.metrics import area_of
from backend.gateway.authorization import AUTHORIZATION_PATH
from backend.platform.mail import TROUBLE
from tests.ports import free_port

OURS = "backend.platform.mail.CountingEmailBackend"


def figures(one) -> dict[str, float]:
    """Series → value, as this process shows them now."""
    answer = one.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = re.findall(r"^(apranova_\S+) (\S+)$", answer.text, re.MULTILINE)
    return {series: float(value) for series, value in lines}


def test_requests_count_by_what_they_are_for_and_how_they_were_answered(browser):
    one = browser()
    before = figures(one)
    one.get("/api/health/")
    one.get("/api/does-not-exist/")
    one.get("/api/auth/browser/v1/config")
    after = figures(one)
    grown = {series: after[series] - before[series] for series in after if after[series] != before[series]}
    assert grown['apranova_backend_requests_total{area="api",status="2xx"}'] == 1
    assert grown['apranova_backend_requests_total{area="api",status="4xx"}'] == 1
    assert grown['apranova_backend_requests_total{area="sign_in",status="2xx"}'] == 1
    assert grown['apranova_backend_request_seconds_count{area="api"}'] == 2
    assert grown['apranova_backend_request_seconds_sum{area="api"}'] > 0


def test_clients_cannot_make_new_series(browser):
    one = browser()
    before = set(figures(one))
    for path in ("/api/%0a", "/workspace/x", "/nothing/at/all", "/api/" + "a" * 200):
        one.get(path)
    assert set(figures(one)) == before


def test_paths_belong_to_areas():
    assert area_of(AUTHORIZATION_PATH + "/anything") == "authorization"
    assert area_of("/api/auth/browser/v1/config") == "sign_in"
    assert area_of("/api/cohorts/") == "api"
    assert area_of("/workspace/ws-1/") == "door"
    assert area_of("/") == "other"


class _RefusesStrangers(socketserver.StreamRequestHandler):
    """A mail server that takes mail for friend@… and for nobody else."""

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        while line := self.rfile.readline().upper():
            if line.startswith(b"RCPT") and b"FRIEND@" not in line:
                self.wfile.write(b"550 no such person\r\n")
            elif line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.wfile.write(b"250 taken\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 yes\r\n")


@pytest.fixture
def mail_server(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _RefusesStrangers) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield
        server.shutdown()


def send(*addresses: str) -> None:
    connection = get_connection(OURS)
    for address in addresses:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            EmailMessage("Hello", "A text.", to=[address], connection=connection).send()


def mails_counted(browser) -> tuple[float, float, float]:
    found = figures(browser())
    failed = "apranova_backend_mail_failures_total"
    return (
        found["apranova_backend_mails_sent_total"],
        found[f'{failed}{{reason="refused"}}'],
        found[f'{failed}{{reason="unreachable"}}'],
    )


def test_mails_that_were_sent_and_refused_are_counted(browser, mail_server):
    before = mails_counted(browser)
    send("friend@school.example", "stranger@school.example")
    assert [after - one for after, one in zip(mails_counted(browser), before, strict=True)] == [1, 1, 0]


def test_one_wrong_address_is_no_trouble_and_three_in_a_row_are(mail_server):
    TROUBLE.left()
    send(*["stranger@school.example"] * 4, "another@school.example")
    assert not TROUBLE.since
    send("third@school.example")
    assert (TROUBLE.since > 0, "no such person" in TROUBLE.why) == (True, True)
    send("friend@school.example")
    assert not TROUBLE.since


def test_a_mail_server_that_is_down_counts_once_for_each_mail(browser, settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    before = mails_counted(browser)
    send("friend@school.example", "stranger@school.example")
    assert [after - one for after, one in zip(mails_counted(browser), before, strict=True)] == [0, 0, 2]
