"""What a platform says when it opens ApraNova: reading the signed message (LTI 1.3, 5).

Sources: the LTI 1.3 core specification, and 1EdTech's security framework 1.0, 5.1.3. PyJWT checks
signature, times, issuer and audience. What is LTI's own is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

from backend.lti.models import ID_LENGTH_MAX, TITLE_LENGTH_MAX, CourseRole
from backend.lti.platform_keys import NoKey, find_key
from contract.sign_in import Lti

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
GRADES_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMES_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
CONTENT_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
VERSION = "1.3.0"
CLOCKS_DIFFER_S = 30
NAME_CHARACTERS_MAX = 300
_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_ASSISTANT = f"{_MEMBERSHIP}/Instructor#TeachingAssistant"
_INSTRUCTOR = (f"{_MEMBERSHIP}#Instructor", "Instructor")
_LEARNER = (f"{_MEMBERSHIP}#Learner", "Learner")


class Refused(Exception):
    """The message is not for us, or not true. `code` is what the person reads in words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Launch:
    """One true message of the platform."""

    issuer: str
    deployment_id: str
    subject: str
    email: str
    name: str
    role: CourseRole
    deep_linking: bool
    context_id: str
    title: str
    assignment: str = ""
    """The id that a link to an assignment carries."""
    memberships_url: str = ""
    lineitems_url: str = ""
    return_url: str = ""
    """Deep linking: where the choice goes."""
    data: str = ""
    """Deep linking: what the platform wants back, unread."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of_json(kept: Mapping[str, Any]) -> Launch:
        return Launch(**{**kept, "role": CourseRole(kept["role"])})


def read_launch(token: str, platform: Lti, *, nonce: str, target: str) -> Launch:
    """`target`: the address for which this launch began. Raises Refused."""
    claims = _signed_claims(token, platform)
    _check_parties(claims, platform)
    if claims.get("nonce") != nonce:
        raise Refused("launch_over", "the message is of another launch")
    if claims.get(f"{CLAIM}version") != VERSION:
        raise Refused("unknown", f"it is no LTI {VERSION}")
    if claims.get(f"{CLAIM}target_link_uri") != target:
        raise Refused("unknown", "the message leads to another address than the launch")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= ID_LENGTH_MAX or "\0" in subject:
        raise Refused("lti_nobody", "the message does not say who the person is")
    return _launch(claims, platform, subject)


def _signed_claims(token: str, platform: Lti) -> dict[str, Any]:
    try:
        key = find_key(str(jwt.get_unverified_header(token).get("kid") or ""), platform)
        return jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=platform.client_id,
            issuer=platform.issuer,
            leeway=CLOCKS_DIFFER_S,
            options={"require": ["exp", "iat", "iss", "aud", "nonce"]},
        )
    except jwt.ExpiredSignatureError as problem:
        raise Refused("launch_over", str(problem)) from None
    except NoKey as problem:
        raise Refused("lti_keys", str(problem)) from None
    except (jwt.PyJWTError, ValueError) as problem:
        raise Refused("unknown", str(problem)) from None


def _check_parties(claims: Mapping[str, Any], platform: Lti) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != platform.client_id:
        raise Refused("unknown", "the message is for another client (azp)")
    if claims.get(f"{CLAIM}deployment_id") not in platform.deployment_ids:
        raise Refused("lti_deployment", f"deployment {claims.get(f'{CLAIM}deployment_id')!r:.80} is not the school's")


def _launch(claims: Mapping[str, Any], platform: Lti, subject: str) -> Launch:
    message = claims.get(f"{CLAIM}message_type")
    if message not in (RESOURCE_LINK, DEEP_LINKING):
        raise Refused("unknown", f"message {message!r:.80} is not known")
    context = _object(claims, f"{CLAIM}context")
    content = _object(claims, CONTENT_CLAIM) if message == DEEP_LINKING else {}
    return_url = _service(content, "deep_link_return_url", platform)
    if message == DEEP_LINKING and not return_url:
        raise Refused("unknown", "the answer would go to an address that is not the platform's")
    return Launch(
        issuer=platform.issuer,
        deployment_id=claims[f"{CLAIM}deployment_id"],
        subject=subject,
        email=_text(claims, "email", ID_LENGTH_MAX),
        name=_text(claims, "name", NAME_CHARACTERS_MAX) or _parts_of_name(claims),
        role=role_of(claims.get(f"{CLAIM}roles")),
        deep_linking=message == DEEP_LINKING,
        context_id=_text(context, "id", ID_LENGTH_MAX),
        title=(_text(context, "title", 10_000) or _text(context, "label", 10_000))[:TITLE_LENGTH_MAX],
        assignment=_text(_object(claims, f"{CLAIM}custom"), "assignment", ID_LENGTH_MAX),
        memberships_url=_service(_object(claims, NAMES_CLAIM), "context_memberships_url", platform),
        lineitems_url=_service(_object(claims, GRADES_CLAIM), "lineitems", platform),
        return_url=return_url,
        data=_text(content, "data", 100_000),
    )


def role_of(roles: object) -> CourseRole:
    """In the course. Roles of the system or the institution, such as its administrators, are none.
    A teaching assistant is sent as an instructor, too."""
    told = roles if isinstance(roles, list) else []
    if _ASSISTANT in told:
        return CourseRole.ASSISTANT
    if any(it in told for it in _INSTRUCTOR):
        return CourseRole.INSTRUCTOR
    return CourseRole.LEARNER if any(it in told for it in _LEARNER) else CourseRole.NONE


def is_of_platform(address: str, platform: Lti) -> bool:
    """Whether one of its own servers has it: we send a token there."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}" in platform.origins


def _service(holder: Mapping[str, Any], name: str, platform: Lti) -> str:
    address = _text(holder, name, 2_000)
    return address if is_of_platform(address, platform) else ""


def _object(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = claims.get(name)
    return found if isinstance(found, dict) else {}


def _text(holder: Mapping[str, Any], name: str, length_max: int) -> str:
    found = holder.get(name)
    return found if isinstance(found, str) and len(found) <= length_max and "\0" not in found else ""


def _parts_of_name(claims: Mapping[str, Any]) -> str:
    parts = (_text(claims, it, NAME_CHARACTERS_MAX) for it in ("given_name", "family_name"))
    return " ".join(it for it in parts if it)
