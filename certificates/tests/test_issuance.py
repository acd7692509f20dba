"""Orders at a real certificate authority (Pebble), which asks our own name server."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from acme import messages
from cryptography import x509

from certificates.issuance import find_suggested_renewal, obtain
from certificates.publishing import Hook, OwnNameServer
from certificates.refusals import NotIssued, in_words
from certificates.settings import Authority
from certificates.store import Store
from certificates.tests.conftest import HOSTS, Served
from certificates.zone import ChallengeZones
from tests.pebble import EAB_HMAC_KEY, EAB_KEY_ID, NEEDED, Pebble, running_pebble
from tests.ports import free_port

pytestmark = NEEDED


@pytest.fixture(scope="module")
def pebble(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with running_pebble(tmp_path_factory.mktemp("pebble"), dns_port=served.port) as running:
        yield running


@pytest.fixture
def authority(pebble: Pebble) -> Authority:
    return Authority(pebble.directory, pebble.root)


def _why_not(authority: Authority, store: Store, zones: ChallengeZones) -> str:
    with pytest.raises(NotIssued) as refused:
        obtain(authority, HOSTS, store=store, publishing=OwnNameServer(zones))
    return str(refused.value)


def test_a_certificate_with_a_wildcard_and_no_providers_api(authority: Authority, served: Served, store: Store) -> None:
    issued = obtain(authority, HOSTS, store=store, publishing=OwnNameServer(served.zones))
    first, *above = x509.load_pem_x509_certificates(issued.chain.encode())
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == set(HOSTS)
    assert above, "with the intermediate certificate"
    assert issued.key not in repr(issued)
    store.keep_certificate(chain=issued.chain, key=issued.key, now=dt.datetime.now(dt.UTC))
    assert find_suggested_renewal(authority, store.chain.read_bytes(), store=store) is None, (
        "this Pebble has no opinion"
    )
    again = obtain(authority, HOSTS, store=store, publishing=OwnNameServer(served.zones))
    assert again.key != issued.key, "the account is found again, and each certificate has a new key"


def test_no_challenge_stays_behind(authority: Authority, served: Served, store: Store) -> None:
    obtain(authority, HOSTS, store=store, publishing=OwnNameServer(served.zones))
    assert not any(served.zones._values.values())


def test_a_delegation_that_leads_elsewhere(authority: Authority, served: Served, store: Store) -> None:
    """The authority asks a server that has none of our challenges."""
    elsewhere = ChallengeZones([], server=HOSTS[0])
    text = _why_not(authority, store, elsewhere)
    assert "did not find the proof for learn.school.example" in text
    assert "Check that _acme-challenge.ws-learn.school.example has an NS record that leads to this server" in text
    assert "./apranova doctor" in text


def test_an_authority_that_is_away(store: Store, tmp_path: Path) -> None:
    text = _why_not(Authority(f"https://localhost:{free_port()}/dir"), store, ChallengeZones([], server=HOSTS[0]))
    assert "the certificate authority localhost cannot be reached" in text
    assert "Connection refused" in text


def test_an_authority_whose_own_certificate_is_unknown(pebble: Pebble, store: Store) -> None:
    text = _why_not(Authority(pebble.directory), store, ChallengeZones([], server=HOSTS[0]))
    assert "set tls.directory_ca" in text


def test_a_web_site_that_is_no_authority(pebble: Pebble, store: Store) -> None:
    other = Authority(pebble.directory.replace("/dir", "/elsewhere"), pebble.root)
    assert "localhost answered in a way that is not understood" in _why_not(
        other, store, ChallengeZones([], server=HOSTS[0])
    )


def test_an_authority_with_accounts_of_its_own(served: Served, store: Store, tmp_path: Path) -> None:
    with running_pebble(tmp_path, dns_port=served.port, external_accounts=True) as pebble:
        assert "set tls.eab_key_id" in _why_not(Authority(pebble.directory, pebble.root), store, served.zones)
        bound = Authority(pebble.directory, pebble.root, EAB_KEY_ID, EAB_HMAC_KEY)
        assert obtain(bound, HOSTS, store=store, publishing=OwnNameServer(served.zones)).chain


def test_a_command_sets_the_records(authority: Authority, served: Served, store: Store, tmp_path: Path) -> None:
    """It gets what certbot's hooks get, and stands for any provider: here, for our own server."""
    log = tmp_path / "calls"
    script = f'echo "$APRANOVA_DNS_ACTION $APRANOVA_DNS_NAME $APRANOVA_DNS_VALUE $CERTBOT_DOMAIN $CERTBOT_VALIDATION" >> {log}'
    hook = Hook((shutil.which("sh") or "sh", "-c", script), 0.0, lambda _: None)

    class AndOurs(OwnNameServer):
        def publish(self, name: str, value: str) -> None:
            hook.publish(name, value)
            super().publish(name, value)

        def withdraw(self, name: str, value: str) -> None:
            hook.withdraw(name, value)
            super().withdraw(name, value)

    assert obtain(authority, HOSTS, store=store, publishing=AndOurs(served.zones)).chain
    calls = [line.split() for line in log.read_text().splitlines()]
    assert sorted(call[0] for call in calls) == ["clear", "clear", "set", "set"]
    for _, name, value, domain, validation in calls:
        assert (name, value) == (f"_acme-challenge.{domain}", validation)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ("sh", "-c", "echo no such zone >&2; exit 3"),
            r"sh could not set _acme-challenge\.\S+ \(exit code 3\): no such zone",
        ),
        (("/no/such/hook",), r"/no/such/hook cannot be started: No such file or directory\. Correct tls\.hook"),
    ],
)
def test_a_command_that_fails(authority: Authority, store: Store, command: tuple[str, ...], words: str) -> None:
    said: list[str] = []
    with pytest.raises(NotIssued, match=words):
        obtain(authority, HOSTS, store=store, publishing=Hook(command, 0.0, said.append))
    assert said, "that the record could not be cleared is said and stops nothing"


def test_a_rate_limit_is_kept() -> None:
    limited = messages.Error.with_code("rateLimited", detail="too many certificates already issued")
    told = in_words(limited, directory="https://ca.example/dir", own_zone=True, retry_after=dt.timedelta(hours=30))
    assert str(told) == "ca.example refused: too many certificates already issued. Nothing to do but wait"
    assert told.retry_after == dt.timedelta(hours=30)


def test_the_pause_that_an_authority_asks_for_is_noted() -> None:
    from certificates.issuance import _RetryAfter

    asked = _RetryAfter()
    response = requests.Response()
    response.headers["Retry-After"] = "120"
    response.status_code = 200
    asked.note(response)
    assert asked.latest is None
    response.status_code = 429
    asked.note(response)
    assert asked.latest is not None
    assert abs(asked.latest.total_seconds() - 120) < 5
