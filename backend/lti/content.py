"""Deep linking: an instructor chooses in the platform what of ApraNova a course links to.

The platform shows it in a frame and takes the answer only from there, and a frame has no cookies.
So nobody signs in: the signed message says who chooses, and the page shows titles of assignments
of their own cohort and changes nothing here. What is chosen goes to the platform, signed by us.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from backend.accounts.models import User
from backend.accounts.subjects import uid_of
from backend.assignments.models import Assignment
from backend.cohorts.models import Cohort
from backend.lti import courses, pages
from backend.lti.launch import CLAIM, VERSION, Launch, Refused
from backend.lti.models import CourseRole
from backend.lti.platform_services import SCORE_MAX
from backend.lti.provider import LtiProvider
from backend.lti.signing_keys import signer
from contract.sign_in import Lti

CHOICE_LASTS_S = 1800
ANSWER_LASTS_S = 300
HOME = "home"
_SALT = "backend.lti.content"
_CONTENT = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def choose(launch: Launch, platform: Lti, *, address: str) -> HttpResponse:
    """The page to choose from; `address` takes the choice. Raises Refused."""
    if launch.role is not CourseRole.INSTRUCTOR:
        raise Refused("lti_not_instructor", "somebody chooses content who does not teach the course")
    options = {HOME: "ApraNova: each student's own workspace"}
    options |= {str(it.pk): f"Assignment: {it.title}" for it in _assignments(launch)}
    ticket = signing.dumps(launch.as_json(), salt=_SALT, compress=True)
    return pages.choice(address, ticket, options, platform)


def answer(request: HttpRequest, platform: Lti, *, launch_url: str) -> HttpResponse:
    """Send the choice back to the platform. Raises Refused."""
    try:
        kept = signing.loads(request.POST.get("ticket", ""), salt=_SALT, max_age=CHOICE_LASTS_S)
    except signing.BadSignature:
        raise Refused("launch_over", "the choice came too late, or is none of ours") from None
    launch, chosen = Launch.of_json(kept), request.POST.get("chosen", "")
    found = next((it for it in _assignments(launch) if str(it.pk) == chosen), None)
    if found is None and chosen != HOME:
        raise Refused("lti_choice_gone", "what was chosen is not there any more")
    return pages.send_back(launch.return_url, {"JWT": _signed(launch, _item(found, launch_url), platform)}, platform)


def _assignments(launch: Launch) -> list[Assignment]:
    """Of the connected cohort, if the person's account teaches it here, too."""
    cohort, user = courses.find_cohort(launch), _account(launch)
    if cohort is None or user is None or not _teaches(user, cohort):
        return []
    return list(Assignment.objects.filter(cohort=cohort).defer("bundle__content"))


def _account(launch: Launch) -> User | None:
    linked = SocialAccount.objects.filter(provider=LtiProvider.id, uid=uid_of(launch.issuer, launch.subject))
    account = linked.select_related("user").first()
    return account.user if account is not None and account.user.is_active else None


def _teaches(user: User, cohort: Cohort) -> bool:
    return cohort.instructors.filter(pk=user.pk).exists()


def _item(assignment: Assignment | None, launch_url: str) -> dict[str, Any]:
    """A link of LTI's own type (Deep Linking 2.0, 2.2.3), for an assignment with a column."""
    item = {"type": "ltiResourceLink", "title": settings.ENVIRONMENT.school_name, "url": launch_url}
    if assignment is None:
        return item
    return {
        **item,
        "title": assignment.title,
        "custom": {"assignment": str(assignment.pk)},
        "lineItem": {"scoreMaximum": SCORE_MAX, "label": assignment.title, "resourceId": str(assignment.pk)},
    }


def _signed(launch: Launch, item: Mapping[str, Any], platform: Lti) -> str:
    key, now = signer(), int(time.time())
    claims = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": now,
        "exp": now + ANSWER_LASTS_S,
        "nonce": uuid.uuid4().hex,
        f"{CLAIM}deployment_id": launch.deployment_id,
        f"{CLAIM}message_type": "LtiDeepLinkingResponse",
        f"{CLAIM}version": VERSION,
        f"{_CONTENT}content_items": [item],
        **({f"{_CONTENT}data": launch.data} if launch.data else {}),
    }
    return jwt.encode(claims, key.private_key, "RS256", {"kid": key.key_id})
