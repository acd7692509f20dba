"""Signing in with GitHub, against a small server that speaks its three endpoints as documented.

GitHub itself is not asked: docs/guides/sign-in.md says how to try it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount

from backend.accounts.models import User
from backend.tests.served import PUBLIC_URL
from backend.tests.signing_in import begin, come_back, me, use_sign_in

CALLBACK = f"{PUBLIC_URL}/api/auth/github/callback/"
CLIENT_ID, CLIENT_SECRET = "Iv1.0123456789abcdef", "a secret of tests"


REGISTERED = {"APRANOVA_GITHUB_CLIENT_ID": CLIENT_ID, "APRANOVA_GITHUB_CLIENT_SECRET": CLIENT_SECRET}


class _GitHub(BaseHTTPRequestHandler):
    """The token's endpoint, and the two of the person. Codes and tokens work for one person."""

    people: ClassVar[dict[str, dict[str, Any]]] = {}
    """code → number, name, addresses, and the PKCE challenge of the one who may use it"""
    faults: ClassVar[dict[str, tuple[int, object]]] = {}

    def do_POST(self) -> None:
        sent = {name: values[0] for name, values in parse_qs(self._body()).items()}
        person = self.people.get(sent.get("code", ""))
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        right = (
            person is not None
            and (sent["client_id"], sent["client_secret"], sent["redirect_uri"]) == (CLIENT_ID, CLIENT_SECRET, CALLBACK)
            and base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == person["challenge"]
        )
        if right:
            self._say(200, {"access_token": sent["code"], "scope": "user:email", "token_type": "bearer"})
        else:  # GitHub says so with 200
            self._say(200, {"error": "bad_verification_code", "error_description": "The code is incorrect."})

    def do_GET(self) -> None:
        person = self.people.get(self.headers["Authorization"].partition(" ")[2])
        if person is None:
            self._say(401, {"message": "Bad credentials"})
        elif self.path in self.faults:
            self._say(*self.faults[self.path])
        elif self.path == "/api/v3/user":
            named = {"login": "octo", "id": person["number"], "name": person["name"], "email": person["public"]}
            self._say(200, named)
        else:
            self._say(200, [{**it, "visibility": None} for it in person["emails"]])

    def _body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def _say(self, status: int, said: object) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def github(settings):
    _GitHub.people, _GitHub.faults = {}, {}
    with ThreadingHTTPServer(("127.0.0.1", 0), _GitHub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_address[1]}"
        use_sign_in(settings, {**REGISTERED, "APRANOVA_GITHUB_URL": here})
        yield _GitHub
        server.shutdown()


def address(email, *, primary=False, verified=True):
    return {"email": email, "primary": primary, "verified": verified}


def sign_in(one, *emails, number=583231, name="Mona Octocat", public=None):
    """As somebody with these addresses, whom GitHub sends back with a code."""
    query = parse_qs(urlsplit(begin(one, "github")).query)
    code = hashlib.sha256(query["state"][0].encode()).hexdigest()[:20]
    challenge = query["code_challenge"][0]
    person = {"number": number, "name": name, "public": public, "emails": emails, "challenge": challenge}
    _GitHub.people = {**_GitHub.people, code: person}
    return come_back(one, f"{CALLBACK}?code={code}&state={query['state'][0]}")


def test_the_request_asks_github_for_addresses_with_pkce(settings, browser):
    use_sign_in(settings, REGISTERED)
    url = urlsplit(begin(browser(), "github"))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.netloc, url.path) == ("github.com", "/login/oauth/authorize")
    assert (query["scope"], query["redirect_uri"]) == ("user:email", CALLBACK)
    assert query["code_challenge_method"] == "S256"


def test_a_password_account_is_found_by_a_verified_address_and_then_by_githubs_number(github, browser, person):
    user = person("student")
    one = browser()
    assert sign_in(one, address("octo@home.example", primary=True), address(user.email)) == ""
    assert me(one)["id"] == str(user.pk)
    assert SocialAccount.objects.get().extra_data == {}
    two = browser()
    assert sign_in(two, address("new@home.example", primary=True), name="Renamed") == ""
    assert (me(two)["id"], User.objects.count()) == (str(user.pk), 1)
    assert sign_in(browser(), address(user.email, primary=True), number=7) == "address_reused"


def test_of_two_addresses_with_accounts_the_primary_one_decides(github, browser, person):
    other, own = person("student", email="a@school.example"), person("student", email="z@school.example")
    one = browser()
    assert sign_in(one, address(other.email), address(own.email, primary=True)) == ""
    assert me(one)["id"] == str(own.pk)


def test_an_address_that_github_has_not_verified_opens_nothing(github, browser, person):
    user = person("admin")
    assert sign_in(browser(), address(user.email, primary=True, verified=False)) == "email_unverified"
    assert sign_in(browser(), address("me@home.example"), public=user.email, number=2) == "not_invited"
    assert (
        sign_in(browser(), address("me@home.example"), address(user.email, verified=False), number=3) == "not_invited"
    )
    assert sign_in(browser(), number=4) == "email_missing"
    assert not SocialAccount.objects.exists()


def test_an_invited_newcomer_comes_in_by_any_verified_address(github, browser, signed_in):
    invited = {"email": "mona@school.example", "role": "student", "track": "FSD"}
    assert signed_in("instructor").post("/api/invitations/", json=invited).status_code == 201
    one = browser()
    assert sign_in(one, address("octo@home.example", primary=True), address("mona@school.example")) == ""
    assert (me(one)["email"], me(one)["name"]) == ("mona@school.example", "Mona Octocat")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v3/user", (500, {})),
        ("/api/v3/user", (200, {"login": "no number"})),
        ("/api/v3/user", (200, [])),
        ("/api/v3/user/emails", (403, {"message": "no scope"})),
        ("/api/v3/user/emails", (200, [{"email": "a@school.example"}])),
    ],
)
def test_an_answer_that_is_not_githubs_opens_nothing(github, browser, person, path, answer):
    user = person("student")
    github.faults = {path: answer}
    one = browser()
    assert sign_in(one, address(user.email, primary=True)) == "unknown"
    assert me(one) is None


def test_the_code_of_one_browser_opens_nothing_in_another(github, browser, person):
    user = person("student")
    one, other = browser(), browser()
    assert sign_in(one, address(user.email, primary=True)) == ""
    [code] = github.people
    state = parse_qs(urlsplit(begin(other, "github")).query)["state"][0]
    assert come_back(other, f"{CALLBACK}?code={code}&state={state}") == "unknown", "PKCE"
    assert come_back(other, f"{CALLBACK}?code={code}&state=guessed") == "unknown"
    assert me(other) is None


def test_who_refuses_at_github_reads_that_nothing_has_changed(github, browser):
    one = browser()
    state = parse_qs(urlsplit(begin(one, "github")).query)["state"][0]
    assert come_back(one, f"{CALLBACK}?error=access_denied&state={state}") == "cancelled"


def test_a_school_without_github_has_no_callback(settings, browser):
    use_sign_in(settings, {})
    assert browser().get(f"{CALLBACK}?code=a&state=b").status_code == 404
