"""`doctor` and the school's own sign-in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from single_machine.answers import Verdict
from single_machine.settings import read_settings
from single_machine.sign_in_doctor import NEEDED, sign_in

SOURCE = Path(__file__).parents[2]


class _Discovery(BaseHTTPRequestHandler):
    said: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/.well-known/openid-configuration" else 404)
        self.end_headers()
        self.wfile.write(json.dumps(self.said).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def provider() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Discovery) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def verdict(issuer: str) -> tuple[Verdict, str]:
    variables = {
        "APRANOVA_HOME": "/srv/apranova",
        "APRANOVA_OPENID_ISSUER": issuer,
        "APRANOVA_OPENID_CLIENT_ID": "id",
        "APRANOVA_OPENID_CLIENT_SECRET": "a secret",
    }
    [answer] = sign_in(read_settings(variables, source=SOURCE))
    assert "a secret" not in f"{answer.text}{answer.remedy}"
    return answer.verdict, f"{answer.text} {answer.remedy}"


def test_a_school_without_a_provider_is_asked_nothing() -> None:
    assert list(sign_in(read_settings({"APRANOVA_HOME": "/srv/apranova"}, source=SOURCE))) == []


def test_a_provider_that_answers_is_good_and_one_with_another_name_is_told() -> None:
    with provider() as issuer:
        _Discovery.said = {"issuer": issuer, **dict.fromkeys(NEEDED, "there")}
        assert verdict(issuer)[0] is Verdict.YES
        _Discovery.said["issuer"] = "https://other.example"
        assert verdict(issuer) == (
            Verdict.LOOK,
            "the provider calls itself https://other.example Set the issuer to https://other.example",
        )


@pytest.mark.parametrize("path", ["", "/realms/none"])
def test_what_is_no_provider_is_told_with_what_to_do(path: str) -> None:
    _Discovery.said = {}
    with provider() as issuer:
        found, words = verdict(issuer + path)
    assert found is Verdict.NO
    assert ("names no authorization_endpoint" if not path else "404") in words


def test_a_provider_that_cannot_be_reached_is_told() -> None:
    found, words = verdict("http://127.0.0.1:9")
    assert found is Verdict.NO
    assert "refused" in words
