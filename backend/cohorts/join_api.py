"""The API of join links: for instructors who make them, and for students who open them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from ninja.params.functions import Path
from ninja.utils import check_csrf
from pydantic import AfterValidator, Field

from backend.accounts.addresses import fold
from backend.accounts.authentication import acting_user
from backend.accounts.invitation_mails import sends_mail
from backend.accounts.models import User
from backend.accounts.roles import Track
from backend.accounts.schemas import EmailAddress
from backend.cohorts import join_links
from backend.cohorts.access import get_cohort
from backend.cohorts.join_links import JoinLinkState, JoinOutcome
from backend.cohorts.join_requests import ask_for_invitation
from backend.cohorts.members import MEMBERS_MAX
from backend.cohorts.models import JoinLink
from backend.platform.link_keys import KEY_PATTERN
from backend.platform.problems import csrf_failed

HOURS_MAX = 24 * 90
DOMAINS_MAX = 20

of_cohorts = Router(tags=["cohorts"])
of_visitors = Router(tags=["people"])

Key = Annotated[str, Path(pattern=KEY_PATTERN)]


def _domain(value: str) -> str:
    try:
        return fold(f"a@{value.strip().removeprefix('@')}").removeprefix("a@")
    except ValueError:
        raise ValueError("this is no domain of email addresses, such as school.example") from None


Domain = Annotated[str, Field(max_length=250), AfterValidator(_domain)]


class JoinLinkIn(Schema):
    hours: Annotated[int, Field(ge=1, le=HOURS_MAX)]
    """How long it is open."""
    places: Annotated[int, Field(ge=1, le=MEMBERS_MAX)]
    domains: Annotated[list[Domain], Field(max_length=DOMAINS_MAX)] = []  # noqa: RUF012  pydantic copies it
    """Of the email addresses that may join; empty: any."""


class JoinLinkOut(Schema):
    id: UUID
    url: str
    state: JoinLinkState
    ends_at: datetime
    places: int
    taken: int
    waiting: int
    """People who asked for an invitation and have not signed up."""
    domains: list[str]
    created_by: str = Field(validation_alias="created_by.display_name")

    @staticmethod
    def resolve_url(link: JoinLink) -> str:
        return join_links.address_of(link)

    @staticmethod
    def resolve_state(link: JoinLink) -> JoinLinkState:
        return join_links.state_of(link, timezone.now())


class JoinLinkListOut(Schema):
    items: list[JoinLinkOut]
    sends_mail: bool
    """False: the school has no mail server, so only people who have an account can join."""


class YouOut(Schema):
    """The person who is signed in."""

    name: str
    outcome: JoinOutcome
    note: str
    """What else happens, or why it is refused."""


class OpenJoinLinkOut(Schema):
    cohort: str
    track: Track
    school: str
    domains: list[str]
    sends_mail: bool
    you: YouOut | None
    """None: nobody is signed in."""


class JoinedOut(Schema):
    cohort: str


class JoinRequestIn(Schema):
    email: EmailAddress


@of_cohorts.get(
    "{cohort_id}/join-links/", response=JoinLinkListOut, operation_id="list_join_links", summary="Join links"
)
def list_join_links(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """Those that nobody has ended, until 7 days after their time is over."""
    cohort = get_cohort(acting_user(request), cohort_id)
    return {"items": join_links.list_links(cohort), "sends_mail": sends_mail()}


@of_cohorts.post(
    "{cohort_id}/join-links/", response={204: None}, operation_id="create_join_link", summary="Make a join link"
)
def create_join_link(request: HttpRequest, cohort_id: UUID, payload: JoinLinkIn) -> Status:
    user = acting_user(request)
    join_links.create(
        get_cohort(user, cohort_id),
        valid_for=timedelta(hours=payload.hours),
        places=payload.places,
        domains=list(dict.fromkeys(payload.domains)),
        acting_user=user,
    )
    return Status(204, None)


@of_cohorts.delete(
    "{cohort_id}/join-links/{link_id}/", response={204: None}, operation_id="end_join_link", summary="End a join link"
)
def end_join_link(request: HttpRequest, cohort_id: UUID, link_id: UUID) -> Status:
    """Invitations that were asked for at it and wait are revoked."""
    user = acting_user(request)
    join_links.end(get_cohort(user, cohort_id), link_id, acting_user=user)
    return Status(204, None)


@of_visitors.get("{key}/", auth=None, response=OpenJoinLinkOut, operation_id="get_join_link", summary="A join link")
def get_join_link(request: HttpRequest, key: Key) -> dict[str, Any]:
    """For anyone who has the link. 410 when its time is over, 409 when it has no places left."""
    link = join_links.get_by_key(key)
    user = request.user if isinstance(request.user, User) and request.user.is_active else None
    answer = join_links.answer_for(user, link) if user else None
    if answer is None or answer.outcome is not JoinOutcome.HERE:
        join_links.refuse_closed(link)
    return {
        "cohort": link.cohort.name,
        "track": link.cohort.track,
        "school": settings.ENVIRONMENT.school_name,
        "domains": link.domains,
        "sends_mail": sends_mail(),
        "you": {"name": user.display_name, "outcome": answer.outcome, "note": answer.note} if user and answer else None,
    }


@of_visitors.post("{key}/", response=JoinedOut, operation_id="join_by_link", summary="Join by a link")
def join_by_link(request: HttpRequest, key: Key) -> dict[str, str]:
    """The signed-in student joins the cohort, and leaves another one."""
    link = join_links.join_by_link(key, acting_user=acting_user(request))
    return {"cohort": link.cohort.name}


@of_visitors.post(
    "{key}/invitation/",
    auth=None,
    response={204: None},
    operation_id="ask_for_invitation",
    summary="Ask for an invitation",
)
def ask_for_an_invitation(request: HttpRequest, key: Key, payload: JoinRequestIn) -> Status:
    """For people without an account. The answer does not tell whether the address has one."""
    if check_csrf(request) is not None:
        raise csrf_failed()
    ask_for_invitation(key, payload.email)
    return Status(204, None)
