from __future__ import annotations

import io
import zipfile

import pytest
from django.utils import timezone

from backend.assignments import delivery
from backend.assignments.models import Bundle, FilesReturn
from backend.assignments.tests.test_assignments import cohort, create, encoded, join, zip_of
from backend.assignments.tests.test_collecting import Class
from backend.audit.models import Record
from backend.cohorts.models import Cohort, Membership
from backend.workspaces.models import Workspace
from contract.hand_out import Beside, HandOutAnswer, HandOutState
from contract.hand_out_files import PACKED_BYTES_MAX

__all__ = ["cohort", "join"]


def upload(*files):
    return {"files": [{"name": name, "content": encoded(content)} for name, content in files]}


def names_of(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return sorted(archive.namelist())


def own(student):
    return student.get("/api/assignments/").json()["items"][0]


@pytest.fixture
def lesson(cohort):
    return Class(cohort)


def add(lesson, student, *files, status=204):
    answer = lesson.one.put(lesson.of(student, "files/"), json=upload(*files))
    assert answer.status_code == status, answer.text
    return answer


def give_back(lesson, student):
    assert lesson.one.post(lesson.of(student, "return/"), json={}).status_code == 204
    delivery.hand_out_due()


def returned(manager):
    return [it for it in manager.hand_out_requests if it[1].returned]


def test_returned_files_come_into_a_running_home_and_into_a_resting_one_before_it_opens(lesson, join, manager):
    awake, asleep = join(running=True), join()
    for student in (awake, asleep):
        add(lesson, student, ("notes.md", b"Well done"), ("solution.py", b"print(2)"))
        assert (own(student)["returned_files"], own(student)["returned_at"]) == (0, None), "not before it is returned"
    assert lesson.one.post(f"{lesson.address}return/", json={}).json() == {"returned": 2}
    delivery.hand_out_due()
    [(workspace, request)] = returned(manager)
    assert (workspace, request.folder, request.version) == (awake.workspace, "lesson-1-returned", 1)
    assert own(awake)["returned_state"] == "there"
    assert (own(asleep)["returned_state"], own(asleep)["returned_files"]) == ("waiting", 2)
    assert own(asleep)["returned_path"] == "~/project/lesson-1-returned"
    assert names_of(asleep.get(f"/api/assignments/{lesson.assignment}/returned/")) == ["notes.md", "solution.py"]

    asleep.post("/api/workspace/create/", json={})
    delivery.hand_out_before_opening(Workspace.objects.get(pk=asleep.workspace))
    assert [it[0] for it in returned(manager)] == [awake.workspace, asleep.workspace]
    assert own(asleep)["returned_state"] == "there"
    delivery.hand_out_due()
    assert len(returned(manager)) == 2, "nothing is given twice"


def test_other_files_are_a_new_version_and_the_same_ones_are_not(lesson, join, manager):
    student = join(running=True)
    add(lesson, student, ("notes.md", b"1"))
    give_back(lesson, student)
    add(lesson, student, ("notes.md", b"1"))
    give_back(lesson, student)
    assert [it[1].version for it in returned(manager)] == [1]
    add(lesson, student, ("notes.md", b"2"))
    assert lesson.item(student)["changed_since"] is True
    assert lesson.one.post(f"{lesson.address}return/", json={}).json() == {"returned": 1}
    assert lesson.one.post(f"{lesson.address}return/", json={}).json() == {"returned": 0}
    beside = (Beside("lesson-1-returned/notes.md", "lesson-1-returned/notes.update-2.md", False),)
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.DONE, beside, 1)
    delivery.hand_out_due()
    assert [it[1].version for it in returned(manager)] == [1, 2]
    assert own(student)["returned_text"] == "Some came beside files of yours that have the same names."


def test_files_that_are_taken_back_come_to_nobody_who_lacks_them_and_are_dropped(lesson, join, manager):
    student = join()
    add(lesson, student, ("for ben.md", b"private"))
    give_back(lesson, student)
    add(lesson, student)
    give_back(lesson, student)
    student.post("/api/workspace/create/", json={})
    delivery.hand_out_before_opening(Workspace.objects.get(pk=student.workspace))
    assert returned(manager) == []
    assert student.get(f"/api/assignments/{lesson.assignment}/returned/").status_code == 404
    assert (own(student)["returned_files"], own(student)["returned_at"]) == (0, None)
    assert Bundle.objects.count() == 1, "the assignment's own"
    assert lesson.one.post(lesson.of(student, "return/"), json={}).status_code == 409


def test_a_new_workspace_gets_what_came_into_the_old_one(lesson, join, manager):
    student = join(running=True)
    add(lesson, student, ("notes.md", b"1"))
    give_back(lesson, student)
    Workspace.objects.update(deleted_at=timezone.now())
    new = student.post("/api/workspace/create/", json={}).json()["id"]
    delivery.hand_out_due()
    assert [it[0] for it in returned(manager)] == [student.workspace, new]


def test_who_left_or_whose_cohort_has_ended_opens_without_anything_new(lesson, join, manager):
    student, classmate = join(), join()
    add(lesson, student, ("for one alone.md", b"private"))
    give_back(lesson, student)
    homes = [Workspace.objects.get(pk=it.workspace) for it in (student, classmate)]
    for one in (student, classmate):
        one.post("/api/workspace/create/", json={})

    def given():
        manager.hand_out_requests.clear()
        for home in homes:
            delivery.hand_out_before_opening(home)
        return [(workspace, request.returned) for workspace, request in manager.hand_out_requests]

    Cohort.objects.update(active=False)
    assert given() == []
    Cohort.objects.update(active=True)
    memberships = list(Membership.objects.all())
    elsewhere = Cohort.objects.create(name="Elsewhere", track="FSD", time_zone="Europe/Berlin")
    Membership.objects.update(cohort=elsewhere)
    assert given() == []
    Membership.objects.all().delete()
    assert given() == []
    Membership.objects.bulk_create(memberships)
    assert given() == [(student.workspace, False), (student.workspace, True), (classmate.workspace, False)]


def test_no_assignment_has_the_folder_in_which_files_of_another_come_back(cohort):
    titles = ("Loops", "Loops returned", "Notes returned", "Notes", "Loops")
    folders = [create(cohort, title=it).json()["folder"] for it in titles]
    assert folders == ["loops", "loops-returned-2", "notes-returned", "notes-2", "loops-2"]


def test_a_full_home_is_told_to_its_student(lesson, join, manager):
    student = join(running=True)
    add(lesson, student, ("notes.md", b"1"))
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.FAILED, failure="The home is full.")
    give_back(lesson, student)
    assert own(student)["returned_state"] == "failed"
    assert own(student)["returned_text"].startswith("The home is full. It is tried again")


def test_a_single_zip_stands_for_its_files_and_what_no_home_could_take_is_refused(lesson, join):
    student = join()
    add(lesson, student, ("Marked.ZIP", zip_of({"work/a.py": "1", "work/b/c.py": "2"})))
    assert names_of(lesson.one.get(lesson.of(student, "files/"))) == ["a.py", "b/c.py"]
    assert (lesson.item(student)["files"], lesson.item(student)["files_bytes"]) == (2, 2)
    add(lesson, student, ("a.zip", zip_of()), ("b.md", b"1"))
    assert names_of(lesson.one.get(lesson.of(student, "files/"))) == ["a.zip", "b.md"]
    for files, words in (
        ([("a.zip", zip_of(links=("x",)))], "is a link"),
        ([("a.zip", b"nothing")], "damaged"),
        ([("../a.md", b"1")], "has a slash in its name"),
        ([("..", b"1")], "leads out of the folder"),
        ([("a\nb.md", b"1")], "has a line break"),
        ([("A.md", b"1"), ("a.md", b"2")], "are the same name"),
        ([("a.zip", b"0" * (PACKED_BYTES_MAX + 1))], "The limit is 4 MB"),
    ):
        answer = add(lesson, student, *files, status=422)
        assert words in answer.text, answer.text
    assert names_of(lesson.one.get(lesson.of(student, "files/"))) == ["a.zip", "b.md"], "what was there stays"


def test_only_the_cohorts_instructors_choose_files_and_only_the_student_gets_them(lesson, join, signed_in):
    student, other, stranger = join(), join(), signed_in("instructor")
    add(lesson, student, ("notes.md", b"mine"))
    give_back(lesson, student)
    own_address = f"/api/assignments/{lesson.assignment}/returned/"
    assert names_of(student.get(own_address)) == ["notes.md"]
    for person, status in ((other, 403), (student, 403), (stranger, 404)):
        assert person.put(lesson.of(student, "files/"), json=upload(("x", b"1"))).status_code == status
        assert person.get(lesson.of(student, "files/")).status_code == status
    assert {it.get(own_address).status_code for it in (other, stranger, lesson.one)} == {404}
    assert [it.details["files"] for it in Record.objects.filter(action="submission.files")] == [1]
    assert Record.objects.get(action="submission.return").details["sha256"]
    assert FilesReturn.objects.count() == 1
