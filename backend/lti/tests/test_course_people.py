"""The course's list of people into the cohort (names and roles service)."""

from __future__ import annotations

import jwt
import pytest

from backend.accounts.models import Invitation
from backend.audit.models import Record
from backend.lti import platform_services
from backend.lti.models import Course
from backend.lti.tests.launching import launch
from backend.tests.signing_in import use_sign_in
from tests.lti_platform import (
    ADMINISTRATOR,
    ASSISTANT,
    CLIENT_ID,
    INSTRUCTOR,
    LEARNER,
    SCOPE_OF_MEMBERS,
    lti_settings,
)


def outcomes(answer):
    assert answer.status_code == 200, answer.text
    return {it["email"] or it["name"]: it["outcome"] for it in answer.json()["lines"]}


def test_the_list_is_shown_first_and_imported_by_the_rules_of_every_list(connected, platform, person, browser):
    teacher, cohort = connected
    old, colleague, data = person("student"), person("instructor"), person("student", "DP")
    platform.add("old", LEARNER, email=old.email.upper())
    platform.add("new", LEARNER, email="new@school.example", name="Zoë Ångström")
    platform.add("far", LEARNER, email="far@elsewhere.example")
    platform.add("shy", LEARNER, name="Shy")
    platform.add("data", LEARNER, email=data.email)
    platform.add("other", LEARNER, email=colleague.email)
    platform.add("tara", INSTRUCTOR, ASSISTANT, email="tara@school.example")
    platform.add("root", ADMINISTRATOR, email="root@school.example")
    platform.add("gone", LEARNER, email="gone@school.example")
    platform.people["gone"]["status"] = "Inactive"
    people = f"/api/cohorts/{cohort}/course/roster/"
    expected = {
        old.email: "join", "new@school.example": "invite", "far@elsewhere.example": "invite", "Shy": "refused",
        data.email: "refused", colleague.email: "refused",
    }  # fmt: skip
    assert outcomes(teacher.post(f"{people}preview/")) == expected
    assert sum(it.startswith("GET /members/") for it in platform.asked) == 5, "every page"
    assert not Invitation.objects.exists()
    assert teacher.get(f"/api/cohorts/{cohort}/course/").json()["roster_at"] is None

    assert outcomes(teacher.post(people)) == expected
    found = teacher.get(f"/api/cohorts/{cohort}/").json()
    assert [it["email"] for it in found["members"]] == [old.email]
    assert dict(Invitation.objects.values_list("email", "name")) == {
        "new@school.example": "Zoë Ångström", "far@elsewhere.example": "Far",
    }  # fmt: skip
    assert teacher.get(f"/api/cohorts/{cohort}/course/").json()["roster_at"] is not None
    assert Record.objects.get(action="cohort.import_roster").details["join"] == 1
    again = outcomes(teacher.post(people))
    assert (again[old.email], again["new@school.example"]) == ("here", "invited")

    assert platform.issued == [SCOPE_OF_MEMBERS], "one token, with no more than was needed"
    assert launch(browser(), platform, "new") == "/dashboard", "an invitation and the course lead to one account"


def test_what_the_platform_does_not_share_is_told_in_words(connected, platform, browser, signed_in):
    teacher, cohort = connected
    people = f"/api/cohorts/{cohort}/course/roster/"
    nobody = teacher.post(f"{people}preview/")
    assert (nobody.status_code, nobody.json()["detail"]) == (409, "The course has no learners yet.")
    for status, answers in ((403, 502), (500, 503), (404, 502), (302, 502)):
        platform.refuses = {"/members/": status}
        told = teacher.post(f"{people}preview/")
        assert (told.status_code, told.json()["reason"]) == (answers, "platform_problem")
        assert "127.0.0.1" in told.json()["detail"]
    platform.refuses = {"/mod/lti/token.php": 400}
    platform_services.cache.clear()
    assert "does not know ApraNova's key" in teacher.post(people).json()["detail"]
    platform.refuses = {}
    Course.objects.update(memberships_url="")
    assert "does not share the course's list" in teacher.post(people).json()["detail"]
    other = signed_in("instructor")
    assert other.post(people).status_code == 404, "not their cohort"
    assert teacher.delete(f"/api/cohorts/{cohort}/course/").status_code == 200
    assert teacher.post(people).json()["reason"] == "no_course"


def test_a_list_that_takes_too_long_ends(connected, platform, monkeypatch):
    teacher, cohort = connected
    monkeypatch.setattr(platform_services, "LISTING_TAKES_MAX_S", -1.0)
    told = teacher.post(f"/api/cohorts/{cohort}/course/roster/preview/")
    assert (told.status_code, platform.asked) == (503, [it for it in platform.asked if "/members/" not in it])
    assert "takes too long" in told.json()["detail"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/members/algebra", "http://169.254.169.254/latest/"])
def test_a_token_goes_nowhere_but_to_the_platform(connected, platform, url):
    teacher, cohort = connected
    Course.objects.update(memberships_url=url)
    told = teacher.post(f"/api/cohorts/{cohort}/course/roster/preview/")
    assert told.status_code == 502
    assert "not its own" in told.json()["detail"]
    assert platform.issued == []


def test_a_school_that_changed_its_platform_does_not_ask_the_new_one_for_the_old_ones_course(
    connected, platform, settings
):
    teacher, cohort = connected
    use_sign_in(settings, lti_settings(platform.port, APRANOVA_LTI_ISSUER="https://new.school.example"))
    assert teacher.post(f"/api/cohorts/{cohort}/course/roster/").json()["reason"] == "no_course"


def test_a_refused_token_is_not_used_twice(connected, platform):
    teacher, cohort = connected
    people = f"/api/cohorts/{cohort}/course/roster/preview/"
    platform.add("zoe", LEARNER, email="zoe@school.example")
    platform.change_key()
    teacher.post(people)
    platform.change_key()
    assert teacher.post(people).status_code == 503, "its tokens are of the old key"
    assert teacher.post(people).status_code == 200
    assert len(platform.issued) == 2


def test_our_assertion_is_what_the_security_framework_asks_for(connected, platform, settings):
    token = platform_services._assertion(settings.ENVIRONMENT.sign_in.lti)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert platform.tool_validate_and_decode(token) == claims, "the platform's library believes it"
    assert (claims["iss"], claims["sub"], claims["aud"]) == (
        CLIENT_ID,
        CLIENT_ID,
        f"{platform.issuer}/mod/lti/token.php",
    )
    assert claims["exp"] - claims["iat"] == 60
    assert claims["jti"] != jwt.decode(
        platform_services._assertion(settings.ENVIRONMENT.sign_in.lti), options={"verify_signature": False}
    )["jti"]  # fmt: skip
