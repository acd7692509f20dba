from __future__ import annotations

import base64
import io
import os
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from backend.assignments import checking
from backend.assignments.checking import OWN_OUTPUT_MAX, check_due
from backend.assignments.delivery import hand_out_due
from backend.assignments.models import Bundle, CheckRun
from backend.assignments.tests.test_assignments import cohort, encoded, join, zip_of
from backend.assignments.tests.test_collecting import Class, copy_of
from backend.audit.models import Record
from contract.checks import CheckAnswer, CheckRequest, CheckState
from contract.errors import ApraNovaError, Reason

__all__ = ["cohort", "join"]
CHECK = {"command": "python3 main.py", "time_limit_s": 20}
HTML = "<img src=x onerror=alert(1)>"


class Checked(Class):
    """An assignment with a check, and its one student."""

    def __init__(self, cohort, join, manager, **check):
        self.student = join(running=True)
        super().__init__(cohort)
        self.check_address = f"/api/cohorts/{self.cohort_id}/assignments/{self.assignment}/check/"
        manager.homes[self.student.workspace] = copy_of({"main.py": "print(42)\n"})
        self.set(**check)

    def set(self, **check):
        answer = self.one.put(self.check_address, json={**CHECK, **check})
        assert answer.status_code == 200, answer.text
        return answer.json()["check"]

    def newest(self):
        return self.item(self.student)["copies"][0]

    def own(self):
        [mine] = self.student.get("/api/assignments/").json()["items"]
        return mine["check"]

    def ask(self, expected=204):
        answer = self.student.post(f"/api/assignments/{self.assignment}/check/")
        assert answer.status_code == expected, answer.text

    def given(self):
        """What the student has was handed out."""
        hand_out_due()
        return self


def due():
    CheckRun.objects.update(next_try_at=timezone.now())
    check_due()


def test_each_newest_copy_is_checked_once_and_again_when_the_check_changes(cohort, join, manager):
    lesson = Checked(cohort, join, manager)
    check_due()
    assert manager.checked == []
    lesson.collect()
    check_due()
    check_due()
    [request] = manager.checked
    assert (request.folder, request.command, request.time_limit_s) == ("lesson-1", "python3 main.py", 20)
    names = zipfile.ZipFile(io.BytesIO(base64.b64decode(request.files))).namelist()
    assert (names, request.check_files) == (["main.py"], "")
    assert lesson.newest()["check"] == {"state": "passed", "text": "Passed in 0.0 s."}
    lesson.set(command="false")
    check_due()
    assert [it.command for it in manager.checked] == ["python3 main.py", "false"]
    assert lesson.one.post(f"{lesson.check_address}run/").status_code == 204
    check_due()
    assert len(manager.checked) == 3
    assert CheckRun.objects.count() == 1


@pytest.mark.parametrize(
    ("found", "state", "text"),
    [
        ({"exit_code": 1}, "not_passed", "Not passed: the command ended with 1."),
        ({"timed_out": True, "exit_code": 137}, "not_passed", "took longer than 20 s"),
        ({"out_of_memory": True, "exit_code": 137}, "not_passed", "more memory than there is"),
        ({"output": "41\n"}, "not_passed", "something else than expected"),
        ({"output": "42  \n\n"}, "passed", "Passed"),
        ({"output": "\n42\u202f\n"}, "passed", "Passed"),
        ({"output": " 42\n"}, "not_passed", "something else than expected"),
        ({"output": "42", "output_cut": True}, "not_passed", "something else than expected"),
    ],
)
def test_it_passes_when_it_ends_well_and_writes_what_is_expected(cohort, join, manager, found, state, text):
    lesson = Checked(cohort, join, manager, expected="42\n")
    manager.check_answers = [CheckAnswer(CheckState.DONE, **found)]
    lesson.collect()
    check_due()
    assert lesson.newest()["check"]["state"] == state
    assert text in lesson.newest()["check"]["text"]
    assert all("42" not in f"{it.command}{it.check_files}" for it in manager.checked), "the answer stays outside"


def test_output_is_kept_as_text_whatever_a_program_wrote(cohort, join, manager):
    lesson = Checked(cohort, join, manager)
    written = f"\x1b[31mred\x1b[0m\0\ud800\u202e\r\n{HTML}"
    manager.check_answers = [CheckAnswer(CheckState.DONE, output=written)]
    lesson.collect()
    check_due()
    answer = lesson.one.get(lesson.of(lesson.student, "copies/1/check/"))
    assert answer.json()["output"] == f"red\ufffd\ufffd\ufffd\n{HTML}"
    assert answer.headers["Content-Type"].startswith("application/json")


def test_a_busy_or_silent_engine_is_asked_again_and_one_that_failed_says_so(cohort, join, manager):
    lesson = Checked(cohort, join, manager)
    lesson.collect()
    manager.check_answers = [CheckAnswer(CheckState.BUSY)]
    check_due()
    assert lesson.newest()["check"]["state"] == "waiting"
    manager.check_answers = [CheckAnswer(CheckState.FAILED, failure="There is no sandbox.")]
    due()
    assert lesson.newest()["check"] == {"state": "failed", "text": "There is no sandbox."}
    due()
    assert len(manager.checked) == 2, "what failed is run again only when somebody asks"


def test_files_of_a_check_go_to_its_sandbox_alone_and_are_kept_until_taken_away(cohort, join, manager):
    lesson = Checked(cohort, join, manager, file=encoded(zip_of({"test.py": "secret\n"})))
    lesson.given().collect()
    check_due()
    assert b"test.py" in base64.b64decode(manager.checked[0].check_files)
    assert lesson.set(command="true")["files"] == 1
    assert lesson.set(keep_files=False)["files"] == 0
    assert not Bundle.objects.filter(checks__isnull=False).exists()
    too_large = encoded(zip_of({"noise.bin": os.urandom(300_000)}))
    answer = lesson.one.put(lesson.check_address, json={**CHECK, "file": too_large})
    assert answer.status_code == 422
    assert "at most 256 kB" in answer.text


def test_a_student_runs_it_only_where_allowed_one_at_a_time_and_sees_no_more_than_allowed(cohort, join, manager):
    lesson = Checked(cohort, join, manager).given()
    assert lesson.own() is None
    lesson.ask(404)
    lesson.set(students_see="result")
    assert lesson.own() == {"run": None, "shows_output": False}
    lesson.ask()
    lesson.ask()
    assert lesson.own()["run"]["state"] == "waiting"
    manager.check_answers = [CheckAnswer(CheckState.DONE, output="the hidden test\n", exit_code=1)]
    check_due()
    assert len(manager.checked) == 1
    run = lesson.own()["run"]
    assert (run["state"], run["output"]) == ("not_passed", "")
    assert run["text"] == "Not passed: the command ended with an error.", "a program can spell in numbers"
    lesson.set(students_see="output")
    lesson.ask()
    check_due()
    assert lesson.own()["run"]["output"] == "42\n"
    assert lesson.item(lesson.student)["copies"] == [], "their own run is no submission"


def test_another_student_neither_runs_nor_sees_it(cohort, join, manager, signed_in):
    lesson = Checked(cohort, join, manager, students_see="output").given()
    stranger = signed_in()
    assert stranger.post(f"/api/assignments/{lesson.assignment}/check/").status_code == 404
    classmate = join(running=True)
    lesson.ask()
    check_due()
    [theirs] = classmate.get("/api/assignments/").json()["items"]
    assert theirs["check"] == {"run": None, "shows_output": True}


def test_who_has_not_got_the_files_yet_is_told_what_to_do(cohort, join, manager):
    lesson = Checked(cohort, join, manager, students_see="output")
    answer = lesson.student.post(f"/api/assignments/{lesson.assignment}/check/")
    assert answer.status_code == 409
    assert "Open your workspace first" in answer.text


def test_a_home_that_cannot_be_read_is_said_to_its_student(cohort, join, manager):
    lesson = Checked(cohort, join, manager, students_see="output").given()
    del manager.homes[lesson.student.workspace]
    lesson.ask()
    check_due()
    assert lesson.own()["run"]["state"] == "failed"
    assert "cannot be read right now" in lesson.own()["run"]["text"]
    lesson.ask()
    assert lesson.own()["run"]["state"] == "waiting"


def test_a_student_who_waits_comes_before_the_class_that_was_collected(cohort, join, manager):
    lesson = Checked(cohort, join, manager, students_see="result").given()
    lesson.collect()
    lesson.ask()
    CheckRun.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    manager.check_answers = [CheckAnswer(CheckState.DONE), CheckAnswer(CheckState.BUSY)]
    check_due()
    assert (lesson.own()["run"]["state"], lesson.newest()["check"]["state"]) == ("passed", "waiting")


def test_a_class_that_was_collected_is_not_kept_waiting_by_students_who_ask_and_ask(cohort, join, manager):
    lesson = Checked(cohort, join, manager, students_see="result").given()
    lesson.collect()
    lesson.ask()
    manager.check_answers = [CheckAnswer(CheckState.DONE), CheckAnswer(CheckState.BUSY)]
    check_due(students_first=False)
    assert (lesson.own()["run"]["state"], lesson.newest()["check"]["state"]) == ("waiting", "passed")


def test_removing_a_check_removes_what_it_found_and_is_audited(cohort, join, manager):
    lesson = Checked(cohort, join, manager, file=encoded(zip_of({"test.py": "x\n"})))
    lesson.collect()
    check_due()
    assert lesson.one.delete(lesson.check_address).status_code == 204
    assert lesson.newest()["check"] is None
    assert lesson.one.get(lesson.check_address).json() == {"check": None}
    assert not Bundle.objects.filter(checks__isnull=False).exists()
    done = set(Record.objects.values_list("action", flat=True))
    assert {"assignment.set_check", "assignment.remove_check"} <= done


@pytest.mark.parametrize(
    "wrong",
    [{"command": "  "}, {"command": "a\0b"}, {"time_limit_s": 0}, {"time_limit_s": 9999}, {"students_see": "all"}],
)
def test_a_check_that_cannot_be_is_refused(cohort, join, manager, wrong):
    lesson = Checked(cohort, join, manager)
    assert lesson.one.put(lesson.check_address, json={**CHECK, **wrong}).status_code == 422


def test_one_students_checks_do_not_fill_the_queue(cohort, join, manager):
    lesson = Checked(cohort, join, manager, students_see="result").given()
    other = Class(cohort)
    lesson.one.put(
        lesson.check_address.replace(lesson.assignment, other.assignment), json=CHECK | {"students_see": "result"}
    )
    hand_out_due()
    lesson.ask()
    answer = lesson.student.post(f"/api/assignments/{other.assignment}/check/")
    assert (answer.status_code, "is not finished yet" in answer.text) == (409, True)
    check_due()
    assert lesson.student.post(f"/api/assignments/{other.assignment}/check/").status_code == 204


def test_a_long_output_is_shortened_for_the_dashboard_and_compared_whole(cohort, join, manager):
    written = "x" * OWN_OUTPUT_MAX
    lesson = Checked(cohort, join, manager, students_see="output").given()
    manager.check_answers = [CheckAnswer(CheckState.DONE, output=f"{written}\n2 passed")]
    lesson.ask()
    check_due()
    run = lesson.own()["run"]
    assert len(run["output"]) < OWN_OUTPUT_MAX + 10
    assert (run["state"], run["output_cut"], run["output"][-8:]) == ("passed", True, "2 passed")


class Interrupted:
    """A manager whose check runs on and on; meanwhile something happens."""

    def __init__(self, meanwhile):
        self.meanwhile, self.asked = meanwhile, 0

    def check(self, request: CheckRequest) -> CheckAnswer:
        self.asked += 1
        assert self.asked < 10, "nobody waits any more"
        if self.asked == 3:
            self.meanwhile()
        return CheckAnswer(CheckState.WORKING if request.files or self.asked > 2 else CheckState.UNKNOWN)


@pytest.mark.parametrize("how", ["the check goes", "it changes", "the assignment goes", "too long"])
def test_a_worker_does_not_wait_for_a_run_that_nobody_wants_any_more(cohort, join, manager, monkeypatch, how):
    lesson = Checked(cohort, join, manager)
    lesson.collect()
    meanwhile = {
        "the check goes": lambda: lesson.one.delete(lesson.check_address),
        "it changes": lambda: (lesson.set(command="false"), checking._add_missing()),
        "the assignment goes": lambda: lesson.one.delete(lesson.check_address.removesuffix("check/")),
        "too long": lambda: monkeypatch.setattr(checking, "WAITS_MAX_S", -1.0),
    }
    if how == "too long":
        meanwhile[how]()
    interrupted = Interrupted(meanwhile[how])
    monkeypatch.setattr(checking, "manager_client", lambda: interrupted)
    checking._add_missing()
    run = checking._take_due(students_first=False)
    assert run is not None
    checking._carry_out(run)
    assert interrupted.asked <= 3
    assert not CheckRun.objects.filter(finished_at__isnull=False).exists()


def test_a_silent_manager_is_asked_again_and_one_that_refuses_is_not(cohort, join, manager):
    lesson = Checked(cohort, join, manager)
    lesson.collect()
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "The manager is being restarted.")
    check_due()
    assert lesson.newest()["check"]["state"] == "waiting"
    manager.fail_with = ApraNovaError(Reason.BAD_REQUEST, "The manager does not know this action.")
    due()
    assert lesson.newest()["check"] == {"state": "failed", "text": "The manager does not know this action."}
