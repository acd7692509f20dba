"""What is kept: for its owner alone, whole or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from certificates.store import Progress, Store
from certificates.tests.conftest import HOSTS
from tests.certificates import make_certificate

NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def test_only_the_owner_can_read_any_of_it(store: Store, tmp_path: Path) -> None:
    store.keep_account_key("https://ca.example/dir", b"account")
    store.keep_progress(Progress(failures=2))
    store.keep_certificate(chain="chain", key="key", now=NOW)
    for found in (tmp_path / "certificates", *(tmp_path / "certificates").rglob("*")):
        assert found.stat().st_mode & 0o077 == 0, found


def test_each_authority_has_its_account(store: Store) -> None:
    store.keep_account_key("https://ca.example/dir", b"first")
    assert store.find_account_key("https://ca.example/dir") == b"first"
    assert store.find_account_key("https://other.example/dir") is None


def test_chain_and_key_change_together_and_the_earlier_pair_is_kept(store: Store, tmp_path: Path) -> None:
    for number in range(4):
        store.keep_certificate(chain=f"chain {number}", key=f"key {number}", now=NOW + dt.timedelta(days=number))
        assert (store.chain.read_text(), store.key.read_text()) == (f"chain {number}", f"key {number}")
    assert len(list((tmp_path / "certificates").glob("certificate-*"))) == 2


def test_a_clock_that_was_ahead_costs_no_certificate(store: Store) -> None:
    for number in (300, 301, 0):
        store.keep_certificate(chain=f"chain {number}", key="key", now=NOW + dt.timedelta(days=number))
    assert store.chain.read_text() == "chain 0"


def test_a_certificate_for_other_names_counts_as_none(store: Store, tmp_path: Path) -> None:
    assert store.find_lifetime(HOSTS) is None
    chain, key = make_certificate(tmp_path, HOSTS, days=30)
    store.keep_certificate(chain=chain.read_text(), key=key.read_text(), now=NOW)
    lifetime = store.find_lifetime(HOSTS)
    assert lifetime is not None
    assert lifetime.not_before < lifetime.not_after
    assert store.find_lifetime(("learn.other.example", HOSTS[1])) is None


def test_damaged_progress_is_a_fresh_start(store: Store, tmp_path: Path) -> None:
    kept = Progress(failures=3, problem="no", retry_at=2.0, renew_at=3.0)
    store.keep_progress(kept)
    assert store.progress() == kept
    for damage in ("{", '{"unknown": 1}', "[]"):
        (tmp_path / "certificates/progress.json").write_text(damage)
        assert store.progress() == Progress()
