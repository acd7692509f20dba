"""The name servers of a school's domain, on loopback: its own records, and delegations."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

ZONE = "school.example"


@contextmanager
def running_parent(records: str) -> Iterator[int]:
    """Serve these lines (`name type value`) below `school.example.`; yields the UDP port. It is
    resolver and authority in one: enough to ask of it what is asked of both."""
    own = f"{ZONE}. SOA ns.{ZONE}. hostmaster.{ZONE}. 1 1 1 1 1\n{ZONE}. NS ns.{ZONE}.\nns.{ZONE}. A 127.0.0.1\n"
    lines = [line.split(None, 2) for line in (own + records).splitlines() if line.strip()]
    known = [dns.rrset.from_text(name, 60, "IN", kind, value) for name, kind, value in lines]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        serving = threading.Thread(target=_serve, args=(sock, known), daemon=True)
        serving.start()
        try:
            yield port
        finally:
            sock.sendto(b"end", ("127.0.0.1", port))
            serving.join(5)


def _serve(sock: socket.socket, known: list[dns.rrset.RRset]) -> None:
    while True:
        wire, peer = sock.recvfrom(4096)
        if wire == b"end":
            return
        response = dns.message.make_response(dns.message.from_wire(wire))
        _fill(response, known)
        sock.sendto(response.to_wire(), peer)


def _fill(response: dns.message.Message, known: list[dns.rrset.RRset]) -> None:
    question = response.question[0]
    apex = dns.name.from_text(ZONE)
    cuts = [each for each in known if each.rdtype == dns.rdatatype.NS and each.name != apex]
    below = [each for each in cuts if question.name.is_subdomain(each.name)]
    if below:
        response.authority.extend(below)  # a referral
        return
    response.flags |= dns.flags.AA
    response.answer.extend(each for each in known if (each.name, each.rdtype) == (question.name, question.rdtype))
    if not any(each.name.is_subdomain(question.name) for each in known):
        response.set_rcode(dns.rcode.NXDOMAIN)
    if not response.answer:
        response.authority.append(next(each for each in known if each.rdtype == dns.rdatatype.SOA))
