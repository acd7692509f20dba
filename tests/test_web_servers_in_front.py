"""A school behind real web servers, which are set up by the words of the guide.

nginx, which most schools have; with APRANOVA_TEST_WEB_SERVERS=all Apache and Caddy, too.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from contract.names import ARRIVED_ADDRESS, ARRIVED_PATH, ARRIVED_SCHEME
from single_machine import proxy_doctor
from single_machine.answers import Verdict
from single_machine.first_admin import environment_of_running_backend
from single_machine.settings import Settings, read_settings
from tests.certificates import make_certificate
from tests.chromium import another_chromium
from tests.conftest import fresh_profiles
from tests.homes import home_of, put
from tests.product import SOURCE, Account, Product
from tests.student import Student
from tests.waiting import until
from tests.web_servers import DOMAIN, PROGRAMS, WORKSPACES, program, running_web_server, snippet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ADA = Account("ada@school.test", "correct horse battery staple 7")
VISITOR = "127.0.0.77"
"""An address that is nobody else's on this machine."""
APP_PORT = 5180
UPLOAD_BYTES = 64 * 1024 * 1024
"""More than nginx takes unless it is told (1 MB)."""
_PEOPLE = f"""
from backend.accounts.roles import Role, Track
from backend.accounts.services import create_user
create_user({ADA.email!r}, name="Ada", password={ADA.password!r}, role=Role.STUDENT, track=Track.FSD, acting_user=None)
"""


def _if_installed(name: str) -> pytest.MarkDecorator:
    """Else it is skipped before a school is started for it."""
    return pytest.mark.skipif(program(name) is None, reason=f"{name} is missing: apt install nginx apache2-bin caddy")


def _if_wanted(name: str) -> pytest.MarkDecorator:
    all_of_them = os.environ.get("APRANOVA_TEST_WEB_SERVERS") == "all"
    return pytest.mark.skipif(name != "nginx" and not all_of_them, reason="takes long: APRANOVA_TEST_WEB_SERVERS=all")


_EACH = [pytest.param(name, marks=(_if_installed(name), _if_wanted(name))) for name in PROGRAMS]


@pytest.fixture(scope="module")
def school() -> Iterator[Product]:
    """One for all web servers: it does not know which is in front."""
    running = Product({"APRANOVA_DOMAIN": DOMAIN, "APRANOVA_TLS": "proxy", "APRANOVA_KINDS": "vscode"})
    running.url = f"https://{DOMAIN}"
    try:
        running.start()
        environment = environment_of_running_backend(_settings(running))
        subprocess.run(
            [sys.executable, "-m", "backend.manage", "shell", "-c", _PEOPLE], env=environment, cwd=SOURCE, check=True
        )
        yield running
    finally:
        running.remove()


def _settings(school: Product) -> Settings:
    return read_settings(school.environment, source=SOURCE)


@contextmanager
def _in_front(
    name: str, school: Product, folder: Path, monkeypatch: pytest.MonkeyPatch, *, without: str = ""
) -> Iterator[int]:
    """The port of the web server, which the doctor finds by the school's names."""
    text = re.sub(rf".*{without}.*\n", "", snippet(name)) if without else snippet(name)
    certificate = make_certificate(folder, [DOMAIN, f"*.{WORKSPACES}"])
    with running_web_server(name, text, folder, school_port=school.port, certificate=certificate) as port:
        trusting = ssl.create_default_context(cafile=str(certificate[0]))

        def connect_to(host: str) -> http.client.HTTPSConnection:
            found = http.client.HTTPSConnection(host, timeout=10, context=trusting)
            raw = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(VISITOR, 0))
            found.sock = trusting.wrap_socket(raw, server_hostname=host)
            return found

        monkeypatch.setattr(proxy_doctor, "connect_to", connect_to)
        yield port


@pytest.mark.parametrize("name", _EACH)
def test_a_student_works_behind(
    name: str, school: Product, chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _in_front(name, school, tmp_path, monkeypatch) as port:
        _the_doctor_is_content(school)
        _addresses_are_those_of_visitors()
        rules = f"MAP {DOMAIN}:443 127.0.0.1:{port}, MAP *.{WORKSPACES}:443 127.0.0.1:{port}"
        browser = another_chromium(chromium, f"--host-resolver-rules={rules}", "--ignore-certificate-errors")
        try:
            with fresh_profiles(browser) as new_page:
                _work(school, new_page())
        finally:
            browser.close()


def _the_doctor_is_content(school: Product) -> None:
    [answer] = proxy_doctor.proxy_in_front(_settings(school))
    assert answer.verdict is Verdict.YES, answer


def _addresses_are_those_of_visitors() -> None:
    for forged in ({}, {"X-Forwarded-For": "8.8.8.8"}, {"X-Forwarded-For": "8.8.8.8, 9.9.9.9", "X-Real-IP": "8.8.8.8"}):
        connection = proxy_doctor.connect_to(DOMAIN)
        connection.request("GET", ARRIVED_PATH, headers={**forged, "X-Forwarded-Proto": "http"})
        told = connection.getresponse()
        assert (told.getheader(ARRIVED_ADDRESS), told.getheader(ARRIVED_SCHEME)) == (VISITOR, "https")
        connection.close()


def _work(school: Product, page: Page) -> None:
    """Sign in, launch, a file by the editor's WebSocket, an app with a WebSocket and an upload."""
    student = Student(page, school, ADA)
    student.sign_in()
    code = student.enter()
    host = str(urlsplit(code.page.url).hostname)
    workspace_id = host.partition(".")[0]
    home = home_of(school, workspace_id)
    put(SOURCE / "tests/preview_app/plain.py", home, "plain.py")
    code.terminal(f"(python3 ~/plain.py {APP_PORT} > ~/plain.log 2>&1 &); echo begun > ~/begun")
    until(lambda: (home / "begun").exists(), "the terminal does not answer", within_s=60)
    app = student.context.new_page()
    app.goto(f"https://p{APP_PORT}--{host}/")
    expect(app.locator("body")).to_contain_text('{"headers"')  # it loads by itself once the program listens
    headers = json.loads(app.inner_text("body"))["headers"]
    assert headers["host"] == f"localhost:{APP_PORT}", headers
    greeted = app.evaluate(
        """() => new Promise((done, fail) => {
            const socket = new WebSocket(`wss://${location.host}/socket`);
            socket.onmessage = ({ data }) => { socket.close(); done(data) };
            socket.onerror = () => fail(new Error("refused"));
        })"""
    )
    assert greeted == "hello"
    upload = "(size) => fetch('/', { method: 'POST', body: new Uint8Array(size) }).then((answer) => answer.json())"
    assert app.evaluate(upload, UPLOAD_BYTES) == {"bytes": UPLOAD_BYTES}
    app.close()
    (home / "begun").unlink()
    assert student.complaints == []
    student.stop(within_s=60)


@pytest.mark.parametrize("name", _EACH)
def test_too_many_cookies_are_cleared_behind(
    name: str, school: Product, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student's page may store cookies for all workspaces. An answer of the web server's own
    would leave them there, and close every workspace to that browser."""
    with _in_front(name, school, tmp_path, monkeypatch):
        connection = proxy_doctor.connect_to(f"ws-aaaaaaaaaa.{WORKSPACES}")
        planted = "; ".join(f"planted{number}={'x' * 4000}" for number in range(12))
        connection.request("GET", "/", headers={"Cookie": planted, "Accept": "text/html"})
        told = connection.getresponse()
        assert (told.status, told.getheader("clear-site-data")) == (431, '"cookies"')
        connection.close()


@pytest.mark.parametrize(
    ("without", "words", "line"),
    [
        ("Host", "Host does not arrive", "proxy_set_header Host $http_host;"),
        ("Upgrade", "Upgrade and Connection are not passed on", "proxy_set_header Upgrade $http_upgrade;"),
        ("X-Forwarded-Proto", "the scheme arrives as http", "proxy_set_header X-Forwarded-Proto https;"),
        ("X-Forwarded-For", "visitors can choose the address", "proxy_set_header X-Forwarded-For"),
    ],
)
@_if_installed("nginx")
def test_the_doctor_names_the_line_that_nginx_lacks(
    without: str, words: str, line: str, school: Product, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _in_front("nginx", school, tmp_path, monkeypatch, without=f"proxy_set_header {without} "):
        answers = list(proxy_doctor.proxy_in_front(_settings(school)))
    assert {answer.verdict for answer in answers} == {Verdict.NO}, answers
    assert any(words in answer.text and line in answer.remedy for answer in answers), answers
    assert line in snippet("nginx")
