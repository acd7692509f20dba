"""A web server of the school's in front: the doctor sees what does not arrive through it."""

from __future__ import annotations

import dataclasses
import http.client
from pathlib import Path
from typing import Any

import pytest

from gateway.tests.stack import Stack
from single_machine import proxy_doctor
from single_machine.answers import Verdict
from single_machine.settings import Settings, Tls, read_settings


@pytest.fixture
def school(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(proxy_doctor, "find_running", lambda _: True)
    settings = read_settings({"APRANOVA_HOME": str(tmp_path / "home")}, source=tmp_path / "source")
    port = stack.settings.port
    return dataclasses.replace(settings, tls=Tls.PROXY, port=port, workspaces_domain=f"ws.localhost:{port}")


def _in_front(stack: Stack, *, hides: tuple[str, ...] = (), host: str = "") -> type[http.client.HTTPConnection]:
    """The doctor's way in: what a web server passes on to our Envoy."""

    class Front(http.client.HTTPConnection):
        def __init__(self, asked: str, **_: Any) -> None:
            super().__init__("127.0.0.1", stack.settings.port, timeout=10)
            self._asked = asked

        def request(self, method: str, url: str, headers: dict[str, str]) -> None:  # type: ignore[override]
            passed = {name: value for name, value in headers.items() if name not in hides}
            super().request(method, url, headers={"Host": host or self._asked, **passed})

    return Front


@pytest.mark.parametrize(
    ("front", "verdict", "words"),
    [
        ({}, Verdict.YES, "arrive"),
        ({"hides": ("Upgrade", "Connection")}, Verdict.NO, "Upgrade and Connection are not passed on"),
        ({"host": "127.0.0.1:8080"}, Verdict.NO, "Host does not arrive"),
    ],
)
def test_the_doctor_sees_what_a_web_server_in_front_does_not_pass_on(
    stack: Stack,
    school: Settings,
    monkeypatch: pytest.MonkeyPatch,
    front: dict[str, Any],
    verdict: Verdict,
    words: str,
) -> None:
    monkeypatch.setattr(proxy_doctor.http.client, "HTTPSConnection", _in_front(stack, **front))
    [answer] = proxy_doctor.proxy_in_front(school)
    assert (answer.verdict, words in answer.text) == (verdict, True), answer


def test_nothing_is_asked_without_a_web_server_in_front(school: Settings) -> None:
    assert list(proxy_doctor.proxy_in_front(dataclasses.replace(school, tls=Tls.FILES))) == []
