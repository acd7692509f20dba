"""Choosing in the platform what a course links to (deep linking)."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from backend.assignments.tests.test_assignments import create
from backend.lti.launch import CLAIM
from backend.lti.models import CourseMember
from backend.lti.tests.launching import begun, launch, message_at, post
from tests.lti_platform import ADMINISTRATOR, INSTRUCTOR, LEARNER, fields_of

CONTENT = "/api/auth/lti/content/"


def chooser(one, platform, login, **more):
    """The page in the platform's frame: no cookie of ours gets there."""
    address = httpx.URL(platform.click(login, deep_linking=True, **more))
    answer = one.post("/api/auth/lti/login/", data=dict(address.params), headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 302, answer.text
    return post(one, message_at(answer.headers["location"]))


def options(page):
    assert page.status_code == 200, page.text
    return {
        html.unescape(words): value for value, words in re.findall(r'value="([^"]+)"[^>]*><span>([^<]*)', page.text)
    }


def choose(one, platform, page, chosen):
    """What the platform gets, if the page sends something."""
    ticket = fields_of(page.text)["ticket"]
    answer = one.post(CONTENT, data={"ticket": ticket, "chosen": chosen}, headers={"Origin": platform.issuer})
    if answer.status_code == 200:
        form = fields_of(answer.text)
        assert f'action="{platform.issuer}/returned"' in answer.text
        assert httpx.post(f"{platform.issuer}/returned", data=form).status_code == 200
    return answer


@pytest.fixture
def assignment(connected):
    return create(connected, title="<b>Loops</b>").json()["id"]


def test_an_instructor_links_to_an_assignment_and_the_link_opens_it(connected, platform, browser, assignment):
    teacher, cohort = connected
    one = browser()
    page = chooser(one, platform, "tess")
    found = options(page)
    assert found == {"ApraNova: each student's own workspace": "home", "Assignment: <b>Loops</b>": assignment}
    assert "<b>Loops" not in page.text
    assert f"frame-ancestors {platform.issuer}" in page.headers["content-security-policy"]
    assert "apranova_session" not in one.cookies, "nobody is signed in"

    answer = choose(one, platform, page, assignment)
    assert "script-src 'nonce-" in answer.headers["content-security-policy"]
    [item] = platform.returned
    assert (item["type"], item["title"]) == ("ltiResourceLink", "<b>Loops</b>")
    assert item["lineItem"] == {"scoreMaximum": 100, "label": "<b>Loops</b>", "resourceId": assignment}
    page_of_it = f"/cohorts/{cohort}/assignments/{assignment}"
    assert launch(teacher, platform, "tess", custom=item["custom"]) == page_of_it
    assert launch(teacher, platform, "tess", custom={"assignment": "made-up"}) == f"/cohorts/{cohort}"
    assert item["url"] == platform.launch_url

    choose(one, platform, chooser(one, platform, "tess"), "home")
    assert [it["title"] for it in platform.returned] == ["Test School"]
    assert "custom" not in platform.returned[0]


def test_nobody_sees_the_assignments_of_a_cohort_that_they_do_not_teach(
    connected, platform, browser, assignment, signed_in
):
    other = signed_in("instructor")
    platform.add("oscar", INSTRUCTOR, email=other.user.email)
    platform.add("root", ADMINISTRATOR, INSTRUCTOR, email="root@school.example")
    platform.add("lena", LEARNER, email="lena@school.example")
    launch(other, platform, "oscar")
    assert CourseMember.objects.filter(user=other.user).exists()
    for login in ("oscar", "root"):
        page = chooser(browser(), platform, login)
        assert list(options(page).values()) == ["home"]
        assert choose(browser(), platform, page, assignment).status_code == 400
    assert "Only an instructor" in chooser(browser(), platform, "lena").text
    assert platform.returned == []


def test_a_choice_that_is_forged_or_late_sends_nothing(connected, platform, browser, assignment, monkeypatch):
    from backend.lti import content

    one = browser()
    page = chooser(one, platform, "tess")
    for ticket in ("", "made-up", fields_of(page.text)["ticket"][:-1]):
        assert one.post(CONTENT, data={"ticket": ticket, "chosen": "home"}).status_code == 400
    assert one.post(CONTENT, data={"ticket": fields_of(page.text)["ticket"], "chosen": "x"}).status_code == 400
    message = message_at(begun(one, platform.click("tess", deep_linking=True)))
    assert post(one, message).status_code == 200
    assert post(one, message).status_code == 400, "a message counts once"
    foreign = {f"{CLAIM}target_link_uri": "https://evil.example/"}
    assert chooser(one, platform, "tess", changes=foreign).status_code == 400
    monkeypatch.setattr(content, "CHOICE_LASTS_S", -1)
    assert choose(one, platform, page, "home").status_code == 400
    assert platform.returned == []
