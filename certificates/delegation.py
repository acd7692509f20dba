"""What the world's name servers say of the challenge zones. For `doctor` and the supervisor."""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

ANSWER_WITHIN_S = 2.0
PARENTS_ASKED = 3


class NotKnown(Exception):
    """DNS could not be asked. The text says who did not answer."""


@dataclass(frozen=True)
class Delegation:
    """Where the parent zone sends those who ask for a challenge."""

    servers: tuple[str, ...] = ()
    """Names in the NS records; empty: there are none."""
    addresses: tuple[str, ...] = ()
    """Of all servers together."""


def is_served(address: str, port: int, zone: str, *, tcp: bool = False) -> bool:
    """Whether a name server at this address answers for the zone, as ours does."""
    query = dns.message.make_query(zone, dns.rdatatype.SOA)
    ask = dns.query.tcp if tcp else dns.query.udp
    try:
        response = ask(query, address, timeout=ANSWER_WITHIN_S, port=port)
    except (OSError, dns.exception.DNSException):
        return False
    return response.rcode() == dns.rcode.NOERROR and bool(response.answer)


def find_delegation(zone: str, resolver: dns.resolver.Resolver, *, parent_port: int = 53) -> Delegation:
    """Ask the servers of the zone above, not a resolver: it would ask ours, which may not run yet.
    Raises NotKnown."""
    above = dns.name.from_text(zone).parent()
    try:
        apex = dns.resolver.zone_for_name(above, resolver=resolver, lifetime=10.0)
        parents = [address for server in _servers(resolver, apex) for address in _addresses(resolver, server)]
    except (OSError, dns.exception.DNSException):
        raise NotKnown(f"this machine's resolver cannot say who is responsible for {above.to_text(True)}") from None
    for address in parents[:PARENTS_ASKED]:
        query = dns.message.make_query(zone, dns.rdatatype.NS)
        query.flags &= ~dns.flags.RD
        try:
            response, _ = dns.query.udp_with_fallback(query, address, timeout=ANSWER_WITHIN_S, port=parent_port)
        except (OSError, dns.exception.DNSException):
            continue
        if response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):  # else it does not serve the zone above
            return _delegation(response, query.question[0].name, resolver)
    raise NotKnown(f"the name servers of {apex.to_text(True)} do not answer")


def _delegation(response: dns.message.Message, zone: dns.name.Name, resolver: dns.resolver.Resolver) -> Delegation:
    """A referral has the records in the authority section; who has both zones answers with them."""
    found = [
        record.target
        for records in (*response.answer, *response.authority)
        if records.name == zone and records.rdtype == dns.rdatatype.NS
        for record in records
    ]
    names = tuple(sorted(name.to_text(omit_final_dot=True) for name in found))
    return Delegation(names, tuple(sorted({address for name in found for address in _addresses(resolver, name)})))


def _servers(resolver: dns.resolver.Resolver, zone: dns.name.Name) -> list[dns.name.Name]:
    return [record.target for record in resolver.resolve(zone, dns.rdatatype.NS)]


def _addresses(resolver: dns.resolver.Resolver, name: dns.name.Name) -> list[str]:
    """IPv4 first: more servers have it than can use the other. A name without any has none."""
    found: list[str] = []
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        try:
            found += [record.address for record in resolver.resolve(name, kind, raise_on_no_answer=False)]
        except dns.exception.DNSException:
            continue
    return found
