"""A web server of the school's in front: the doctor sees what does not arrive through it."""

from __future__ import annotations

import dataclasses
import functools
import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.names import ARRIVED_ADDRESS, ARRIVED_PATH
from gateway.render import GatewaySettings
from gateway.tests.client import Client
from gateway.tests.stack import Stack
from single_machine import proxy_doctor
from single_machine.answers import Verdict
from single_machine.settings import Settings, Tls, read_settings
from tests.ports import free_port


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Iterator[GatewaySettings]:
    """An Envoy that believes one web server in front, before the same servers."""
    settings = dataclasses.replace(
        stack.settings,
        port=free_port(),
        run_dir=stack.folder / "front",
        public_url="https://localhost",
        trusted_hops=1,
    )
    settings.run_dir.mkdir()
    (settings.run_dir / "backend.sock").symlink_to(stack.settings.backend_socket)
    process = stack.start_envoy(settings)
    yield settings
    stack.end(process)


@pytest.fixture
def school(edge: GatewaySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(proxy_doctor, "find_running", lambda _: True)
    settings = read_settings({"APRANOVA_HOME": str(tmp_path / "home")}, source=tmp_path / "source")
    return dataclasses.replace(
        settings, tls=Tls.PROXY, port=edge.port, domain="localhost", workspaces_domain=edge.workspaces_domain
    )


@dataclass(frozen=True)
class Front:
    """What a web server passes on to our Envoy."""

    hides: tuple[str, ...] = ()
    host: str = ""
    scheme: str = "https"
    appends: str = "203.0.113.9"

    def connect_to(self, port: int, asked: str) -> http.client.HTTPConnection:
        front = self

        class Connection(http.client.HTTPConnection):
            def request(self, method: str, url: str, headers: dict[str, str]) -> None:  # type: ignore[override]
                passed = {name: value for name, value in headers.items() if name not in front.hides}
                if front.scheme:
                    passed["X-Forwarded-Proto"] = front.scheme
                if front.appends:
                    came = [value for name, value in passed.items() if name == "X-Forwarded-For"]
                    passed["X-Forwarded-For"] = ", ".join([*came, front.appends])
                super().request(method, url, headers={"Host": front.host or asked, **passed})

        return Connection("127.0.0.1", port, timeout=10)


@pytest.mark.parametrize(
    ("front", "troubles"),
    [
        (Front(), []),
        (Front(hides=("Upgrade", "Connection")), ["Upgrade and Connection are not passed on"]),
        (Front(host="127.0.0.1:8080"), ["Host does not arrive", "Host does not arrive"]),
        (Front(scheme=""), ["the scheme arrives as http"]),
        (Front(scheme="http"), ["the scheme arrives as http"]),
        (Front(appends=""), ["visitors can choose the address"]),
        (Front(hides=("Upgrade",), scheme=""), ["Upgrade and Connection", "the scheme arrives as http"]),
    ],
)
def test_the_doctor_sees_what_a_web_server_in_front_does_not_pass_on(
    school: Settings, monkeypatch: pytest.MonkeyPatch, front: Front, troubles: list[str]
) -> None:
    monkeypatch.setattr(proxy_doctor, "connect_to", functools.partial(front.connect_to, school.port))
    answers = list(proxy_doctor.proxy_in_front(school))
    if not troubles:
        assert [answer.verdict for answer in answers] == [Verdict.YES], answers
        return
    assert len(answers) == len(troubles), answers
    for answer, words in zip(answers, troubles, strict=True):
        assert (answer.verdict, words in answer.text, bool(answer.remedy)) == (Verdict.NO, True, True), answer


@pytest.mark.parametrize("sent", ["", "8.8.8.8", "8.8.8.8, 9.9.9.9", "x, 8.8.8.8"])
def test_the_last_web_server_in_front_says_who_came_and_a_visitor_cannot(edge: GatewaySettings, sent: str) -> None:
    headers = {"X-Forwarded-For": f"{sent}, 203.0.113.9" if sent else "203.0.113.9"}
    client = Client(edge.port)
    assert client.ask("localhost", ARRIVED_PATH, headers=headers).header(ARRIVED_ADDRESS) == "203.0.113.9"
    assert client.ask("localhost", "/api/x", headers=headers).seen_header("x-forwarded-for") == "203.0.113.9"


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", 1), ("172.17.0.1", 1), ("127.0.0.1", 0), ("::1", 0)])
def test_a_way_past_the_web_server_is_told(
    school: Settings, monkeypatch: pytest.MonkeyPatch, host: str, told: int
) -> None:
    """Whoever speaks to us directly writes X-Forwarded-For themselves."""
    monkeypatch.setattr(proxy_doctor, "find_running", lambda _: None)
    answers = list(proxy_doctor.proxy_in_front(dataclasses.replace(school, host=host)))
    assert [answer.verdict for answer in answers] == [Verdict.LOOK] * told, answers


def test_nothing_is_asked_without_a_web_server_in_front(school: Settings) -> None:
    assert list(proxy_doctor.proxy_in_front(dataclasses.replace(school, tls=Tls.FILES))) == []
