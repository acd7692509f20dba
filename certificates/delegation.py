"""What the world's name servers say of the challenge zones. For `doctor` and the supervisor."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

ANSWER_WITHIN_S = 2.0


def is_served(address: str, port: int, zone: str, *, tcp: bool = False) -> bool:
    """Whether a name server at this address answers for the zone, as ours does."""
    query = dns.message.make_query(zone, dns.rdatatype.SOA)
    ask = dns.query.tcp if tcp else dns.query.udp
    try:
        response = ask(query, address, timeout=ANSWER_WITHIN_S, port=port)
    except (OSError, dns.exception.DNSException):
        return False
    return response.rcode() == dns.rcode.NOERROR and bool(response.answer)
