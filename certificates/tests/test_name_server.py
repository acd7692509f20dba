"""Real queries over real sockets, good ones and those of somebody who means harm."""

from __future__ import annotations

import contextlib
import select
import socket

import dns.flags
import dns.message
import dns.query

from certificates.delegation import is_served
from certificates.name_server import TCP_CONNECTIONS_MAX
from certificates.rate_limit import EACH_BURST
from certificates.settings import challenge_name
from certificates.tests.conftest import HOSTS, Served

ZONE = challenge_name(HOSTS[0])


STRANGER = "127.0.0.2", 0
"""Queries from 127.0.0.1 are of this machine itself, and have no limit."""


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


def test_silent_connections_keep_out_neither_udp_nor_the_supervisor(served: Served) -> None:
    def come() -> socket.socket:
        return socket.create_connection(("127.0.0.1", served.port), timeout=5, source_address=STRANGER)

    silent = [come() for _ in range(TCP_CONNECTIONS_MAX)]
    try:
        with come() as one_too_many, contextlib.suppress(ConnectionResetError):
            assert one_too_many.recv(1) == b""
        assert is_served("127.0.0.1", served.port, ZONE)
        assert is_served("127.0.0.1", served.port, ZONE, tcp=True)
    finally:
        for each in silent:
            each.close()


def test_a_flood_hears_only_that_it_must_come_by_tcp_and_keeps_nobody_out(served: Served) -> None:
    query = dns.message.make_query(ZONE, "SOA")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(STRANGER)

        def flood(queries: int) -> None:
            for _ in range(queries):
                sender.sendto(query.to_wire(), ("127.0.0.1", served.port))

        flood(6 * int(EACH_BURST))
        heard: list[bytes] = []
        while select.select([sender], [], [], 0.5)[0]:
            heard.append(sender.recv(4096))
        flood(2 * int(EACH_BURST))
        # The supervisor, and the network whose address the flood took:
        assert is_served("127.0.0.1", served.port, ZONE)
        flood(2 * int(EACH_BURST))
        assert dns.query.tcp(query, "127.0.0.1", timeout=5, port=served.port, source=STRANGER[0]).answer
    assert len(heard) < 4.5 * EACH_BURST, "half of those that are too many hear nothing"
    refusals = [wire for wire in heard if dns.message.from_wire(wire).flags & dns.flags.TC]
    assert len(refusals) > EACH_BURST
    assert max(map(len, refusals)) <= len(query.to_wire()) + 11  # at most an OPT record more
