"""Instructors in the history of their students' files, where the school allows it."""

from __future__ import annotations

import dataclasses

import pytest

from backend.assignments.tests.test_assignments import create
from backend.audit.models import Record
from backend.gateway.tests.test_help_visits import school  # noqa: F401
from contract.history import Cause, CheckpointView, LeftOut

OLD, NEW = "1790000000000-0000000a", "1790000600000-0000000b"


class History:
    def __init__(self, school, browser=None, student=None, cohort=None):  # noqa: F811
        self.browser = browser or school.ines
        cohort, student = cohort or school.cohort, student or school.amira
        self.address = f"/api/cohorts/{cohort.pk}/members/{student.user.pk}/history/"

    def list(self):
        return self.browser.get(self.address)

    def folder(self, checkpoint=OLD, path=""):
        return self.browser.get(f"{self.address}{checkpoint}/folder/", params={"path": path})

    def file(self, checkpoint=OLD, path="project/main.py", against=""):
        return self.browser.get(f"{self.address}{checkpoint}/file/", params={"path": path, "against": against})

    def versions(self, path="project/main.py"):
        return self.browser.get(f"{self.address}versions/", params={"path": path})


@pytest.fixture
def allowed(school, settings):  # noqa: F811
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, help_history=True)
    school.manager.checkpoints[school.id] = [
        CheckpointView(NEW, 1_790_000_600.0, Cause.STOP, 1), CheckpointView(OLD, 1_790_000_000.0, Cause.WORK, 1),
    ]  # fmt: skip
    for checkpoint, content in ((OLD, b"one\n"), (NEW, b"two\n")):
        school.manager.past[school.id, checkpoint, "project/main.py"] = content
        school.manager.past[school.id, checkpoint, "project/.git/config"] = b"token"
    return school


def test_an_instructor_reads_what_was_and_each_file_is_in_the_audit_log(allowed):
    history = History(allowed)
    assert [it["id"] for it in history.list().json()["items"]] == [NEW, OLD]
    assert [it["path"] for it in history.folder().json()["items"]] == ["project/main.py"]
    found = history.file(against=NEW).json()
    assert (found["text"], [it["text"] for it in found["lines"]]) == ("one\n", ["one", "two"])
    noted = Record.objects.get(action="history.read")
    assert (noted.actor, noted.target_id) == (allowed.ines.user.email, allowed.id)
    details = {"owner": allowed.amira.user.email, "checkpoint": OLD, "path": "project/main.py"}
    assert noted.details.items() >= details.items()
    assert Record.objects.filter(action="history.list").count() == 1


def test_an_instructor_sees_how_a_file_grew_and_each_look_is_in_the_audit_log(allowed):
    found = History(allowed).versions().json()
    assert [(it["checkpoint"], it["size"], it["is_there"]) for it in found["items"]] == [(OLD, 4, True), (NEW, 4, True)]
    noted = Record.objects.get(action="history.versions")
    assert (noted.actor, noted.details["path"]) == (allowed.ines.user.email, "project/main.py")
    lines = History(allowed).file(NEW, against=OLD).json()["lines"]
    assert [(it["kind"], it["text"]) for it in lines] == [("-", "one"), ("+", "two")], "from the earlier to the later"
    gone = History(allowed).versions("project/never.py")
    assert (gone.status_code, gone.json()["detail"]) == (404, "There is no such file in what is kept")


def test_what_was_handed_in_says_who_may_see_how_it_grew(allowed, signed_in, settings):
    made = create((allowed.ines, allowed.cohort.pk))
    submissions = f"/api/cohorts/{allowed.cohort.pk}/assignments/{made.json()['id']}/submissions/"
    assistant = signed_in("assistant")
    allowed.cohort.instructors.add(assistant.user)
    for person, may in ((allowed.ines, True), (assistant, False), (signed_in("admin"), False)):
        assert person.get(submissions).json()["shows_history"] is may
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, help_history=False)
    assert allowed.ines.get(submissions).json()["shows_history"] is False


def test_the_student_is_told_what_the_school_allows(allowed, settings):
    own = f"/api/workspace/{allowed.id}/history/"
    assert allowed.amira.get(own).json()["instructors_see_it"] is True
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, help_history=False)
    assert allowed.amira.get(own).json()["instructors_see_it"] is False


def test_by_default_no_instructor_sees_any_history(allowed, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, help_history=False)
    history = History(allowed)
    for answer in (history.list(), history.folder(), history.file(), history.versions()):
        assert (answer.status_code, answer.json()["reason"]) == (409, "not_allowed_here")
    assert allowed.ines.get(f"/api/cohorts/{allowed.cohort.pk}/").json()["shows_history"] is False
    assert not Record.objects.filter(action__startswith="history.").exists()


def test_only_their_instructors_do(allowed, signed_in):
    admin, assistant = signed_in("admin"), signed_in("assistant")
    allowed.cohort.instructors.add(assistant.user)
    for person, status in (
        (allowed.otto, 404),
        (admin, 403),
        (assistant, 403),
        (allowed.ben, 403),
        (allowed.amira, 403),
    ):
        history = History(allowed, person)
        for answer in (history.list(), history.folder(), history.file(), history.versions()):
            assert answer.status_code == status
    assert History(allowed, allowed.otto, cohort=allowed.other).list().status_code == 404
    assert History(allowed, student=allowed.ben).list().status_code == 404, "he has no workspace"


@pytest.mark.parametrize("path", ["project/.git/config", ".ssh/id_ed25519", "project/../.netrc", "/etc/passwd"])
def test_nothing_hidden_is_read(allowed, path):
    history = History(allowed)
    for answer in (history.file(path=path), history.folder(path=path), history.versions(path=path)):
        assert (answer.status_code, answer.json()["reason"]) == (404, "not_shown")


def test_not_even_the_names_of_hidden_files_are_told(allowed):
    """A home's history has its hidden files and those of Git, too: for the student."""
    left_out = tuple(LeftOut(name, "is a link") for name in (".netrc", "project/.git/index", "project/a.bin"))
    changed = ("project/main.py", ".bash_history", "project/.git/HEAD")
    view = CheckpointView(NEW, 1_790_000_600.0, Cause.STOP, 1, changed, 5, left_out, 9)
    allowed.manager.checkpoints[allowed.id] = [view]
    [seen] = History(allowed).list().json()["items"]
    assert (seen["changed"], seen["changed_count"]) == (["project/main.py"], 5)
    assert ([it["name"] for it in seen["left_out"]], seen["left_out_count"]) == (["project/a.bin"], 7)
    [own] = allowed.amira.get(f"/api/workspace/{allowed.id}/history/").json()["items"]
    assert own["changed"] == list(changed)


def test_the_files_as_they_are_now_need_a_look(allowed):
    history = History(allowed)
    assert history.file("now").status_code == 422
    assert history.folder("now").status_code == 422
    assert history.file(against="now").status_code == 422


def test_nothing_is_put_back_for_a_student(allowed):
    answer = allowed.ines.post(f"{History(allowed).address}{OLD}/put-back/", json={"path": "project/main.py"})
    assert answer.status_code in (404, 405)
    assert allowed.manager.put_back == []
