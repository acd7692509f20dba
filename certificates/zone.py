"""What the school's own name server says: the challenges that are pending, and nothing else.

The operator delegates `_acme-challenge.<domain>` to this server. A query goes in, an answer or
nothing comes out; there is no I/O here and no recursion. A UDP answer is at most some 150 bytes
longer than its query.
"""

from __future__ import annotations

import struct
import threading
from collections import defaultdict
from collections.abc import Iterable

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

UDP_BYTES_MAX = 1232
"""With EDNS; it passes every network unfragmented."""
PLAIN_UDP_BYTES_MAX = 512
QUERY_BYTES_MAX = 1232
ADDITIONAL_MAX = 2
"""EDNS and a signature."""
DELEGATION_TTL_S = 300
CHALLENGE_TTL_S = 1
"""Also of “there is none”: the next look must see a challenge that came since."""
_HEADER = struct.Struct("!HHHHHH")
_RESPONSE = 0x8000


class ChallengeZones:
    """The delegated zones and the values that are published in them. Safe for several threads."""

    def __init__(self, zones: Iterable[str], *, server: str) -> None:
        """`server` is the name that the delegation points to: this server's."""
        self._zones = tuple(dns.name.from_text(zone) for zone in zones)
        self._server = dns.name.from_text(server)
        self._values: defaultdict[dns.name.Name, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def publish(self, name: str, value: str) -> None:
        with self._lock:
            self._values[dns.name.from_text(name)].add(value)

    def withdraw(self, name: str, value: str) -> None:
        with self._lock:
            self._values[dns.name.from_text(name)].discard(value)

    def answer(self, wire: bytes, *, tcp: bool, truncated: bool = False) -> bytes | None:
        """The response to a message; None for what deserves none. `truncated` tells the asker to
        come again by TCP, which proves its address."""
        if len(wire) < _HEADER.size:
            return None
        number, flags, questions, answers, authorities, additional = _HEADER.unpack_from(wire)
        if flags & _RESPONSE:  # two servers must not answer each other forever
            return None
        if dns.opcode.from_flags(flags) != dns.opcode.QUERY:
            return _bare(number, flags, dns.rcode.NOTIMP)
        # Looked at first: to parse thousands of records would take the better part of a second.
        plain = (questions, answers, authorities) == (1, 0, 0) and additional <= ADDITIONAL_MAX
        if not plain or len(wire) > QUERY_BYTES_MAX:
            return _bare(number, flags, dns.rcode.FORMERR)
        try:
            query = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError):
            return _bare(number, flags, dns.rcode.FORMERR)
        # Padding would make some 470 bytes of any answer to an asker who pads.
        response = dns.message.make_response(query, our_payload=UDP_BYTES_MAX, pad=0)
        if query.edns > 0:
            response.set_rcode(dns.rcode.BADVERS)
        elif truncated:
            response.flags |= dns.flags.TC
        else:
            self._fill(response)
        return response.to_wire(max_size=65535 if tcp else _udp_limit(query), prefer_truncation=True)

    def _fill(self, response: dns.message.Message) -> None:
        question = response.question[0]
        zone = next((zone for zone in self._zones if question.name.is_subdomain(zone)), None)
        if zone is None or question.rdclass != dns.rdataclass.IN or question.rdtype in _NEVER_ANSWERED:
            response.set_rcode(dns.rcode.REFUSED)
            return
        response.flags |= dns.flags.AA
        records = self._records(zone).get(question.rdtype) if question.name == zone else None
        if records is not None:
            records.name = question.name  # in the case in which it was asked for
            response.answer.append(records)
            return
        if question.name != zone:
            response.set_rcode(dns.rcode.NXDOMAIN)
        response.authority.append(self._start_of_authority(zone, ttl=CHALLENGE_TTL_S))

    def _records(self, zone: dns.name.Name) -> dict[dns.rdatatype.RdataType, dns.rrset.RRset]:
        found = {
            dns.rdatatype.SOA: self._start_of_authority(zone, ttl=DELEGATION_TTL_S),
            dns.rdatatype.NS: dns.rrset.from_text(zone, DELEGATION_TTL_S, "IN", "NS", self._server.to_text()),
        }
        with self._lock:
            values = sorted(self._values[zone])
        if values:
            found[dns.rdatatype.TXT] = dns.rrset.from_text(zone, CHALLENGE_TTL_S, "IN", "TXT", *values)
        return found

    def _start_of_authority(self, zone: dns.name.Name, *, ttl: int) -> dns.rrset.RRset:
        text = f"{self._server} hostmaster.{self._server} 1 3600 600 86400 {CHALLENGE_TTL_S}"
        return dns.rrset.from_text(zone, ttl, "IN", "SOA", text)


_NEVER_ANSWERED = frozenset(
    {dns.rdatatype.ANY, dns.rdatatype.AXFR, dns.rdatatype.IXFR, dns.rdatatype.MAILA, dns.rdatatype.MAILB}
)


def _udp_limit(query: dns.message.Message) -> int:
    if query.edns < 0:
        return PLAIN_UDP_BYTES_MAX
    return max(PLAIN_UDP_BYTES_MAX, min(query.payload, UDP_BYTES_MAX))


def _bare(number: int, flags: int, rcode: dns.rcode.Rcode) -> bytes:
    """A header alone, with the query's opcode and RD bit."""
    return _HEADER.pack(number, _RESPONSE | (flags & 0x7900) | int(rcode), 0, 0, 0, 0)
