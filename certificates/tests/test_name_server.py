"""Real queries over real sockets, good ones and those of somebody who means harm."""

from __future__ import annotations

import contextlib
import socket

import dns.flags
import dns.message
import dns.query
import pytest

from certificates.delegation import is_served
from certificates.name_server import TCP_CONNECTIONS_MAX
from certificates.rate_limit import RateLimit
from certificates.settings import challenge_name
from certificates.tests.conftest import HOSTS, Served

ZONE = challenge_name(HOSTS[0])


@pytest.fixture(autouse=True)
def no_earlier_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with a full allowance: other queries of loopback took of it."""
    monkeypatch.setattr(RateLimit, "allows", lambda *_: True)


def test_it_answers_by_udp_and_by_tcp(served: Served) -> None:
    assert is_served("127.0.0.1", served.port, ZONE)
    assert is_served("127.0.0.1", served.port, ZONE, tcp=True)
    assert not is_served("127.0.0.1", served.port, "school.example")


def test_nonsense_ends_nothing(served: Served) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for junk in (b"", b"\0", b"\xff" * 600, bytes(range(200))):
            sender.sendto(junk, ("127.0.0.1", served.port))
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as stranger:
        stranger.sendall(b"\xff\xff" + b"GET / HTTP/1.1\r\n\r\n")
        assert stranger.recv(1) == b"", "too long for a query: the connection ends"
    assert is_served("127.0.0.1", served.port, ZONE)


def test_several_queries_share_a_connection(served: Served) -> None:
    query = dns.message.make_query(ZONE, "SOA")
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        for _ in range(3):
            dns.query.send_tcp(connection, query)
            response, _ = dns.query.receive_tcp(connection)
            assert response.answer


def test_silent_connections_keep_nobody_out_by_udp(served: Served) -> None:
    silent = [socket.create_connection(("127.0.0.1", served.port), timeout=5) for _ in range(TCP_CONNECTIONS_MAX)]
    try:
        one_too_many = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        with one_too_many, contextlib.suppress(ConnectionResetError):
            assert one_too_many.recv(1) == b""
        assert is_served("127.0.0.1", served.port, ZONE)
    finally:
        for each in silent:
            each.close()


def test_a_flood_hears_only_that_it_must_come_by_tcp(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RateLimit, "allows", lambda *_: False)
    query = dns.message.make_query(ZONE, "SOA")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(1)
        for _ in range(20):
            sender.sendto(query.to_wire(), ("127.0.0.1", served.port))
        heard = [sender.recv(4096) for _ in range(10)]
        with pytest.raises(TimeoutError):
            sender.recv(4096)
    assert all(dns.message.from_wire(wire).flags & dns.flags.TC for wire in heard)
    assert max(map(len, heard)) <= len(query.to_wire()) + 11  # at most an OPT record more
