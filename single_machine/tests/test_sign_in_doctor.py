"""`doctor` and the school's own sign-in."""

from __future__ import annotations

import datetime as dt
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
from tests.saml import key_and_certificate

SOURCE = Path(__file__).parents[2]


class _Discovery(BaseHTTPRequestHandler):
    said: ClassVar[dict[str, object]] = {}

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


IDP = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{issuer}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
Location="https://sso.school.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"""


def saml_verdict(metadata: Path, **more: str) -> tuple[Verdict, str]:
    variables = {
        "APRANOVA_HOME": "/srv/apranova",
        "APRANOVA_SAML_METADATA": str(metadata),
        "APRANOVA_SAML_VERIFIED_DOMAINS": "school.example",
        **more,
    }
    [answer] = sign_in(read_settings(variables, source=SOURCE))
    return answer.verdict, f"{answer.text} {answer.remedy}"


@pytest.mark.parametrize(("days", "expected"), [(365, Verdict.YES), (10, Verdict.LOOK), (-1, Verdict.LOOK)])
def test_metadata_is_read_and_the_end_of_its_certificate_told(tmp_path: Path, days: int, expected: Verdict) -> None:
    _, certificate = key_and_certificate(days=days)
    file = tmp_path / "idp metadata.xml"
    in_one_line = "".join(certificate.decode().splitlines()[1:-1])
    file.write_text(IDP.format(issuer="https://sso.school.example/idp", certificate=in_one_line))
    found, words = saml_verdict(file)
    assert found is expected
    assert f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=days):%Y-%m-%d}" in words
    found, words = saml_verdict(file, APRANOVA_SAML_ISSUER="https://other.example/idp")
    assert (found, "describes no provider https://other.example/idp" in words) == (Verdict.NO, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("<html>Sign in first</html>", "describes no provider"),
        ("not XML", "describes no provider"),
        (IDP.format(issuer="https://sso.school.example/idp", certificate="none"), "has no certificate"),
    ],
)
def test_what_describes_no_saml_provider_is_told(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "metadata.xml"
    if content is not None:
        file.write_text(content)
    found, said = saml_verdict(file)
    assert found is Verdict.NO
    assert words in said


def test_whether_github_can_be_reached_is_told() -> None:
    def verdicts(url: str) -> list[Verdict]:
        variables = {
            "APRANOVA_HOME": "/srv/apranova",
            "APRANOVA_GITHUB_CLIENT_ID": "id",
            "APRANOVA_GITHUB_CLIENT_SECRET": "a secret",
            "APRANOVA_GITHUB_URL": url,
        }
        return [it.verdict for it in sign_in(read_settings(variables, source=SOURCE))]

    assert verdicts("http://127.0.0.1:9") == [Verdict.NO]
    with provider() as address:
        assert verdicts(address) == [Verdict.YES]


@pytest.mark.parametrize(
    ("keys", "expected", "words"),
    [
        ([{"kty": "RSA", "kid": "1"}, {"kty": "EC", "kid": "2"}], Verdict.YES, "shows 1 public keys"),
        ([{"kty": "EC", "kid": "2"}], Verdict.NO, "no RSA key"),
        (None, Verdict.NO, "no JSON with keys"),
    ],
)
def test_whether_a_learning_platform_shows_its_keys_is_told(
    keys: list[dict[str, str]] | None, expected: Verdict, words: str
) -> None:
    _Discovery.said = {"keys": keys} if keys is not None else {"hello": "1"}
    with provider() as address:
        variables = {
            "APRANOVA_HOME": "/srv/apranova",
            "APRANOVA_LTI_ISSUER": address,
            "APRANOVA_LTI_KEYS_URL": f"{address}/.well-known/openid-configuration",
            "APRANOVA_LTI_CLIENT_ID": "apranova",
            "APRANOVA_LTI_DEPLOYMENT_IDS": "1",
            "APRANOVA_LTI_VERIFIED_DOMAINS": "school.example",
        }
        [answer] = sign_in(read_settings(variables, source=SOURCE))
    assert answer.verdict is expected
    assert words in answer.text
