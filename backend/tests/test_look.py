"""*Look*: an instructor sees a student's files, changes none, and the student sees that they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts import help_visits, visit_endings
from backend.cohorts.models import HelpCall, HelpVisit, Timetable
from backend.gateway.tests.test_help_visits import allow, begin, go_in, school  # noqa: F401
from contract.names import HelpVisits
from contract.show import ShowRequest

HELP = "/api/help/"


class Look:
    """As a person's page asks."""

    def __init__(self, school, browser=None, student=None, cohort=None):  # noqa: F811
        self.browser = browser or school.ines
        cohort, student = cohort or school.cohort, student or school.amira
        self.address = f"/api/cohorts/{cohort.pk}/members/{student.user.pk}/look/"

    def begin(self):
        return self.browser.post(self.address)

    def folder(self, path=""):
        return self.browser.get(f"{self.address}folder/", params={"path": path})

    def file(self, path="project/main.py"):
        return self.browser.get(f"{self.address}file/", params={"path": path})

    def end(self):
        return self.browser.delete(self.address)


@pytest.fixture
def files(school):  # noqa: F811
    """In Amira's home; returns what puts one there."""

    def keep(key, content):
        school.manager.past[school.id, "now", key] = content

    keep("project/main.py", b"print('now')\n")
    return keep


@pytest.fixture
def look(school, files):  # noqa: F811
    school.amira.put(HELP)
    return Look(school)


def test_an_instructor_sees_the_files_as_they_are_and_both_see_that(school, look, files):  # noqa: F811
    assert look.folder().json()["reason"] == "look_ended", "nothing is read before it has begun"
    school.manager.shown.clear()
    name = school.ines.user.display_name
    assert look.begin().json() == {"student": school.amira.user.display_name}
    assert look.file().json() == {"text": "print('now')\n", "cut": False, "size": 13}
    files("project/main.py", b"print('later')\n")
    assert look.file().json()["text"] == "print('later')\n"
    assert [it["path"] for it in look.folder().json()["items"]] == ["project/main.py"]
    [seen] = school.amira.get(HELP).json()["visits"]
    assert (seen["name"], seen["because"], seen["mode"]) == (name, "call", "look")
    words = ShowRequest(news=f"{name} looks at your files", visitors=f"{name} is looking")
    assert school.manager.shown == [(school.id, words)]
    [tile] = [it for it in school.ida.get(f"/api/cohorts/{school.cohort.pk}/wall/").json()["items"] if it["helpers"]]
    assert tile["helpers"] == [{"id": str(school.ines.user.pk), "name": name, "mode": "look"}]
    assert (tile["may_open"], tile["may_look"]) == (True, True)


def test_a_look_opens_no_door_to_the_editor(school, look):  # noqa: F811
    assert look.begin().status_code == 200
    assert go_in(school) == ""
    assert school.ines.get(f"/api/door/{school.id}/port/3000/?to=%2F").status_code == 404
    for path in ("", "shares/", "events/", "history/", "history/now/file/?path=project/main.py"):
        assert school.ines.get(f"/api/workspace/{school.id}/{path}").status_code == 404


def test_nothing_of_a_look_writes(school, look):  # noqa: F811
    look.begin()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for what in ("folder/", "file/"):
            answer = school.ines.request(method, f"{look.address}{what}?path=project/main.py")
            assert answer.status_code in (404, 405)
    assert school.manager.calls["put_back"] == 0


def test_only_who_teaches_the_student_looks(school, look, signed_in):  # noqa: F811
    admin = signed_in("admin")
    strangers = {school.otto: 404, admin: 403, school.ben: 403, school.amira: 403}
    for stranger, refused in strangers.items():
        for answer in (Look(school, stranger).begin(), Look(school, stranger).folder(), Look(school, stranger).file()):
            assert answer.status_code == refused
    assert Look(school, school.otto, cohort=school.other).begin().status_code == 404
    assert look.begin().status_code == 200
    assert Look(school, school.ida).file().json()["reason"] == "look_ended", "another's look shows nobody else a file"
    assert Look(school, student=school.ben).file().json()["reason"] == "look_ended", "nor another student's"


def test_a_teaching_assistant_looks_too(school, look, signed_in):  # noqa: F811
    assistant = signed_in("assistant")
    assert Look(school, assistant).begin().status_code == 404
    school.cohort.instructors.add(assistant.user)
    theirs = Look(school, assistant)
    assert theirs.begin().status_code == 200
    assert theirs.file().json()["text"] == "print('now')\n"
    assert theirs.end().status_code == 204


def test_a_look_needs_a_call_a_class_or_the_schools_word(school, files, settings):  # noqa: F811
    look = Look(school)
    assert look.begin().json()["reason"] == "not_called"
    allow(settings, HelpVisits.DURING_CLASS)
    assert look.begin().json()["reason"] == "not_called"
    now = timezone.now()
    stored = {"starts_at": now - timedelta(minutes=5), "ends_at": now + timedelta(seconds=40)}
    stored = {name: at.isoformat() for name, at in stored.items()} | {"title": "Loops"}
    Timetable.objects.create(cohort=school.cohort, content="", classes=[stored], read_at=now, uploaded_at=now)
    assert look.begin().status_code == 200
    assert look.file().status_code == 200
    assert HelpVisit.objects.get().ends_at.isoformat() == stored["ends_at"], "it ends with the class"
    look.end()
    Timetable.objects.all().delete()
    allow(settings, HelpVisits.ALWAYS)
    assert look.begin().status_code == 200


def test_reading_on_prolongs_a_look_up_to_an_hour(school, look):  # noqa: F811
    look.begin()
    now = timezone.now()
    HelpVisit.objects.update(ends_at=now + timedelta(seconds=5))
    look.file()
    assert HelpVisit.objects.get().ends_at > now + help_visits.LOOK_LASTS - timedelta(seconds=5)
    began_at = now - help_visits.LASTS + timedelta(seconds=50)
    HelpVisit.objects.update(began_at=began_at, ends_at=now + timedelta(seconds=5))
    look.file()
    assert HelpVisit.objects.get().ends_at == began_at + help_visits.LASTS
    HelpCall.objects.all().delete()
    HelpVisit.objects.update(ends_at=now + timedelta(seconds=5))
    look.file()
    assert HelpVisit.objects.get().ends_at == now + timedelta(seconds=5), "nothing allows it any more"


@pytest.mark.parametrize(
    "change", ["student ends it", "helped", "instructor leaves", "signs out", "its time", "restarted", "teaches no more"]
)  # fmt: skip
def test_what_ends_a_look(school, look, change):  # noqa: F811
    look.begin()
    member = look.address.removesuffix("look/")
    match change:
        case "student ends it":
            assert school.amira.delete(HELP).json()["visits"] == []
        case "helped":
            school.ida.delete(f"{member}help/")
        case "instructor leaves":
            assert look.end().status_code == 204
        case "signs out":
            school.ines.delete("/api/auth/browser/v1/auth/session")
        case "its time":
            now = timezone.now()
            HelpVisit.objects.update(began_at=now - timedelta(minutes=2), ends_at=now - timedelta(seconds=1))
            assert look.file().json()["reason"] == "look_ended", "also before anybody has cleared it away"
            visit_endings.end_due()
        case "restarted":
            school.manager.change(school.id, endpoint=None)
            visit_endings.end_due()
        case "teaches no more":
            school.cohort.instructors.remove(school.ines.user)
    assert not HelpVisit.objects.exists()
    assert look.file().status_code == {"signs out": 401, "teaches no more": 404}.get(change, 409)
    noted = Record.objects.get(action="help.look_end")
    assert noted.details["began_at"] < noted.details["ended_at"]
    assert (noted.details["visitor"], noted.details["owner"]) == (school.ines.user.email, school.amira.user.email)
    assert Record.objects.get(action="help.look").details["because"] == "call"
    assert school.manager.visits_ended == [], "a look has no connection in the editor"


def test_the_end_of_a_look_leaves_a_visit_alone(school, look):  # noqa: F811
    look.begin()
    begin(school)
    look.end()
    assert [it.mode for it in HelpVisit.objects.all()] == ["join"]
    look.begin()
    school.ines.delete(look.address.replace("/look/", "/visit/"))
    assert not HelpVisit.objects.exists(), "who leaves the workspace leaves it altogether"


def test_no_page_of_another_site_begins_or_ends_a_look(school, look):  # noqa: F811
    look.begin()
    for method in ("POST", "DELETE"):
        for headers in ({"X-CSRFToken": ""}, {"Origin": f"http://{school.id}.ws.localhost:8080"}):
            assert school.ines.request(method, look.address, headers=headers).status_code == 403
    assert HelpVisit.objects.count() == 1


@pytest.mark.parametrize(
    "path",
    [
        ".git-credentials", ".ssh/id_ed25519", ".local/share/code-server/User/settings.json", "project/.git/config",
        "project/node_modules/a/index.js", "project/.venv/bin/python", "../other/main.py", "project/../.netrc",
        "/etc/passwd", "project//main.py", "%2e%2e/other", "project%2F..%2F.netrc", "%2Essh/id_ed25519", "a%00b",
    ],
)  # fmt: skip
def test_what_programs_keep_for_themselves_is_not_shown(school, look, files, path):  # noqa: F811
    files(path, b"secret")
    look.begin()
    for answer in (look.file(path), look.folder(path)):
        assert (answer.status_code, answer.json()["reason"]) == (404, "not_shown")
    assert [it["path"] for it in look.folder().json()["items"]] == ["project/main.py"]


def test_html_is_text_and_a_picture_is_nothing(school, look, files):  # noqa: F811
    look.begin()
    files("project/index.html", b"<script>alert(1)</script>")
    answer = look.file("project/index.html")
    assert answer.json()["text"] == "<script>alert(1)</script>"
    assert answer.headers["content-type"].startswith("application/json")
    files("project/logo.png", b"\x89PNG\0\0")
    assert look.file("project/logo.png").json() == {"text": None, "cut": False, "size": 6}
    files("project/long.txt", b"a" * 300_000)
    found = look.file("project/long.txt").json()
    assert (found["cut"], len(found["text"]), found["size"]) == (True, 200_000, 300_000)


def test_on_aws_the_manager_asks_the_agent_of_the_workspace_that_runs(school, look, tmp_path, monkeypatch):  # noqa: F811
    """There it keeps no history, and the backend mounts homes at rest alone."""
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, homes_mount=tmp_path))
    school.manager.change(school.id, has_history=False, has_home=True)
    tiles = school.ines.get(f"/api/cohorts/{school.cohort.pk}/wall/").json()["items"]
    assert any(it["may_look"] for it in tiles)
    assert look.begin().status_code == 200
    assert look.file().json()["text"] == "print('now')\n"
    assert [it["path"] for it in look.folder().json()["items"]] == ["project/main.py"]
    assert look.file(".ssh/id_ed25519").status_code == 404
    assert not list(tmp_path.iterdir())


def test_where_homes_cannot_be_read_there_is_no_look(school, look):  # noqa: F811
    school.manager.change(school.id, has_history=False)
    assert look.begin().json()["reason"] == "cannot_be_read"
    tiles = school.ines.get(f"/api/cohorts/{school.cohort.pk}/wall/").json()["items"]
    assert not any(it["may_look"] for it in tiles)
    assert any(it["may_open"] for it in tiles)
