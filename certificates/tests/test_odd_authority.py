"""A server that answers as no certificate authority does: the process must live and say so."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from certificates.issuance import Issued, find_suggested_renewal
from certificates.publishing import OwnNameServer
from certificates.renewal import Renewal
from certificates.settings import Authority, Settings
from certificates.store import Store
from certificates.tests.conftest import HOSTS
from certificates.zone import ChallengeZones
from tests.certificates import make_certificate

WHOLE = '{"newNonce": "BASE/", "newAccount": "BASE/", "newOrder": "BASE/", "renewalInfo": "BASE"}'


@contextmanager
def _serving(directory: str, rest: str) -> Iterator[Authority]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://127.0.0.1:{self.server.server_address[1]}"
            text = directory.replace("BASE", base) if self.path == "/dir" else rest
            self.send_response(200)
            self.send_header("Replay-Nonce", "abcd")
            self.end_headers()
            self.wfile.write(text.encode() if self.command != "HEAD" else b"")

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))  # a reset would lose the answer
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Authority(f"http://127.0.0.1:{server.server_address[1]}/dir")
        server.shutdown()


@pytest.mark.parametrize(
    ("directory", "rest"), [("{}", ""), ("[]", ""), ('"text"', ""), (WHOLE, "{}"), (WHOLE, '{"authorizations": 1}')]
)
def test_an_answer_that_nobody_expects_is_a_failure_like_any_other(store: Store, directory: str, rest: str) -> None:
    said: list[str] = []
    now = dt.datetime.now(dt.UTC)
    with _serving(directory, rest) as authority:
        settings = Settings(Path(), HOSTS, authority, None, hook=(), hook_wait_s=0.0)
        again = Renewal(settings, store, OwnNameServer(ChallengeZones([], server=HOSTS[0])), said.append).step(now)
    assert again - now == dt.timedelta(minutes=1)
    assert "127.0.0.1 answered in a way that is not understood" in store.progress().problem


def test_a_certificate_for_which_no_renewal_can_be_suggested_ends_nothing(store: Store, tmp_path: Path) -> None:
    """It names no key of its authority, by which one would ask."""
    chain, _ = make_certificate(tmp_path, HOSTS, days=30)
    with _serving(WHOLE, "{}") as authority:
        assert find_suggested_renewal(authority, chain.read_bytes(), store=store) is None


def test_a_disk_that_is_full_when_the_certificate_comes_is_a_failure_like_any_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "keep_certificate", full)
    monkeypatch.setattr("certificates.renewal.obtain", lambda *_, **__: Issued("chain", "key"))
    settings = Settings(Path(), HOSTS, Authority("https://ca.example/dir"), None, hook=(), hook_wait_s=0.0)
    now = dt.datetime.now(dt.UTC)
    Renewal(settings, store, OwnNameServer(ChallengeZones([], server=HOSTS[0])), print).step(now)
    assert "No space left" in store.progress().problem


def test_after_a_corrected_setting_nobody_waits(store: Store) -> None:
    def step(directory: str, now: dt.datetime) -> dt.datetime:
        settings = Settings(Path(), HOSTS, Authority(directory), None, hook=(), hook_wait_s=0.0)
        return Renewal(settings, store, OwnNameServer(ChallengeZones([], server=HOSTS[0])), print).step(now)

    now = dt.datetime.now(dt.UTC)
    with _serving("{}", "") as authority:
        mistyped = f"{authority.directory}ectory"
        for _ in range(5):
            now = step(mistyped, now)
        assert (store.progress().failures, step(mistyped, now - dt.timedelta(hours=1))) == (5, now)
        step(authority.directory, now - dt.timedelta(hours=1))
    assert store.progress().failures == 1
