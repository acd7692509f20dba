"""What the school's name server says, and that it says nothing else to anyone."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from certificates.settings import challenge_name
from certificates.zone import QUERY_BYTES_MAX, ChallengeZones

PORTAL = challenge_name("learn.school.example")
WORKSPACES = challenge_name("*.ws-learn.school.example")
VALUE = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"


@pytest.fixture
def zones() -> ChallengeZones:
    return ChallengeZones([PORTAL, WORKSPACES], server="learn.school.example")


def ask(zones: ChallengeZones, name: str, kind: str = "TXT", **options: object) -> dns.message.Message:
    wire = zones.answer(dns.message.make_query(name, kind, **options).to_wire(), tcp=False)
    assert wire is not None
    return dns.message.from_wire(wire)


def test_a_wildcard_is_proven_at_its_domain() -> None:
    assert WORKSPACES == "_acme-challenge.ws-learn.school.example"


def test_a_pending_challenge_is_answered_and_gone_when_it_is_done(zones: ChallengeZones) -> None:
    zones.publish(WORKSPACES, VALUE)
    zones.publish(WORKSPACES, "second")
    found = ask(zones, WORKSPACES)
    assert found.flags & dns.flags.AA
    assert not found.flags & dns.flags.RA
    assert {text.strings[0].decode() for text in found.answer[0]} == {VALUE, "second"}
    assert not ask(zones, PORTAL).answer, "the other zone has none"
    zones.withdraw(WORKSPACES, VALUE)
    zones.withdraw(WORKSPACES, "second")
    gone = ask(zones, WORKSPACES)
    assert (gone.rcode(), gone.answer) == (dns.rcode.NOERROR, [])
    assert gone.authority[0].rdtype == dns.rdatatype.SOA


def test_the_question_comes_back_in_the_case_in_which_it_was_asked(zones: ChallengeZones) -> None:
    """Let's Encrypt mixes upper and lower case, so that forged answers do not fit."""
    zones.publish(PORTAL, VALUE)
    mixed = "_AcMe-chAllenGe.LEARN.school.eXample."
    found = ask(zones, mixed)
    assert found.question[0].name.to_text() == mixed
    assert found.answer[0].name.to_text() == mixed


@pytest.mark.parametrize(
    ("kind", "answered"), [("NS", True), ("SOA", True), ("A", False), ("AAAA", False), ("CAA", False), ("DS", False)]
)
def test_a_delegation_has_what_resolvers_ask_on_the_way(zones: ChallengeZones, kind: str, answered: bool) -> None:
    found = ask(zones, PORTAL, kind)
    assert found.rcode() == dns.rcode.NOERROR
    assert bool(found.answer) == answered
    if kind == "NS":
        assert found.answer[0][0].to_text() == "learn.school.example."


def test_there_is_nothing_below(zones: ChallengeZones) -> None:
    assert ask(zones, f"www.{PORTAL}").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("name", ["school.example", "learn.school.example", "example.org", ".", "version.bind"])
def test_other_names_are_refused(zones: ChallengeZones, name: str) -> None:
    found = ask(zones, name)
    assert (found.rcode(), found.answer, found.authority) == (dns.rcode.REFUSED, [], [])


@pytest.mark.parametrize("kind", ["ANY", "AXFR"])
def test_nobody_gets_a_whole_zone(zones: ChallengeZones, kind: str) -> None:
    assert ask(zones, PORTAL, kind).rcode() == dns.rcode.REFUSED


def test_other_classes_are_refused(zones: ChallengeZones) -> None:
    assert ask(zones, PORTAL, "TXT", rdclass="CH").rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("kind", ["TXT", "NS", "SOA", "A", "ANY", "AXFR", "CAA"])
@pytest.mark.parametrize("name", [PORTAL, f"x.{PORTAL}", "example.org"])
def test_it_is_no_amplifier(zones: ChallengeZones, name: str, kind: str) -> None:
    """The worst answer has both values that an order can need at one name, and the worst asker pads
    its query, so that a polite server would pad the answer."""
    zones.publish(PORTAL, VALUE)
    zones.publish(PORTAL, VALUE[::-1])
    padding = dns.edns.GenericOption(dns.edns.OptionType.PADDING, b"")
    for query in (dns.message.make_query(name, kind), dns.message.make_query(name, kind, options=[padding])):
        wire = query.to_wire()
        answer = zones.answer(wire, tcp=False)
        refusal = zones.answer(wire, tcp=False, truncated=True)
        assert answer is not None
        assert refusal is not None
        assert len(answer) - len(wire) <= 150
        assert len(refusal) <= len(wire)


def test_two_servers_do_not_answer_each_other(zones: ChallengeZones) -> None:
    query = dns.message.make_query(PORTAL, "TXT")
    assert zones.answer(dns.message.make_response(query).to_wire(), tcp=False) is None
    assert zones.answer(b"\0" * 11, tcp=False) is None


def test_what_is_no_plain_question_gets_a_bare_refusal(zones: ChallengeZones) -> None:
    query = dns.message.make_query(PORTAL, "TXT")
    two = dns.message.make_query(PORTAL, "TXT")
    two.question.append(dns.message.make_query(WORKSPACES, "TXT").question[0])
    update = bytearray(query.to_wire())
    update[2] = dns.opcode.UPDATE << 3
    cut = query.to_wire()[:-3]
    many = dns.message.make_query(PORTAL, "TXT")
    many.additional += [dns.rrset.from_text(f"{number}.", 1, "IN", "A", "192.0.2.1") for number in range(3)]
    for wire, rcode in (
        (two.to_wire(), dns.rcode.FORMERR),
        (many.to_wire(), dns.rcode.FORMERR),
        (query.to_wire() + bytes(QUERY_BYTES_MAX), dns.rcode.FORMERR),
        (cut, dns.rcode.FORMERR),
        (bytes(update), dns.rcode.NOTIMP),
    ):
        answer = zones.answer(wire, tcp=False)
        assert answer is not None
        assert (len(answer), answer[3] & 0x0F) == (12, rcode)
        assert answer[:2] == wire[:2]


def test_a_newer_edns_is_told_so(zones: ChallengeZones) -> None:
    query = dns.message.make_query(PORTAL, "TXT", use_edns=1)
    answer = zones.answer(query.to_wire(), tcp=False)
    assert answer is not None
    assert dns.message.from_wire(answer).rcode() == dns.rcode.BADVERS


def test_many_values_come_by_tcp(zones: ChallengeZones) -> None:
    for number in range(40):
        zones.publish(PORTAL, f"{number:043}")
    query = dns.message.make_query(PORTAL, "TXT")
    short = zones.answer(query.to_wire(), tcp=False)
    whole = zones.answer(query.to_wire(), tcp=True)
    assert short is not None
    assert whole is not None
    assert len(short) <= 512
    assert dns.message.from_wire(short).flags & dns.flags.TC
    assert len(dns.message.from_wire(whole).answer[0]) == 40
