"""Where the world is sent that asks for a challenge, asked of real name servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dns.resolver
import pytest

from certificates.delegation import Delegation, NotKnown, find_delegation
from certificates.tests.conftest import Served
from tests.parent_zone import running_parent
from tests.ports import free_port

ZONE = "_acme-challenge.learn.school.example"


def _resolver(port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], port, 2.0
    return resolver


@contextmanager
def _asked(records: str) -> Iterator[Delegation]:
    with running_parent(records) as port:
        yield find_delegation(ZONE, _resolver(port), parent_port=port)


@pytest.mark.parametrize(
    ("records", "servers", "addresses"),
    [
        (f"{ZONE}. NS learn.school.example.", ["learn.school.example"], ["203.0.113.7"]),
        (f"{ZONE}. NS elsewhere.school.example.", ["elsewhere.school.example"], []),
        ("", [], []),
        (f"{ZONE}. TXT forgotten", [], []),
    ],
)
def test_the_parent_says_who_is_asked(records: str, servers: list[str], addresses: list[str]) -> None:
    with _asked(f"learn.school.example. A 203.0.113.7\n{records}") as found:
        assert (list(found.servers), list(found.addresses)) == (servers, addresses)


def test_a_domain_whose_name_servers_are_silent_is_not_called_wrong() -> None:
    with (
        running_parent("learn.school.example. A 203.0.113.7") as port,
        pytest.raises(NotKnown, match=r"name servers of school\.example do not answer"),
    ):
        find_delegation(ZONE, _resolver(port), parent_port=free_port())
    with pytest.raises(NotKnown, match=r"resolver cannot say who is responsible for learn\.school\.example"):
        find_delegation(ZONE, _resolver(free_port()))


def test_a_server_that_does_not_know_the_domain_says_nothing_of_its_delegations(served: Served) -> None:
    with (
        running_parent("other.school.example. A 203.0.113.7") as port,
        pytest.raises(NotKnown, match=r"name servers of school\.example do not answer"),
    ):
        find_delegation("_acme-challenge.other.school.example", _resolver(port), parent_port=served.port)
