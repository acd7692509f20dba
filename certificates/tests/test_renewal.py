"""The whole life of a certificate, at a real authority with lifetimes of seconds."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from certificates.publishing import OwnNameServer
from certificates.renewal import LOOK_EVERY, Renewal
from certificates.settings import Authority, Settings
from certificates.store import Store
from certificates.tests.conftest import HOSTS, Served, bound_pair
from tests.pebble import NEEDED, running_pebble
from tests.ports import free_port
from tests.waiting import until

pytestmark = NEEDED
SOURCE = Path(__file__).parents[2]
DAY = dt.timedelta(days=1)


def _settings(folder: Path, authority: Authority, staging: Authority | None = None) -> Settings:
    return Settings(folder, HOSTS, authority, staging, hook=(), hook_wait_s=0.0)


def _renewal(settings: Settings, store: Store, served: Served) -> tuple[Renewal, list[str]]:
    said: list[str] = []
    return Renewal(settings, store, OwnNameServer(served.zones), said.append), said


@pytest.mark.parametrize("days", [90, 45, 6])
def test_it_is_renewed_ahead_of_its_end_and_not_before(served: Served, store: Store, tmp_path: Path, days: int) -> None:
    with running_pebble(tmp_path, dns_port=served.port, lifetime_s=days * 86400) as pebble:
        renewal, _ = _renewal(_settings(tmp_path, Authority(pebble.directory, pebble.root)), store, served)
        now = dt.datetime.now(dt.UTC)
        again = renewal.step(now)
        assert again - now <= LOOK_EVERY
        first = store.key.read_text()
        renewal.step(now + DAY)
        assert store.key.read_text() == first
        renewal.step(now + days * DAY * 0.9)
        assert store.key.read_text() != first


def test_an_authority_that_is_down_is_asked_again_and_the_certificate_stays(
    served: Served, store: Store, tmp_path: Path
) -> None:
    port = free_port()
    authority = Authority(f"https://localhost:{port}/dir", tmp_path / "chain.pem")
    renewal, said = _renewal(_settings(tmp_path, authority), store, served)
    now = dt.datetime.now(dt.UTC)
    with running_pebble(tmp_path, dns_port=served.port, port=port):
        renewal.step(now)
    kept = store.key.read_text()
    late = now + 80 * DAY
    again = renewal.step(late)
    progress = store.progress()
    assert (progress.failures, store.key.read_text()) == (1, kept)
    assert "cannot be reached" in progress.problem
    assert "Next attempt" in said[-1]
    assert renewal.step(late) == again, "not a request before its time, also after a restart"
    assert store.progress() == progress
    assert renewal.step(again) - again > again - late, "the pause grows"
    with running_pebble(tmp_path, dns_port=served.port, port=port):
        renewal.step(late + DAY)
    assert store.key.read_text() != kept
    assert (store.progress().failures, store.progress().problem, store.progress().retry_at) == (0, "", None)


def test_what_fails_fails_where_it_costs_nothing(served: Served, store: Store, tmp_path: Path) -> None:
    """A wrong delegation must not use up the few failures that the real authority allows."""
    (tmp_path / "real").mkdir()
    (tmp_path / "staging").mkdir()
    with (
        running_pebble(tmp_path / "real", dns_port=served.port) as real,
        running_pebble(tmp_path / "staging", dns_port=free_port()) as staging,  # nobody answers it
    ):
        authorities = Authority(real.directory, real.root), Authority(staging.directory, staging.root)
        renewal, said = _renewal(_settings(tmp_path, *authorities), store, served)
        now = dt.datetime.now(dt.UTC)
        again = renewal.step(now)
        assert "order-plz" not in (tmp_path / "real/pebble.log").read_text()
        assert "did not find the proof" in store.progress().problem
        good = replace(authorities[1], directory=real.directory, directory_ca=real.root)
        renewal, said = _renewal(_settings(tmp_path, authorities[0], good), store, served)
        renewal.step(again)
        assert [text.partition(" ")[0] for text in said] == ["Trying", "Ordering", "The"]
        assert (tmp_path / "real/pebble.log").read_text().count("order-plz") == 2
        renewal.step(again + 80 * DAY)
        assert (tmp_path / "real/pebble.log").read_text().count("order-plz") == 3, "a renewal needs no staging"


def test_the_process_renews_by_itself(tmp_path: Path) -> None:
    """With certificates of ten seconds, as the supervisor starts it."""
    udp, tcp = bound_pair()
    store = Store(tmp_path / "certificates")
    with running_pebble(tmp_path, dns_port=tcp.getsockname()[1], lifetime_s=10) as pebble:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SOURCE),
            "APRANOVA_CERTIFICATES_DIR": str(tmp_path / "certificates"),
            "APRANOVA_CERTIFIED_HOSTS": " ".join(HOSTS),
            "APRANOVA_TLS_DIRECTORY": pebble.directory,
            "APRANOVA_TLS_DIRECTORY_CA": str(pebble.root),
        }
        descriptors = [str(each.fileno()) for each in (udp, tcp)]
        command = [
            sys.executable,
            "-m",
            "certificates",
            "serve",
            "--socket",
            descriptors[0],
            "--socket",
            descriptors[1],
        ]
        process = subprocess.Popen(command, env=environment, pass_fds=(udp.fileno(), tcp.fileno()), cwd="/")
        try:
            until(store.chain.exists, within_s=30)
            first = store.chain.read_text()
            until(lambda: store.chain.read_text() != first, within_s=30)
            until(lambda: store.progress().failures == 0, within_s=10)  # written after the certificate
        finally:
            process.terminate()
            process.wait()
            udp.close()
            tcp.close()
