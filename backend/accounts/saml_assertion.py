"""What must stand in an assertion, after its signature: pure, of the answer's XML and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_NAMES = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol"}
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_LIFE_S_MAX = 24 * 3600
"""How long a used assertion can be remembered."""


class Refused(Exception):
    """Says to the operator why; `code` is for the sign-in page."""

    def __init__(self, reason: str, code: str = "unknown") -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Assertion:
    id: str
    issuer: str
    subject: str
    """Who it is about: the same text at each sign-in."""
    ends_in_s: int


def read_assertion(answer: bytes, *, audience: str, recipient: str, id_attribute: str, now: float) -> Assertion:
    """Raises Refused. The answer's signature is checked, and that its one assertion is signed."""
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

    root: Any = OneLogin_Saml2_XML.to_etree(answer)
    found = root.xpath("/samlp:Response/saml:Assertion", namespaces=_NAMES)
    if len(found) != 1:
        raise Refused("the answer does not have one assertion")
    assertion: Any = found[0]
    restrictions = assertion.xpath("saml:Conditions/saml:AudienceRestriction", namespaces=_NAMES)
    if not restrictions or not all(audience in _texts(it, "saml:Audience") for it in restrictions):
        raise Refused(f"the assertion's audience is not {audience}")
    ends = _confirmed_until(assertion, recipient=recipient, request_id=root.get("InResponseTo"), now=now)
    return Assertion(
        id=assertion.get("ID"),
        issuer=_texts(assertion, "saml:Issuer")[0],
        subject=_subject(assertion, id_attribute),
        ends_in_s=int(ends - now) + 1,
    )


def _confirmed_until(assertion: Any, *, recipient: str, request_id: str | None, now: float) -> float:
    """When it ends to be good for us. The answer's own words around it are perhaps not signed, so
    the request's id must be inside, too."""
    if not request_id:
        raise Refused("the answer is to no request; a sign-in begins on the sign-in page")
    wanted = {"Recipient": recipient, "InResponseTo": request_id}
    for data in assertion.xpath(
        "saml:Subject/saml:SubjectConfirmation[@Method=$bearer]/saml:SubjectConfirmationData",
        namespaces=_NAMES,
        bearer=_BEARER,
    ):
        until = data.get("NotOnOrAfter")
        if until and all(data.get(name) == value for name, value in wanted.items()):
            ends = _seconds(until)
            if now < ends <= now + _LIFE_S_MAX:
                return ends
    raise Refused(f"the assertion is not for {recipient}, not for this sign-in, or not for this hour")


def _subject(assertion: Any, id_attribute: str) -> str:
    if id_attribute:
        values = assertion.xpath(
            "saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue",
            namespaces=_NAMES,
            name=id_attribute,
        )
        if len(values) != 1 or not (values[0].text or "").strip():
            raise Refused(f"the assertion does not have one value of {id_attribute}", "no_lasting_id")
        return str(values[0].text).strip()
    names = assertion.xpath("saml:Subject/saml:NameID", namespaces=_NAMES)
    if len(names) != 1 or names[0].get("Format") != _PERSISTENT or not (names[0].text or "").strip():
        form = names[0].get("Format") if names else "missing"
        raise Refused(
            f"the NameID is {form}, not persistent: let the provider send a persistent one, or set saml.id_attribute",
            "no_lasting_id",
        )
    return str(names[0].text).strip()


def _texts(element: Any, path: str) -> list[str]:
    return [(node.text or "").strip() for node in element.xpath(path, namespaces=_NAMES)]


def _seconds(text: str) -> float:
    """SAML's times are in UTC, whether or not they say so."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
