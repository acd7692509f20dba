"""Shared ports on the real backend: who gets in, who does not, and what ends a visit at once."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.audit.models import Record
from backend.cohorts.members import join, leave
from backend.cohorts.models import Cohort
from backend.cohorts.services import create_cohort
from backend.gateway import authorization
from backend.gateway.access import AccessBook
from backend.gateway.tests.test_door import _authorized as authorized
from backend.gateway.tests.test_door import _enter as enter
from backend.gateway.tests.test_door import _get_nonce, _trade
from backend.platform.redis_connections import connect
from backend.sharing.models import Share
from contract.errors import ApraNovaError, Reason
from tests.waiting import until

PORT = 3000


@pytest.fixture
def school(signed_in, manager, monkeypatch):
    """Amira and Ben in Berlin-3, whose instructor is Ines; Chi in another cohort, Dan in none."""
    monkeypatch.setattr(authorization, "ACCESS_FRESH_S", 60.0)  # what ends sooner was told
    ines = signed_in("instructor")
    amira, ben, chi, dan = (signed_in() for _ in range(4))
    for name, students, teachers in (("Berlin-3", (amira, ben), [ines.user]), ("Berlin-4", (chi,), [])):
        cohort = create_cohort(
            name=name, track=Track.FSD, time_zone="Europe/Berlin", instructors=teachers, acting_user=None
        )
        for student in students:
            join(student.user, cohort, acting_user=None)
    workspace_id = amira.post("/api/workspace/create/").json()["id"]
    return SimpleNamespace(amira=amira, ben=ben, chi=chi, dan=dan, ines=ines, id=workspace_id, manager=manager)


def share(school, audience="cohort", port=PORT, **more):
    return school.amira.put(f"/api/workspace/{school.id}/shares/{port}/", json={"audience": audience, **more})


def unshare(school, port=PORT):
    return school.amira.delete(f"/api/workspace/{school.id}/shares/{port}/")


def visit(school, browser, port=PORT) -> str:
    """Open the link as a browser does; the cookie's token, empty if it leads elsewhere."""
    answer = browser.get(f"/api/door/{school.id}/port/{port}/?to=%2Fx")
    if "/_apranova/enter" not in answer.headers.get("location", ""):
        return ""
    return enter(browser, answer.headers["location"])[1]


def status(school, browser, token: str, label: str = "") -> int:
    return authorized(browser, label or f"p{PORT}--{school.id}", token).status_code


def assert_over(school, browser, token: str) -> None:
    """Redis tells each process of the backend, which takes a moment on a busy machine."""
    until(lambda: status(school, browser, token) == 401, within_s=20)


def allow_strangers(settings, allowed=True) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, share_with_anyone=allowed)


def test_only_those_with_whom_it_is_shared_get_in(school, browser, settings):
    stranger = browser()
    everybody = {"ben": school.ben, "ines": school.ines, "chi": school.chi, "dan": school.dan, "stranger": stranger}

    def who_gets_in() -> set[str]:
        return {name for name, one in everybody.items() if visit(school, one)}

    assert who_gets_in() == set()
    assert share(school).status_code == 200
    assert who_gets_in() == {"ben", "ines"}
    assert share(school, "signed_in").status_code == 200
    assert who_gets_in() == {"ben", "ines", "chi", "dan"}
    refused = share(school, "anyone")
    assert (refused.status_code, refused.json()["reason"]) == (403, "audience_not_allowed")
    allow_strangers(settings)
    assert share(school, "anyone").status_code == 200
    assert who_gets_in() == {"ben", "ines", "chi", "dan", "stranger"}
    assert unshare(school).status_code == 204
    assert who_gets_in() == set()


def test_a_visitor_s_ticket_opens_that_port_and_nothing_else(school):
    share(school)
    token = visit(school, school.ben)
    allowed = authorized(school.ben, f"p{PORT}--{school.id}", token)
    assert (allowed.status_code, allowed.headers["x-apranova-port"]) == (200, str(PORT))
    assert int(allowed.headers["x-apranova-visit"]) == 900
    assert "x-apranova-identity" not in allowed.headers
    assert school.ben.user.email not in str(allowed.headers)
    for label in (school.id, f"p3001--{school.id}", f"p{PORT}--ws-bbbbbbbbbb"):
        assert status(school, school.ben, token, label) == 401
    assert not visit(school, school.ben, port=3001)


def test_the_owner_s_own_access_is_no_visit(school):
    share(school)
    allowed = authorized(school.amira, f"p{PORT}--{school.id}", visit(school, school.amira))
    assert allowed.status_code == 200
    assert "x-apranova-visit" not in allowed.headers
    unshare(school)
    assert status(school, school.amira, visit(school, school.amira)) == 200


def test_the_release_from_before_there_were_visits_reads_an_owner_s_access(school):
    """It makes a record from all that it finds, beside this release during an upgrade."""
    visit(school, school.amira)
    client = connect(django_settings.ENVIRONMENT)
    [text] = [client.get(key) for key in client.scan_iter("{gateway}:access:*")]
    assert set(json.loads(text)) == {"workspace_id", "user_id", "session", "browser", "port"}


@pytest.mark.parametrize(
    "change",
    [
        "unshared", "shared with others", "visitor signs out", "visitor deactivated", "visitor's new cohort",
        "visitor without a cohort", "owner's new cohort", "owner deactivated", "workspace deleted", "cohort deleted",
    ],
)  # fmt: skip
def test_what_ends_a_visit_at_once_with_its_open_connections(school, change):
    share(school)
    token = visit(school, school.ben)
    assert status(school, school.ben, token) == 200
    cohort = Cohort.objects.get(name="Berlin-3")
    match change:
        case "unshared":
            unshare(school)
        case "shared with others":
            share(school, "signed_in")
        case "visitor signs out":
            school.ben.delete("/api/auth/browser/v1/auth/session")
        case "visitor deactivated" | "owner deactivated":
            user = (school.ben if change.startswith("visitor") else school.amira).user
            user.is_active = False
            user.save()
        case "visitor's new cohort" | "owner's new cohort":
            student = school.ben if change.startswith("visitor") else school.amira
            join(student.user, Cohort.objects.get(name="Berlin-4"), acting_user=None)
        case "visitor without a cohort":
            leave(school.ben.user, acting_user=None)
        case "workspace deleted":
            name = school.amira.get(f"/api/workspace/{school.id}/").json()["name"]
            school.amira.request("DELETE", f"/api/workspace/{school.id}/", json={"name": name})
        case "cohort deleted":
            cohort.delete()
    assert_over(school, school.ben, token)
    assert (school.id, PORT) in school.manager.visits_ended
    if change != "shared with others":
        assert not visit(school, school.ben)


@pytest.mark.parametrize("change", ["unshared", "visitor without a cohort"])
def test_a_share_that_ends_while_a_visitor_enters_lets_nobody_in(school, monkeypatch, change):
    """Between the look at the share and the ticket, nothing was there yet to be revoked."""
    share(school)
    mint_ticket, tickets = AccessBook.mint_ticket, []

    def end_it_first(book, *args, **named):
        if change == "unshared":
            unshare(school)
        else:
            leave(school.ben.user, acting_user=None)
        tickets.append(mint_ticket(book, *args, **named))
        return tickets[-1]

    monkeypatch.setattr(AccessBook, "mint_ticket", end_it_first)
    opened = school.ben.get(f"/api/door/{school.id}/port/{PORT}/?to=%2Fx")
    nonce, path = _get_nonce(school.ben, opened.headers["location"])
    refused = school.ben.get(path)
    assert refused.status_code == 404
    ticket_url = f"http://p{PORT}--{school.id}.ws.localhost:8080/_apranova/enter?ticket={tickets[0]}"
    assert not _trade(school.ben, ticket_url, nonce)[1]


@pytest.mark.parametrize("change", ["teaches it no longer", "is made a student"])
def test_an_instructor_of_the_cohort_who_is_so_no_longer_visits_no_longer(school, change):
    share(school)
    token = visit(school, school.ines)
    if change == "teaches it no longer":
        Cohort.objects.get(name="Berlin-3").instructors.clear()
    else:
        ines = school.ines.user
        update_user(ines, name="Ines", role=Role.STUDENT, track=Track.FSD, is_active=True, acting_user=ines)
    assert_over(school, school.ines, token)
    assert not visit(school, school.ines)


def test_a_share_ends_by_itself(school, monkeypatch):
    monkeypatch.setattr(authorization, "ACCESS_FRESH_S", 0.2)
    share(school, hours=1)
    one = Share.objects.get()
    assert timedelta(minutes=59) < one.ends_at - timezone.now() <= timedelta(hours=1)
    Share.objects.update(ends_at=timezone.now() + timedelta(seconds=4))
    token = visit(school, school.ben)
    allowed = authorized(school.ben, f"p{PORT}--{school.id}", token)
    assert allowed.status_code == 200
    assert 1 <= int(allowed.headers["x-apranova-visit"]) <= 4
    Share.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not visit(school, school.ben)
    assert school.amira.get(f"/api/workspace/{school.id}/shares/").json()["shares"] == []
    until(lambda: status(school, school.ben, token) == 401, within_s=20)


def test_a_school_that_takes_links_for_anyone_back_shuts_strangers_out_at_once(school, browser, settings):
    allow_strangers(settings)
    share(school, "anyone")
    stranger = browser()
    token = visit(school, stranger)
    assert status(school, stranger, token) == 200
    allow_strangers(settings, allowed=False)
    assert status(school, stranger, token) == 401
    assert not visit(school, stranger)


def test_a_stranger_s_visit_ends_with_the_share(school, browser, settings):
    allow_strangers(settings)
    share(school, "anyone")
    stranger = browser()
    token = visit(school, stranger)
    unshare(school)
    assert_over(school, stranger, token)


def test_a_visitor_starts_nothing_and_learns_no_names(school):
    share(school)
    school.amira.post(f"/api/workspace/{school.id}/stop/")
    school.manager.tasks_started.clear()
    token_before = visit(school, school.ben)
    assert not token_before
    answer = school.ben.get(f"/api/door/{school.id}/port/{PORT}/?to=%2Fx")
    assert answer.status_code == 502
    assert "This app is not running now" in answer.text
    user = school.amira.user
    for secret in (user.email, user.name, str(user.pk), f"/workspace/{school.id}/"):
        assert secret not in answer.text
    refused = school.chi.get(f"/api/door/{school.id}/port/{PORT}/?to=%2Fx")
    missing = school.chi.get("/api/door/ws-aaaaaaaaaa/port/3000/?to=%2Fx")
    assert (refused.status_code, refused.text) == (missing.status_code, missing.text)
    assert not school.manager.tasks_started


def test_a_signed_out_visitor_signs_in_and_comes_back(school, browser):
    share(school)
    answer = browser().get(f"/api/door/{school.id}/port/{PORT}/?to=%2Fx")
    assert answer.headers["location"].startswith("http://localhost:8080/signin?next=")


def test_sharing_survives_a_manager_that_does_not_answer(school):
    share(school)
    token = visit(school, school.ben)
    school.manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "away")
    assert unshare(school).status_code == 204
    school.manager.fail_with = None
    assert_over(school, school.ben, token)


def test_what_is_shared_is_listed_and_recorded(school):
    told = share(school, "cohort", hours=2).json()
    assert told["url"] == f"http://p{PORT}--{school.id}.ws.localhost:8080/"
    listed = school.amira.get(f"/api/workspace/{school.id}/shares/").json()
    assert listed == {"shares": [told], "audiences": ["cohort", "signed_in"]}
    unshare(school)
    unshare(school)
    records = Record.objects.filter(action__in=("workspace.share", "workspace.unshare")).order_by("id")
    assert [(record.action, record.actor, record.details["port"]) for record in records] == [
        ("workspace.share", school.amira.user.email, PORT),
        ("workspace.unshare", school.amira.user.email, PORT),
    ]
    assert records[0].details["audience"] == "cohort"


@pytest.mark.parametrize(
    ("port", "body", "expected"),
    [
        (80, {"audience": "cohort"}, 422), (65536, {"audience": "cohort"}, 422), (3000, {"audience": "world"}, 422),
        (3000, {"audience": "cohort", "hours": 0}, 422), (3000, {"audience": "cohort", "hours": 1e9}, 422),
        (3000, {}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused(school, port, body, expected):
    assert school.amira.put(f"/api/workspace/{school.id}/shares/{port}/", json=body).status_code == expected


def test_nobody_shares_what_belongs_to_somebody_else(school):
    path = f"/api/workspace/{school.id}/shares/{PORT}/"
    assert school.ben.put(path, json={"audience": "signed_in"}).status_code == 404
    share(school)
    assert school.ben.delete(path).status_code == 404
    assert school.ines.delete(path).status_code == 404
    assert school.ben.get(f"/api/workspace/{school.id}/shares/").status_code == 404
    assert visit(school, school.ben)


def test_a_student_without_a_cohort_shares_with_everybody_or_nobody(school):
    own = school.dan.post("/api/workspace/create/").json()["id"]
    assert school.dan.get(f"/api/workspace/{own}/shares/").json()["audiences"] == ["signed_in"]
    refused = school.dan.put(f"/api/workspace/{own}/shares/{PORT}/", json={"audience": "cohort"})
    assert refused.json()["detail"] == "You are in no cohort."


def test_a_workspace_shares_a_bounded_number_of_ports(school):
    for port in range(4000, 4020):
        assert share(school, port=port).status_code == 200
    assert share(school, port=4020).json()["reason"] == "too_many_shares"
    assert share(school, "signed_in", port=4000).status_code == 200
