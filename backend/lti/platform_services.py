"""What we ask the platform for: tokens, a course's people (NRPS 2.0) and gradebook (AGS 2.0).

A token is had by an assertion that our key signs (1EdTech's security framework 1.0, 4.1).
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import jwt
from django.core.cache import cache

from backend.lti.launch import is_of_platform, role_of
from backend.lti.models import CourseRole
from backend.lti.platform_http import Answer, PlatformProblem, ask
from backend.lti.signing_keys import signer
from contract.sign_in import Lti

PEOPLE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
LINE_ITEMS = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORES = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
_PEOPLE_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
_LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
ASSERTION_LASTS_S = 60
TOKEN_KEPT_S_MAX = 3000
PAGES_MAX = 100
LISTING_TAKES_MAX_S = 90.0
"""All pages of a course's people; an instructor and a thread of ours wait for it."""
MEMBERS_MAX = 5_000
SCORE_MAX = 100
"""Of a line item that we make; the platform scales what we send."""


def list_learners(url: str, platform: Lti) -> list[tuple[str, str]]:
    """Address and name of the course's learners, also of those whose address it does not tell.
    Raises PlatformProblem."""
    found: list[tuple[str, str]] = []
    until = time.monotonic() + LISTING_TAKES_MAX_S
    for _ in range(PAGES_MAX):
        if time.monotonic() > until:
            raise PlatformProblem(f"{urlsplit(url).hostname} takes too long to list the course's people.")
        answer = _call("GET", url, PEOPLE, platform, accept=_PEOPLE_TYPE)
        members = _json(answer, url).get("members")
        if not isinstance(members, list):
            raise _no_list(url)
        found += [_learner(it) for it in members if isinstance(it, dict) and _is_learner(it)]
        if len(found) > MEMBERS_MAX:
            raise PlatformProblem(f"The course has more than {MEMBERS_MAX:,} learners.", for_good=True)
        if not answer.next_url:
            return found
        url = urljoin(url, answer.next_url)
    raise PlatformProblem("The course's list of people does not end.", for_good=True)


def find_or_make_line_item(lineitems_url: str, resource_id: str, label: str, platform: Lti) -> str:
    """The address of the gradebook's column for the assignment. Raises PlatformProblem."""
    known = _call("GET", _with_query(lineitems_url, resource_id=resource_id), LINE_ITEMS, platform, _LINE_ITEMS_TYPE)
    items = _json(known, lineitems_url, list)
    own = [it for it in items if isinstance(it, dict) and it.get("resourceId") == resource_id]
    if not own:
        wanted = {"scoreMaximum": SCORE_MAX, "label": label, "resourceId": resource_id}
        made = _call("POST", lineitems_url, LINE_ITEMS, platform, _LINE_ITEM_TYPE, wanted, _LINE_ITEM_TYPE)
        own = [_json(made, lineitems_url)]
    address = own[0].get("id")
    if not isinstance(address, str) or not is_of_platform(address, platform):
        raise PlatformProblem("The gradebook's column is at an address that is not the platform's.", for_good=True)
    return address


def send_score(line_item: str, score: Mapping[str, Any], platform: Lti) -> None:
    """Raises PlatformProblem."""
    parts = urlsplit(line_item)
    url = urlunsplit(parts._replace(path=f"{parts.path}/scores"))  # Moodle's line items have a query
    _call("POST", url, SCORES, platform, "application/json", score, _SCORE_TYPE)


def _call(
    method: str,
    url: str,
    scope: str,
    platform: Lti,
    accept: str,
    body: Mapping[str, Any] | None = None,
    kind: str = "",
) -> Answer:
    if not is_of_platform(url, platform):
        raise PlatformProblem("The learning platform names an address that is not its own.", for_good=True)
    headers = {"Accept": accept, "Authorization": f"Bearer {_token(scope, platform)}"}
    if kind:
        headers["Content-Type"] = kind
    try:
        return ask(method, url, headers=headers, data=json.dumps(body).encode() if body is not None else None)
    except PlatformProblem as problem:
        if problem.status == HTTPStatus.UNAUTHORIZED:
            cache.delete(_token_at(scope, platform))
        raise


def _token(scope: str, platform: Lti) -> str:
    kept: str | None = cache.get(_token_at(scope, platform))
    if kept is not None:
        return kept
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": _assertion(platform),
        "scope": scope,
    }
    try:
        answer = ask("POST", platform.token_url, headers={"Accept": "application/json"}, data=form)
    except PlatformProblem as problem:
        if problem.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            raise PlatformProblem(
                f"{urlsplit(platform.token_url).hostname} does not know ApraNova's key (status {problem.status}). Tell "
                "who runs ApraNova: the platform reads it from ApraNova's public keyset.",
                status=problem.status,
            ) from None
        raise
    said = _json(answer, platform.token_url)
    token, lasts_s = said.get("access_token"), said.get("expires_in", 0)
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise PlatformProblem(f"{urlsplit(platform.token_url).hostname} gives no token.")
    if isinstance(lasts_s, int) and lasts_s > 2 * ASSERTION_LASTS_S:
        kept_s = min(lasts_s - ASSERTION_LASTS_S, TOKEN_KEPT_S_MAX)
        cache.set(_token_at(scope, platform), token, timeout=kept_s)
    return token


def _assertion(platform: Lti) -> str:
    key, now = signer(), int(time.time())
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_url,
        "iat": now,
        "exp": now + ASSERTION_LASTS_S,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, key.private_key, "RS256", {"kid": key.key_id})


def _token_at(scope: str, platform: Lti) -> str:
    text = f"{platform.token_url} {platform.client_id} {scope}"
    return f"lti:token:{hashlib.sha256(text.encode()).hexdigest()}"


def _is_learner(member: Mapping[str, Any]) -> bool:
    return member.get("status", "Active") == "Active" and role_of(member.get("roles")) is CourseRole.LEARNER


def _learner(member: Mapping[str, Any]) -> tuple[str, str]:
    def text(name: str) -> str:
        found = member.get(name)
        return found.replace("\0", "")[:500] if isinstance(found, str) else ""

    return text("email"), text("name") or f"{text('given_name')} {text('family_name')}".strip()


def _with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(it for it in (parts.query, urlencode(more)) if it)))


def _json(answer: Answer, url: str, kind: type[Any] = dict) -> Any:
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, kind):
        raise _no_list(url)
    return said


def _no_list(url: str) -> PlatformProblem:
    return PlatformProblem(f"{urlsplit(url).hostname} answers with something else than was asked for.", for_good=True)
