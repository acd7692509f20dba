from __future__ import annotations

import base64
import csv
import io
import stat
import time
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.assignments import collecting
from backend.assignments.collecting import TRIED_FOR, collect_due
from backend.assignments.models import Assignment, Bundle, Copy, Submission
from backend.assignments.services import delete_assignment
from backend.assignments.tests.test_assignments import cohort, create, encoded, join, zip_of
from backend.audit.models import Record
from backend.cohorts.models import Cohort
from contract.collect import CollectAnswer, CollectState, LeftOut
from contract.hand_out_files import FILES_MAX, UNPACKED_BYTES_MAX

__all__ = ["cohort", "join"]
HTML = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def copy_of(files=None, **fields):
    packed = files if isinstance(files, bytes) else zip_of(files)
    return CollectAnswer(CollectState.DONE, encoded(packed), **fields)


class Class:
    """An assignment, and what its instructor asks about it."""

    def __init__(self, cohort, **body):
        self.one, self.cohort_id = cohort
        made = create(cohort, **body)
        assert made.status_code == 201, made.text
        self.assignment = made.json()["id"]
        self.address = f"/api/cohorts/{self.cohort_id}/assignments/{self.assignment}/submissions/"

    def of(self, student, rest=""):
        return f"{self.address}{student.user.pk}/{rest}"

    def items(self):
        answer = self.one.get(self.address)
        assert answer.status_code == 200, answer.text
        return {it["student_id"]: it for it in answer.json()["items"]}

    def item(self, student):
        return self.items()[str(student.user.pk)]

    def collect(self, **body):
        answer = self.one.post(f"{self.address}collect/", json=body)
        assert answer.status_code == 204, answer.text
        collect_due()

    def due(self, ago=timedelta(seconds=5)):
        """The due time has come."""
        Assignment.objects.filter(pk=self.assignment).update(
            releases_at=timezone.now() - timedelta(days=30), due_at=timezone.now() - ago
        )
        collect_due()


def again():
    """The time of the next try has come."""
    Submission.objects.update(next_try_at=timezone.now())
    collect_due()


def test_at_the_due_time_each_home_is_copied_and_who_has_none_is_said_and_tried_again(cohort, join, manager):
    awake, asleep, silent = join(running=True), join(), join(running=True)
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    manager.homes[awake.workspace] = copy_of({"main.py": "print(2)\n"})
    manager.homes[asleep.workspace] = copy_of({"main.py": "print(3)\n"}, unchanged_since=time.time() - 3600)
    collect_due()
    assert manager.collected == []
    assert lesson.item(awake)["text"] == "Will be collected at the due time."
    lesson.due()
    assert sorted(manager.collected) == sorted((it.workspace, "lesson-1") for it in (awake, asleep, silent))
    assert lesson.item(awake)["copies"][0]["late"] is False
    assert lesson.item(asleep)["copies"][0]["handed_in_at"] < lesson.item(asleep)["copies"][0]["collected_at"]
    assert (lesson.item(silent)["state"], lesson.item(silent)["copies"]) == ("failed", [])
    assert lesson.item(silent)["text"].endswith("It is tried again.")
    collect_due()
    assert len(manager.collected) == 3, "nobody is asked twice"
    manager.homes[silent.workspace] = copy_of()
    again()
    assert (lesson.item(silent)["state"], len(manager.collected)) == ("collected", 4)


def test_a_copy_is_asked_for_early_and_what_did_not_change_is_not_kept_twice(cohort, join, manager):
    student = join(running=True)
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    manager.homes[student.workspace] = copy_of()
    lesson.collect()
    lesson.collect()
    assert [it["number"] for it in lesson.item(student)["copies"]] == [1]
    manager.homes[student.workspace] = copy_of({"main.py": "print(2)\n"})
    lesson.collect(student_id=str(student.user.pk))
    lesson.due()
    assert [it["number"] for it in lesson.item(student)["copies"]] == [2, 1]
    assert Submission.objects.get().collected_for is not None
    assert Record.objects.filter(action="assignment.collect").count() == 3


def test_nothing_is_collected_of_an_inactive_cohort_and_that_is_said(cohort, join, manager):
    join(running=True)
    lesson = Class(cohort)
    Cohort.objects.update(active=False)
    answer = lesson.one.post(f"{lesson.address}collect/", json={})
    assert (answer.status_code, answer.json()["reason"]) == (409, "inactive")
    lesson.due()
    assert manager.collected == []


def test_what_is_handed_in_after_the_due_time_is_late_unless_there_is_an_extension(cohort, join, manager):
    late, later = join(running=True), join(running=True)
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    lesson.one.put(lesson.of(later, "extension/"), json={"due_at": "2999-01-02T10:00"})
    assert lesson.item(later)["due_at_local"] == "2999-01-02T10:00"
    for student in (late, later):
        manager.homes[student.workspace] = copy_of()
    lesson.due(ago=timedelta(hours=1))
    assert lesson.item(late)["copies"][0]["late"] is True
    assert (lesson.item(later)["copies"], lesson.item(later)["extended"]) == ([], True)
    Submission.objects.filter(student=later.user).update(due_at=timezone.now())
    again()
    assert lesson.item(later)["copies"][0]["late"] is False
    assert late.get("/api/assignments/").json()["items"][0]["late"] is True
    assert later.get("/api/assignments/").json()["items"][0]["late"] is False
    assert Record.objects.get(action="submission.extend").details["student"] == later.user.email


def test_an_extension_is_later_than_the_due_time_and_can_be_taken_back(cohort, join):
    student = join()
    lesson = Class(cohort, due_at="2999-01-02T10:00")
    address = lesson.of(student, "extension/")
    for wrong in ("2999-01-02T10:00", "2998-01-01T10:00", "soon"):
        assert lesson.one.put(address, json={"due_at": wrong}).status_code == 422
    assert lesson.one.put(address, json={"due_at": "2999-01-03T10:00"}).status_code == 204
    assert lesson.one.put(address, json={"due_at": None}).status_code == 204
    assert lesson.item(student)["extended"] is False
    without = Class(cohort)
    assert without.one.put(without.of(student, "extension/"), json={"due_at": "2999-01-03T10:00"}).status_code == 409


def test_a_due_time_that_moves_past_an_extension_holds_for_its_student_too(cohort, join, manager):
    student = join(running=True)
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    lesson.one.put(lesson.of(student, "extension/"), json={"due_at": "2999-01-02T10:00"})
    manager.homes[student.workspace] = copy_of()
    Submission.objects.update(due_at=timezone.now(), next_try_at=timezone.now())
    collect_due()
    assert manager.collected == []
    assert (lesson.item(student)["due_at_local"], lesson.item(student)["extended"]) == ("2999-01-01T10:00", False)
    assert student.get("/api/assignments/").json()["items"][0]["due_at"].startswith("2999-01-01")
    Assignment.objects.update(due_at=None)
    again()
    assert (manager.collected, lesson.item(student)["due_at"]) == ([], None)


def test_a_copy_that_was_read_before_the_due_time_is_not_the_one_of_the_due_time(cohort, join, manager, monkeypatch):
    student = join(running=True)
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    manager.homes[student.workspace] = copy_of()
    prepare = collecting._wanted

    def prepared(rows):
        wanted = prepare(rows)
        if not manager.collected:  # the due time comes while the home is read
            Assignment.objects.filter(pk=lesson.assignment).update(due_at=timezone.now())
        return wanted

    monkeypatch.setattr(collecting, "_wanted", prepared)
    lesson.collect()
    assert len(manager.collected) == 2
    assert Submission.objects.get().collected_for is not None


def test_after_a_week_nobody_is_asked_any_more_until_an_instructor_does(cohort, join, manager):
    student = join(running=True)
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    manager.homes[student.workspace] = CollectAnswer(CollectState.FAILED, failure="There is no folder.")
    lesson.due()
    assert lesson.item(student)["text"] == "There is no folder. It is tried again."
    collect_due()
    assert len(manager.collected) == 1, "not in every pass"
    Assignment.objects.update(due_at=timezone.now() - TRIED_FOR)
    again()
    assert len(manager.collected) == 1
    assert lesson.item(student)["text"] == "There is no folder. It is not tried any more."
    lesson.collect()
    assert len(manager.collected) == 2


def bomb():
    return zip_of({"zeros": b"\0" * (UNPACKED_BYTES_MAX + 1)})


FORGED = {
    "a name that leads out": zip_of({"../../evil.py": "x", "/etc/passwd": "y"}),
    "a link": zip_of(links=("passwd",)),
    "a device": zip_of(modes=(("tty", stat.S_IFCHR | 0o666),)),
    "no zip": b"PK\3\4 and more",
    "a bomb": bomb(),
    "too many files": zip_of({f"f{number}": "x" for number in range(FILES_MAX + 1)}),
    "no file": zip_of({"folder/": ""}),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_copy_that_a_student_forged_is_not_kept_and_others_get_theirs(cohort, join, manager, forged):
    forger, other = join(running=True), join(running=True)
    lesson = Class(cohort)
    manager.homes[forger.workspace] = copy_of(forged)
    manager.homes[other.workspace] = copy_of()
    lesson.collect()
    assert lesson.item(forger)["text"].startswith("The copy cannot be used.")
    assert [it["state"] for it in (lesson.item(forger), lesson.item(other))] == ["failed", "collected"]


def test_words_and_counts_that_a_student_forged_fit_the_row(cohort, join, manager):
    forger, second, third = (join(running=True) for _ in range(3))
    lesson = Class(cohort)
    lies = tuple(LeftOut("a\0\ud800" * 200, "\0" * 900) for _ in range(80))
    manager.homes[forger.workspace] = copy_of(left_out=lies, left_out_count=-5, unchanged_since=-1e300)
    manager.homes[second.workspace] = CollectAnswer(CollectState.FAILED, failure="\0\ud800" * 5000)
    manager.homes[third.workspace] = CollectAnswer(CollectState.DONE, files="not base64 \0")
    lesson.collect()
    found = lesson.item(forger)["copies"][0]
    assert (len(found["left_out"]), found["left_out_count"]) == (50, 0)
    assert {lesson.item(it)["state"] for it in (second, third)} == {"failed"}


def test_an_instructor_reads_as_text_and_sees_what_changed(cohort, join, manager):
    student = join(running=True)
    lesson = Class(cohort)
    theirs = {
        "main.py": "print(1)\nprint(2)\n",
        "page.html": HTML,
        "photo.png": b"\x89PNG\0\xff",
        "big.txt": "x\n" * 150_000,
    }
    manager.homes[student.workspace] = copy_of(theirs, left_out=(LeftOut("data/link", "is a link"),), left_out_count=1)
    lesson.collect()
    assert lesson.item(student)["copies"][0]["left_out"] == [{"path": "data/link", "reason": "is a link"}]
    files = lesson.one.get(lesson.of(student, "copies/1/files/")).json()["items"]
    assert {it["path"]: it["change"] for it in files} == {
        "main.py": "changed",
        "page.html": "new",
        "photo.png": "new",
        "big.txt": "new",
        "data/rows.csv": "missing",
    }

    def read(path):
        return lesson.one.get(lesson.of(student, "copies/1/file/"), params={"path": path})

    main = read("main.py").json()
    assert [(it["kind"], it["text"]) for it in main["lines"]] == [(" ", "print(1)"), ("+", "print(2)")]
    page = read("page.html")
    assert page.headers["content-type"].startswith("application/json")
    assert (page.json()["text"], page.json()["compared"]) == (HTML, False)
    assert read("photo.png").json()["text"] is None
    assert (read("big.txt").json()["cut"], len(read("big.txt").json()["text"])) == (True, 200_000)
    assert [it["kind"] for it in read("data/rows.csv").json()["lines"]] == ["-"]
    for wrong in ("../main.py", "/etc/passwd", "nothing", "\0"):
        assert read(wrong).status_code == 404
    assert lesson.one.get(lesson.of(student, "copies/2/files/")).status_code == 404


def test_a_download_is_saved_and_never_shown_or_run_by_the_browser(cohort, join, manager):
    student = join(running=True)
    lesson = Class(cohort)
    name = 'a"b;x=<svg>.html'
    manager.homes[student.workspace] = copy_of({name: HTML, "ü.txt": "x"})
    lesson.collect()
    answer = lesson.one.get(lesson.of(student, "copies/1/download/"), params={"path": name})
    assert (answer.status_code, answer.text) == (200, HTML)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a%22b%3Bx%3D%3Csvg%3E.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_the_zip_has_a_folder_for_each_student_whatever_they_are_called(cohort, join, manager):
    first, second, none = (join(running=True) for _ in range(3))
    for student, name in ((first, "../../etc/Ada"), (second, "../../etc/Ada"), (none, "Ben")):
        student.user.name = name
        student.user.save()
    lesson = Class(cohort)
    manager.homes[first.workspace] = copy_of({"src/main.py": "1"})
    manager.homes[second.workspace] = copy_of({"src/main.py": "2"})
    lesson.collect()
    answer = lesson.one.get(f"{lesson.address}zip/")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''lesson-1.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    wanted = {f"etc-ada-{it.user.pk.hex[:6]}/src/main.py": text for it, text in ((first, b"1"), (second, b"2"))}
    assert found == wanted


def test_a_student_sees_mark_and_comment_when_they_are_returned_and_not_before(cohort, join, manager):
    student, other = join(running=True), join(running=True)
    lesson = Class(cohort)
    manager.homes[student.workspace] = copy_of()
    lesson.collect()

    def seen():
        own = student.get("/api/assignments/").json()["items"][0]
        return own["mark"], own["comment"], own["returned_at"] is not None

    assert lesson.one.post(lesson.of(student, "return/"), json={}).status_code == 409
    assert lesson.one.patch(lesson.of(student), json={"mark": "17/20", "comment": HTML}).status_code == 204
    assert seen() == ("", "", False)
    assert student.get("/api/assignments/").json()["items"][0]["handed_in_at"] is not None
    assert lesson.one.post(lesson.of(student, "return/"), json={}).status_code == 204
    assert seen() == ("17/20", HTML, True)
    lesson.one.patch(lesson.of(student), json={"mark": "18/20"})
    assert (seen(), lesson.item(student)["changed_since"]) == (("17/20", HTML, True), True)
    lesson.one.patch(lesson.of(other), json={"comment": "Where is it?"})
    assert lesson.one.post(f"{lesson.address}return/", json={}).json() == {"returned": 2}
    assert lesson.one.post(f"{lesson.address}return/", json={}).json() == {"returned": 0}
    assert seen()[0] == "18/20"
    assert other.get("/api/assignments/").json()["items"][0]["comment"] == "Where is it?"
    changes = [it.details for it in Record.objects.filter(action="submission.mark").order_by("pk")]
    assert [(it.get("before"), it.get("mark")) for it in changes] == [("", "17/20"), ("17/20", "18/20"), (None, None)]
    assert Record.objects.filter(action="submission.return").count() == 3


def test_a_mark_for_the_wrong_student_is_taken_back(cohort, join):
    student, other = join(), join()
    lesson = Class(cohort)
    for it in (student, other):
        lesson.one.patch(lesson.of(it), json={"mark": "17/20", "comment": "For Ben only"})
    lesson.one.post(f"{lesson.address}return/", json={})
    for it in (student, other):
        lesson.one.patch(lesson.of(it), json={"mark": "", "comment": ""})
    assert lesson.one.post(lesson.of(student, "return/"), json={}).status_code == 204
    assert lesson.one.post(f"{lesson.address}return/", json={}).json() == {"returned": 1}
    for it in (student, other):
        own = it.get("/api/assignments/").json()["items"][0]
        assert (own["mark"], own["comment"], own["returned_at"]) == ("", "", None)
        assert lesson.item(it)["changed_since"] is False
    assert lesson.one.post(lesson.of(student, "return/"), json={}).status_code == 409


def test_marks_come_as_a_table_in_which_no_cell_is_a_formula(cohort, join, manager):
    student = join(running=True)
    student.user.name = "=cmd|' /C calc'!A0"
    student.user.save()
    lesson = Class(cohort, due_at="2999-01-01T10:00")
    for mark, comment in (("-1", "+1"), ("@x", " =1+1"), ("=1", "\t=1"), ("\uff1d1", "\u3000\uff0b1")):
        lesson.one.patch(lesson.of(student), json={"mark": mark, "comment": comment})
        answer = lesson.one.get(f"{lesson.address}marks/")
        assert answer.headers["content-disposition"].startswith("attachment")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert not any(
            value.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b")) for value in rows[0].values()
        )
        assert rows[0]["Due"] == "2999-01-01 10:00"
    student.user.name = "Ada;=1+1\n=2"
    student.user.save()
    table = csv.reader(io.StringIO(lesson.one.get(f"{lesson.address}marks/").text), delimiter=";")
    assert not any(cell.startswith("=") for row in table for cell in row), "as a spreadsheet in Germany reads it"
    for wrong in ({"mark": "x" * 21}, {"comment": "\0"}, {"comment": "x" * 10_001}, {"mark": "a\u202eb"}):
        assert lesson.one.patch(lesson.of(student), json=wrong).status_code == 422


def test_only_who_teaches_the_cohort_gets_in_and_no_student_reaches_another(cohort, join, signed_in, manager):
    student, other = join(running=True), join(running=True)
    lesson = Class(cohort)
    manager.homes[student.workspace] = copy_of({"secret.py": "mine"})
    lesson.collect()
    stranger, admin = signed_in("instructor"), signed_in("admin")
    elsewhere = stranger.post(
        "/api/cohorts/", json={"name": "Kiel-1", "track": "FSD", "time_zone": "Europe/Berlin"}
    ).json()["id"]
    reads = ["", "zip/", "marks/"]
    of_student = ["copies/1/files/", "copies/1/file/?path=secret.py", "copies/1/download/?path=secret.py"]
    addresses = [lesson.address + it for it in reads] + [lesson.of(student, it) for it in of_student]
    for address in addresses:
        assert admin.get(address).status_code == 200, address
        assert stranger.get(address).status_code == 404, address
        assert stranger.get(address.replace(lesson.cohort_id, elsewhere)).status_code == 404, address
        assert student.get(address).status_code == 403, address
        assert other.get(address).status_code == 403, address
    for person, status in ((stranger, 404), (student, 403), (other, 403)):
        assert person.patch(lesson.of(student), json={"mark": "A"}).status_code == status
        assert person.put(lesson.of(student, "extension/"), json={"due_at": None}).status_code == status
        for address in (lesson.of(student, "return/"), f"{lesson.address}return/", f"{lesson.address}collect/"):
            assert person.post(address, json={}).status_code == status
    assert Submission.objects.get(student=student.user).mark == ""
    assert "secret" not in other.get("/api/assignments/").text
    mine = Class((stranger, elsewhere), title="Lesson 1")
    assert stranger.get(mine.of(student, "copies/1/files/")).status_code == 404, "a student of another cohort"


def test_a_teaching_assistant_reads_what_was_handed_in_and_changes_no_mark(cohort, join, signed_in, manager):
    """An attack: a TA who gives a friend a better mark, by each way there is."""
    student = join(running=True)
    lesson = Class(cohort)
    manager.homes[student.workspace] = copy_of({"main.py": "mine"})
    lesson.collect()
    lesson.one.patch(lesson.of(student), json={"mark": "9/20"})
    assistant, elsewhere, admin = signed_in("assistant"), signed_in("assistant"), signed_in("admin")
    teaching = [str(lesson.one.user.pk), str(assistant.user.pk)]
    address = f"/api/cohorts/{lesson.cohort_id}/instructors/"
    assert admin.put(address, json={"instructor_ids": teaching}).status_code == 200
    for it in (lesson.address, lesson.of(student, "copies/1/file/?path=main.py")):
        assert assistant.get(it).status_code == 200, it
        assert elsewhere.get(it).status_code == 404, it
    attempts = [
        assistant.patch(lesson.of(student), json={"mark": "20/20"}),
        assistant.post(lesson.of(student, "return/"), json={}),
        assistant.post(f"{lesson.address}return/", json={}),
        assistant.post(f"{lesson.address}collect/", json={}),
        assistant.put(lesson.of(student, "extension/"), json={"due_at": "2030-01-01T08:00"}),
        assistant.put(address, json={"instructor_ids": [str(assistant.user.pk)]}),
        assistant.get("/api/invitations/"),
        assistant.post("/api/cohorts/", json={"name": "Mine", "track": "FSD", "time_zone": "Europe/Berlin"}),
        assistant.post("/api/invitations/", json={"email": "me2@school.example", "role": "admin"}),
    ]
    assert [it.status_code for it in attempts] == [403] * len(attempts)
    assert "Ask an instructor" in attempts[0].text
    submission = Submission.objects.get(student=student.user)
    assert (submission.mark, submission.returned_at) == ("9/20", None)
    assert not Record.objects.filter(actor_id=assistant.user.pk, action__startswith="submission").exists()


def test_with_the_assignment_go_its_copies_and_files_that_nobody_else_has(cohort, join, manager):
    student = join(running=True)
    lesson, other = Class(cohort), Class(cohort, title="Lesson 2")
    manager.homes[student.workspace] = copy_of({"main.py": "mine"})
    lesson.collect()
    new = base64.b64encode(zip_of({"main.py": "new"})).decode()
    lesson.one.put(f"/api/cohorts/{lesson.cohort_id}/assignments/{lesson.assignment}/files/", json={"file": new})
    assert Bundle.objects.count() == 3, "a copy keeps the starter that it is compared with"
    with CaptureQueriesContext(connection) as queries:
        delete_assignment(Assignment.objects.get(pk=lesson.assignment), acting_user=lesson.one.user)
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert any("assignments_bundle" in sql for sql in asked)
    assert not any('"assignments_bundle"."content"' in sql for sql in asked), "the files of a class in memory"
    assert (Copy.objects.count(), Bundle.objects.count()) == (0, 1)
    assert other.item(student)["copies"] == []
