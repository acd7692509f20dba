from __future__ import annotations

import base64
import io

import pytest
from django.utils import timezone

from backend.assignments import starters
from backend.assignments.delivery import RETRY_FAILED, hand_out_before_opening, hand_out_due
from backend.assignments.models import Bundle, Starter, StarterDelivery
from backend.assignments.tests.test_assignments import cohort, create, encoded, join
from backend.audit.models import Record
from backend.cohorts.models import Cohort, Membership
from backend.tests.zips import zip_of
from backend.workspaces.models import Workspace
from contract.hand_out import HandOutAnswer, HandOutState
from contract.hand_out_files import read_files

__all__ = ["cohort", "join"]


def address(cohort):
    return f"/api/cohorts/{cohort[1]}/starter/"


def set_starter(cohort, files=None):
    return cohort[0].put(address(cohort), json={"file": encoded(zip_of(files))})


def open_workspace(student):
    hand_out_before_opening(Workspace.objects.get(pk=student.workspace))


def test_a_new_home_gets_the_starter_before_it_opens_and_before_any_assignment(cohort, join, manager):
    assert cohort[0].get(address(cohort)).json() == {"starter": None, "given": 0, "skipped": 0, "failed": 0}
    create(cohort)
    answer = set_starter(cohort, {"top/app.py": "1", "top/lib/b.py": "2"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["starter"]["paths"] == ["app.py", "lib/b.py"]
    student = join(running=True)
    open_workspace(student)
    first, second = (request for _, request in manager.hand_out_requests)
    assert (first.starter, first.folder, first.assignment_id, first.version) == (True, "", "starter", 1)
    files = read_files(io.BytesIO(base64.b64decode(first.files)))
    assert [it.path for it in files] == ["app.py", "lib/b.py"]
    assert (second.starter, second.folder) == (False, "lesson-1")
    open_workspace(student)
    hand_out_due()
    assert len(manager.handed_out) == 2, "nothing is given twice"
    assert cohort[0].get(address(cohort)).json()["given"] == 1


def test_looking_at_a_cohort_s_page_again_unpacks_nothing(cohort, monkeypatch):
    set_starter(cohort, {"top/once.py": "1"})
    first = cohort[0].get(address(cohort)).json()["starter"]
    monkeypatch.setattr(starters, "read_files", lambda _: pytest.fail("unpacked again"))
    assert cohort[0].get(address(cohort)).json()["starter"] == first
    assert first["paths"] == ["once.py"]
    found = starters.find_starter(Cohort.objects.get(pk=cohort[1]))
    assert found.bundle.get_deferred_fields() == {"content"}, "nor are the files read from the database"


def test_another_starter_is_for_homes_that_come_later(cohort, join, manager):
    old = join(running=True)
    set_starter(cohort)
    open_workspace(old)
    set_starter(cohort, {"second.py": "2"})
    assert Bundle.objects.count() == 1, "files that nobody gets any more are not kept"
    new = join(running=True)
    hand_out_due()
    assert [it for it, _ in manager.handed_out] == [old.workspace, new.workspace]


def test_a_home_with_files_of_its_student_is_asked_once_and_counted(cohort, join, manager):
    student = join(running=True)
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.SKIPPED)
    set_starter(cohort)
    hand_out_due()
    hand_out_due()
    assert len(manager.handed_out) == 1
    assert cohort[0].get(address(cohort)).json()["skipped"] == 1


def test_a_home_without_room_is_tried_again(cohort, join, manager):
    student = join(running=True)
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.FAILED, failure="The home is full.")
    set_starter(cohort)
    hand_out_due()
    assert cohort[0].get(address(cohort)).json()["failed"] == 1
    manager.hand_out_answers.clear()
    StarterDelivery.objects.update(next_try_at=timezone.now() - RETRY_FAILED)
    hand_out_due()
    assert cohort[0].get(address(cohort)).json()["given"] == 1


@pytest.mark.parametrize("reason", ["in no cohort", "in another cohort", "inactive cohort", "starter removed", "gone"])
def test_who_is_not_a_student_of_the_cohort_gets_nothing(cohort, join, manager, reason):
    one, id_ = cohort
    student = join(running=True)
    set_starter(cohort)
    StarterDelivery.objects.create(workspace_id=student.workspace, next_try_at=timezone.now())
    match reason:
        case "in no cohort":
            Membership.objects.all().delete()
        case "in another cohort":
            other = one.post("/api/cohorts/", json={"name": "X", "track": "FSD", "time_zone": "Europe/Berlin"})
            Membership.objects.update(cohort_id=other.json()["id"])
        case "inactive cohort":
            Cohort.objects.filter(pk=id_).update(active=False)
        case "starter removed":
            assert one.delete(address(cohort)).status_code == 204
            assert one.delete(address(cohort)).status_code == 204, "twice is as good"
            assert not Bundle.objects.exists()
        case _:
            Workspace.objects.update(deleted_at=timezone.now())
    hand_out_due()
    open_workspace(student)
    assert manager.handed_out == []


def test_two_cohorts_get_their_own_starters_in_one_pass(cohort, join, manager):
    one, _ = cohort
    set_starter(cohort)
    here, there = join(running=True), join(running=True)
    body = {"name": "X", "track": "FSD", "time_zone": "Europe/Berlin"}
    other = (one, one.post("/api/cohorts/", json=body).json()["id"])
    set_starter(other, {"other.py": "2"})
    Membership.objects.filter(student=there.user).update(cohort_id=other[1])
    hand_out_due()
    sent = {workspace: request.files for workspace, request in manager.hand_out_requests}
    assert sent.keys() == {here.workspace, there.workspace}
    assert sent[here.workspace] != sent[there.workspace]


def test_what_no_home_can_take_is_refused_in_words_and_changes_are_in_the_audit_log(cohort):
    one, _ = cohort
    bad = one.put(address(cohort), json={"file": encoded(zip_of({"../x": "1", "a": "1"}))})
    assert (bad.status_code, "leads out of the folder" in bad.text) == (422, True)
    data = one.post("/api/cohorts/", json={"name": "Data", "track": "DP", "time_zone": "Europe/Berlin"})
    assert set_starter((one, data.json()["id"])).status_code == 409
    assert not Starter.objects.exists()
    set_starter(cohort)
    one.delete(address(cohort))
    noted = Record.objects.filter(action__startswith="starter.").order_by("pk")
    assert [it.action for it in noted] == ["starter.set", "starter.remove"]
