"""An instructor in a student's workspace: who gets in, what the visit opens, and what ends it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.audit.models import Record
from backend.cohorts import help_calls, help_visits, visit_endings
from backend.cohorts.members import join, leave
from backend.cohorts.models import Cohort, HelpVisit, Timetable, VisitReason
from backend.cohorts.services import create_cohort
from backend.gateway.tests.test_door import _authorized as authorized
from backend.gateway.tests.test_door import _enter as enter
from backend.gateway.tests.test_door import _get_nonce, _trade
from backend.workspaces import services
from contract.names import HelpVisits
from contract.show import ShowRequest
from tests.waiting import until

HELP = "/api/help/"


@pytest.fixture
def school(signed_in, manager):
    """Amira and Ben in Berlin-3, taught by Ines and Ida; Otto teaches another cohort."""
    ines, ida, otto, amira, ben = (
        signed_in("instructor"), signed_in("instructor"), signed_in("instructor"), signed_in(), signed_in()
    )  # fmt: skip
    cohorts = {}
    for name, teachers in (("Berlin-3", (ines, ida)), ("Berlin-4", (otto,))):
        cohorts[name] = create_cohort(
            name=name, track=Track.FSD, time_zone="Europe/Berlin", instructors=[it.user for it in teachers],
            acting_user=None,
        )  # fmt: skip
    for student in (amira, ben):
        join(student.user, cohorts["Berlin-3"], acting_user=None)
    workspace_id = amira.post("/api/workspace/create/").json()["id"]
    return SimpleNamespace(
        ines=ines, ida=ida, otto=otto, amira=amira, ben=ben, id=workspace_id, manager=manager,
        cohort=cohorts["Berlin-3"], other=cohorts["Berlin-4"],
    )  # fmt: skip


def begin(school, browser=None, student=None, cohort=None):
    student, cohort = student or school.amira, cohort or school.cohort
    return (browser or school.ines).post(f"/api/cohorts/{cohort.pk}/members/{student.user.pk}/visit/")


def go_in(school, browser=None) -> str:
    """Through the inner door, as the link of the portal leads; the cookie's token or ''."""
    browser = browser or school.ines
    answer = browser.get(f"/api/door/{school.id}/")
    if "/_apranova/enter" not in answer.headers.get("location", ""):
        return ""
    return enter(browser, answer.headers["location"])[1]


def visit(school, browser=None) -> str:
    answer = begin(school, browser)
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"] == f"http://localhost:8080/api/door/{school.id}/"
    return go_in(school, browser)


def status(school, token: str, label: str = "", browser=None) -> int:
    return authorized(browser or school.ines, label or school.id, token).status_code


def assert_over(school, token: str) -> None:
    until(lambda: status(school, token) == 401, within_s=20)
    assert authorized(school.ines, school.id, token).json()["reason"] == "visit_ended"


def allow(settings, policy: HelpVisits) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, help_visits=policy)


def test_a_call_lets_the_instructor_in_and_both_see_it(school):
    assert begin(school).json()["reason"] == "not_called"
    assert go_in(school) == ""
    school.amira.put(HELP)
    token = visit(school)
    allowed = authorized(school.ines, school.id, token)
    assert (allowed.status_code, allowed.headers["x-apranova-visit"]) == (200, "900")
    assert "x-apranova-identity" not in allowed.headers, "to an application of the student's, nobody"
    assert school.ines.user.email not in str(allowed.headers)
    name = school.ines.user.display_name
    [seen] = school.amira.get(HELP).json()["visits"]
    assert (seen["name"], seen["because"]) == (name, "call")
    words = ShowRequest(news=f"{name} is in your workspace to help", visitors=f"{name} is here")
    assert school.manager.shown == [(school.id, ShowRequest(help_changed=True)), (school.id, words)]
    tiles = school.ines.get(f"/api/cohorts/{school.cohort.pk}/wall/").json()["items"]
    [tile] = [it for it in tiles if it["student"]["id"] == str(school.amira.user.pk)]
    helper = {"id": str(school.ines.user.pk), "name": name, "mode": "join"}
    assert (tile["helpers"], tile["may_open"]) == ([helper], True)
    assert begin(school).status_code == 200, "once more is the same visit"
    assert HelpVisit.objects.count() == 1


def test_only_who_teaches_the_student_gets_in(school, signed_in):
    school.amira.put(HELP)
    admin, ben = signed_in("admin"), school.ben
    assert begin(school, school.otto).status_code == 404
    assert begin(school, school.otto, cohort=school.other).status_code == 404
    assert begin(school, admin).status_code == 403
    assert begin(school, ben).status_code == 403
    assert begin(school).status_code == 200
    for stranger in (school.otto, admin, ben, school.ida):
        assert go_in(school, stranger) == "", "another's visit lets nobody else in"
    assert begin(school, school.ida).status_code == 200


def test_a_visit_opens_the_editor_of_that_workspace_and_nothing_else(school):
    school.amira.put(HELP)
    token = visit(school)
    ben_id = school.ben.post("/api/workspace/create/").json()["id"]
    for label in (f"p3000--{school.id}", ben_id, f"p3000--{ben_id}"):
        assert status(school, token, label) == 401
    assert school.ines.get(f"/api/door/{school.id}/port/3000/?to=%2F").status_code == 404
    for path in ("", "shares/", "events/"):
        assert school.ines.get(f"/api/workspace/{school.id}/{path}").status_code == 404


def show_app(school, token: str, port: int = 3000) -> str:
    """As a frame of the editor does it; the token of the port's cookie, or ''."""
    editor = f"{school.id}.ws.localhost:8080"
    frame = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Referer": f"http://{editor}/"}
    host = f"p{port}--{editor}"
    given = school.ines.get("/_apranova/enter", headers={**frame, "Host": host})
    nonce = given.headers["set-cookie"].partition(";")[0]
    path = given.headers["location"].partition(editor)[2]
    allowed = school.ines.get(path, headers={**frame, "Host": editor, "Cookie": f"apranova_workspace={token}"})
    return _trade(school.ines, allowed.headers["location"], nonce)[1] if allowed.status_code == 302 else ""


def test_the_instructor_sees_the_app_beside_the_student_s_editor_until_the_visit_ends(school):
    school.amira.put(HELP)
    token = visit(school)
    app = show_app(school, token)
    assert status(school, app, f"p3000--{school.id}") == 200
    for label in (school.id, f"p3001--{school.id}"):
        assert status(school, app, label) == 401
    school.manager.visits_ended.clear()
    school.amira.delete(HELP)
    assert set(school.manager.visits_ended) == {(school.id, 0), (school.id, 3000)}
    until(lambda: status(school, app, f"p3000--{school.id}") == 401, within_s=20)
    assert show_app(school, token) == ""


def test_no_page_of_another_site_begins_or_ends_a_visit(school):
    school.amira.put(HELP)
    path = f"/api/cohorts/{school.cohort.pk}/members/{school.amira.user.pk}/visit/"
    visit(school)
    for method in ("POST", "DELETE"):
        for headers in ({"X-CSRFToken": ""}, {"Origin": f"http://{school.id}.ws.localhost:8080"}):
            assert school.ines.request(method, path, headers=headers).status_code == 403, (method, headers)
    assert HelpVisit.objects.count() == 1


def test_a_ticket_of_a_visit_is_for_one_browser_and_one_use(school):
    school.amira.put(HELP)
    begin(school)
    location = school.ines.get(f"/api/door/{school.id}/").headers["location"]
    nonce, path = _get_nonce(school.ines, location)
    ticket = school.ines.get(path).headers["location"]
    forged = nonce.partition("=")[0] + "=" + "A" * 43
    assert _trade(school.ben, ticket, forged)[1] == "", "a student who sees the address gets nothing"
    assert _trade(school.ines, ticket, nonce)[1] == "", "and it is used up"


def test_a_call_that_is_taken_back_meanwhile_lets_nobody_in(school, monkeypatch):
    school.amira.put(HELP)

    def view_of(workspace):
        help_calls.lower(school.amira.user, acting_user=school.amira.user)
        return services.view_of(workspace)

    monkeypatch.setattr(help_visits, "view_of", view_of)
    assert begin(school).json()["reason"] == "not_called"
    assert not HelpVisit.objects.exists()


@pytest.mark.parametrize("prefix", ["visit.", "visit.visit.", ""])
def test_a_made_up_cookie_is_no_visit(school, prefix):
    school.amira.put(HELP)
    visit(school)
    assert status(school, prefix + "A" * 43) == 401


@pytest.mark.parametrize(
    "change",
    [
        "student ends it", "helped", "instructor leaves", "signs out", "deactivated", "made a student",
        "teaches no more", "student leaves", "owner deactivated", "workspace deleted", "its time", "restarted", "stopped",
    ],
)  # fmt: skip
def test_what_ends_a_visit_with_its_open_connections(school, change):
    school.amira.put(HELP)
    token = visit(school)
    assert status(school, token) == 200
    school.manager.visits_ended.clear()
    member = f"/api/cohorts/{school.cohort.pk}/members/{school.amira.user.pk}"
    ines = school.ines.user
    match change:
        case "student ends it":
            assert school.amira.delete(HELP).json()["visits"] == []
        case "helped":
            assert school.ida.delete(f"{member}/help/").status_code == 204
        case "instructor leaves":
            assert school.ines.delete(f"{member}/visit/").status_code == 204
        case "signs out":
            school.ines.delete("/api/auth/browser/v1/auth/session")
        case "deactivated" | "owner deactivated":
            user = ines if change == "deactivated" else school.amira.user
            user.is_active = False
            user.save()
        case "made a student":
            update_user(ines, name=ines.name, role=Role.STUDENT, track=Track.FSD, is_active=True, acting_user=None)
        case "teaches no more":
            school.cohort.instructors.remove(ines)
        case "student leaves":
            leave(school.amira.user, acting_user=None)
        case "workspace deleted":
            name = school.amira.get(f"/api/workspace/{school.id}/").json()["name"]
            school.amira.request("DELETE", f"/api/workspace/{school.id}/", json={"name": name})
        case "its time":
            now = timezone.now()
            HelpVisit.objects.update(began_at=now - timedelta(hours=1), ends_at=now - timedelta(seconds=1))
            visit_endings.end_due()
        case "restarted":
            endpoint = dataclasses.replace(school.manager.workspaces[school.id].endpoint, launch_secret="another")
            school.manager.change(school.id, endpoint=endpoint)
            visit_endings.end_due()
        case "stopped":
            school.amira.post(f"/api/workspace/{school.id}/stop/")
            visit_endings.end_due()
    assert not HelpVisit.objects.exists()
    assert (school.id, 0) in school.manager.visits_ended
    if change not in ("workspace deleted", "stopped"):
        visitors = [it.visitors for id_, it in school.manager.shown if id_ == school.id and it.visitors is not None]
        assert visitors[-1] == ""
    assert_over(school, token)
    assert go_in(school) == "", "what is over needs a new beginning"
    noted = Record.objects.get(action="help.visit_end")
    assert (noted.details["visitor"], noted.details["owner"]) == (ines.email, school.amira.user.email)
    assert noted.details["began_at"] < noted.details["ended_at"]
    assert Record.objects.get(action="help.visit").actor == ines.email


def test_another_launch_shuts_the_visitor_out_before_anybody_looks(school):
    school.amira.put(HELP)
    token = visit(school)
    endpoint = dataclasses.replace(school.manager.workspaces[school.id].endpoint, launch_secret="another")
    school.manager.change(school.id, endpoint=endpoint)
    assert_over(school, token)
    assert show_app(school, token) == "", "a frame would be sent from the port to the editor and back forever"


def test_a_tab_of_a_visit_that_is_over_leads_to_a_page_that_says_so(school):
    school.amira.put(HELP)
    token = visit(school)
    school.amira.delete(HELP)
    assert_over(school, token)
    host = f"{school.id}.ws.localhost:8080"
    tab = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    headers = {"Host": host, "Origin": f"http://{host}", "Cookie": f"apranova_workspace={token}", **tab}
    away = school.ines.get("/_authz", headers=headers)
    assert (away.status_code, away.headers["location"]) == (302, f"http://localhost:8080/api/door/{school.id}/")
    page = school.ines.get(f"/api/door/{school.id}/")
    assert (page.status_code, "Your visit has ended" in page.text) == (403, True)
    assert school.ben.get(f"/api/door/{school.id}/").status_code == 404, "a student learns nothing"


def test_what_the_school_allows_without_a_call(school, settings):
    allow(settings, HelpVisits.DURING_CLASS)
    assert begin(school).json()["reason"] == "not_called"
    now = timezone.now()
    meets = {"starts_at": now - timedelta(minutes=5), "ends_at": now + timedelta(minutes=20), "title": "Loops"}
    stored = {name: it.isoformat() if name != "title" else it for name, it in meets.items()}
    Timetable.objects.create(cohort=school.cohort, content="", classes=[stored], read_at=now, uploaded_at=now)
    begun = begin(school)
    assert begun.status_code == 200
    [seen] = school.amira.get(HELP).json()["visits"]
    assert (seen["because"], HelpVisit.objects.get().ends_at) == (VisitReason.CLASS, meets["ends_at"])
    school.amira.put(HELP)
    school.amira.delete(HELP)
    assert HelpVisit.objects.exists(), "the school lets the instructor in, not the student"
    school.ines.delete(f"/api/cohorts/{school.cohort.pk}/members/{school.amira.user.pk}/visit/")
    Timetable.objects.all().delete()
    allow(settings, HelpVisits.ALWAYS)
    assert begin(school).status_code == 200
    assert HelpVisit.objects.get().because == VisitReason.SCHOOL
    assert HelpVisit.objects.get().ends_at <= timezone.now() + help_visits.LASTS


def test_nothing_is_opened_that_does_not_run_or_is_no_editor(school, signed_in):
    school.ben.put(HELP)
    assert begin(school, student=school.ben).json()["reason"] == "not_running"
    school.ben.post("/api/workspace/create/")
    ben_id = school.ben.get("/api/workspace/").json()["items"][0]["id"]
    school.ben.post(f"/api/workspace/{ben_id}/stop/")
    assert begin(school, student=school.ben).json()["reason"] == "not_running"
    Cohort.objects.filter(pk=school.cohort.pk).update(track=Track.DP)
    school.amira.put(HELP)
    assert begin(school).json()["reason"] == "not_this_kind"
