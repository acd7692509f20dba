"""Returned marks to the course's gradebook (assignment and grade service)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.assignments.tests.test_assignments import create
from backend.audit.models import Record
from backend.lti import marks
from backend.lti.marks import points_of, send_due
from backend.lti.models import Course, CourseMember, LineItem, SentMark
from backend.lti.tests.launching import launch
from tests.lti_platform import LEARNER


@pytest.fixture
def class_(connected, platform, signed_in):
    """Two students of the connected cohort, of whom one has come from the course."""
    teacher, cohort = connected
    ana, ben = signed_in(), signed_in()
    for one, login in ((ana, "ana"), (ben, "ben")):
        teacher.put(f"/api/cohorts/{cohort}/members/{one.user.pk}/")
        platform.add(login, LEARNER, email=one.user.email)
    launch(ana, platform, "ana")
    assignment = create((teacher, cohort)).json()["id"]
    return teacher, f"/api/cohorts/{cohort}", f"/api/cohorts/{cohort}/assignments/{assignment}/submissions/", ana, ben


def give(teacher, submissions, student, mark, comment=""):
    answer = teacher.patch(f"{submissions}{student.user.pk}/", json={"mark": mark, "comment": comment})
    assert answer.status_code == 204, answer.text
    assert teacher.post(f"{submissions}return/", json={}).status_code in (200, 204)


def course(teacher, cohort):
    return teacher.get(f"{cohort}/course/").json()


def due_now():
    SentMark.objects.update(due_at=timezone.now())


@pytest.mark.parametrize(
    ("mark", "points"),
    [
        ("17/20", (17, 20)),
        (" 17,5 / 20 points", (17.5, 20)),
        ("8 of 10", (8, 10)),
        ("22/20", (22, 20)),
        ("85%", (85, 100)),
        ("0/10", (0, 10)),
        ("1.3", None),
        ("A", None),
        ("-1/10", None),
        ("1/0", None),
        ("1e9/10", None),
        ("", None),
        ("١/٢", (1, 2)),
    ],
)
def test_a_mark_is_read_as_points_only_if_it_says_of_how_many(mark, points):
    assert points_of(mark) == points


def test_a_returned_mark_arrives_in_a_column_of_the_gradebook(class_, platform):
    teacher, cohort, submissions, ana, _ = class_
    give(teacher, submissions, ana, "17/20", "Well done")
    assert course(teacher, cohort)["marks_waiting"] == 1
    assert platform.scores == []
    send_due()
    [item] = platform.line_items
    assert (item["label"], item["scoreMaximum"], item["resourceId"]) == ("Lesson 1", 100, submissions.split("/")[5])
    [score] = platform.scores
    assert {name: score[name] for name in ("userId", "scoreGiven", "scoreMaximum", "comment", "gradingProgress")} == {
        "userId": "ana", "scoreGiven": 17, "scoreMaximum": 20, "comment": "Well done", "gradingProgress": "FullyGraded",
    }  # fmt: skip
    state = course(teacher, cohort)
    assert (state["marks_sent"], state["marks_waiting"], state["mark_problems"]) == (1, 0, [])
    assert Record.objects.get(action="submission.mark_sent").details["student"] == ana.user.email

    give(teacher, submissions, ana, "18/20")
    send_due()
    send_due()
    assert [it["scoreGiven"] for it in platform.scores] == [17, 18]
    assert len(platform.line_items) == 1
    give(teacher, submissions, ana, "")
    send_due()
    assert "scoreGiven" not in platform.scores[-1], "a mark that is taken back is taken back there, too"


def test_a_mark_waits_for_a_student_who_has_not_come_from_the_course(class_, platform, browser):
    teacher, cohort, submissions, _, ben = class_
    give(teacher, submissions, ben, "10/20")
    send_due()
    assert platform.scores == []
    [problem] = course(teacher, cohort)["mark_problems"]
    assert problem["student"] == ben.user.name
    assert "has not opened ApraNova from the course yet" in problem["text"]
    assert problem["tried_again_at"] is None
    launch(browser(), platform, "ben")
    send_due()
    assert [it["userId"] for it in platform.scores] == ["ben"]
    assert course(teacher, cohort)["mark_problems"] == []


def test_whoever_takes_a_classmates_address_at_the_platform_does_not_get_their_mark(class_, platform, browser):
    teacher, _, submissions, ana, ben = class_
    platform.add("mallory", LEARNER, email=ana.user.email)
    assert launch(browser(), platform, "mallory") == "error address_reused"
    give(teacher, submissions, ana, "17/20")
    send_due()
    assert [it["userId"] for it in platform.scores] == ["ana"]
    assert not CourseMember.objects.filter(user=ben.user).exists()


def test_a_platform_that_is_away_is_asked_again_and_what_it_refuses_is_told(class_, platform):
    teacher, cohort, submissions, ana, _ = class_
    platform.refuses = {"/gradebook/": 503}
    give(teacher, submissions, ana, "17/20")
    send_due()
    [problem] = course(teacher, cohort)["mark_problems"]
    assert "503" in problem["text"]
    assert problem["tried_again_at"] is not None
    asked = len(platform.asked)
    send_due()
    assert len(platform.asked) == asked, "not before its time"
    wait = SentMark.objects.get().due_at - timezone.now()
    assert timedelta(seconds=30) < wait <= timedelta(minutes=1)
    due_now()
    send_due()
    assert SentMark.objects.get().due_at - timezone.now() > timedelta(seconds=90), "longer each time"
    platform.refuses = {}
    due_now()
    send_due()
    assert len(platform.scores) == 1

    platform.refuses = {"/gradebook/": 403}
    give(teacher, submissions, ana, "18/20")
    send_due()
    [problem] = course(teacher, cohort)["mark_problems"]
    assert "does not allow it" in problem["text"]
    assert problem["tried_again_at"] is None
    assert Record.objects.filter(action="submission.mark_not_sent").count() == 1
    platform.refuses = {}
    assert teacher.post(f"{cohort}/course/marks/").json()["marks_waiting"] == 1
    send_due()
    assert [it["scoreGiven"] for it in platform.scores] == [17, 18]
    assert teacher.post(f"{cohort}/course/marks/").json()["marks_waiting"] == 0, "what has arrived is not sent again"


def test_a_platform_that_stays_away_is_given_up_after_days(class_, platform, monkeypatch):
    teacher, cohort, submissions, ana, _ = class_
    platform.refuses = {"/gradebook/": 503}
    give(teacher, submissions, ana, "17/20")
    SentMark.objects.update(failures=marks.FAILURES_MAX - 1)
    send_due()
    [problem] = course(teacher, cohort)["mark_problems"]
    assert problem["tried_again_at"] is None


def test_a_column_that_somebody_deleted_is_made_again(class_, platform):
    teacher, _, submissions, ana, _ = class_
    give(teacher, submissions, ana, "17/20")
    send_due()
    platform.line_items.clear()
    platform.refuses = {"/gradebook/algebra/items/": 404}
    give(teacher, submissions, ana, "18/20")
    send_due()
    assert not LineItem.objects.exists()
    platform.refuses = {}
    due_now()
    send_due()
    assert (len(platform.line_items), platform.scores[-1]["scoreGiven"]) == (1, 18)


def test_a_grade_that_is_no_number_is_not_made_into_one(class_, platform):
    teacher, cohort, submissions, ana, _ = class_
    give(teacher, submissions, ana, "A")
    send_due()
    assert platform.scores == []
    [problem] = course(teacher, cohort)["mark_problems"]
    assert "“A” is no number of points. Write it as 17/20" in problem["text"]


def test_comments_and_files_without_a_mark_make_no_column_in_the_gradebook(class_, platform):
    teacher, cohort, submissions, ana, _ = class_
    give(teacher, submissions, ana, "", "Well done")
    send_due()
    assert (platform.line_items, platform.scores) == ([], [])
    state = course(teacher, cohort)
    assert (state["marks_sent"], state["marks_waiting"]) == (0, 0)


def test_what_was_refused_is_sent_again_also_if_it_takes_a_mark_back_or_its_student_has_left(class_, platform):
    teacher, cohort, submissions, ana, _ = class_
    give(teacher, submissions, ana, "17/20")
    send_due()
    platform.refuses = {"/gradebook/": 403}
    give(teacher, submissions, ana, "")
    send_due()
    assert len(course(teacher, cohort)["mark_problems"]) == 1
    assert teacher.delete(f"{cohort}/members/{ana.user.pk}/").status_code == 200
    platform.refuses = {}
    assert teacher.post(f"{cohort}/course/marks/").json()["marks_waiting"] == 1
    send_due()
    assert "scoreGiven" not in platform.scores[-1]
    assert course(teacher, cohort)["mark_problems"] == []


def test_another_mark_while_one_is_sent_is_sent_next(class_, platform, monkeypatch):
    teacher, cohort, submissions, ana, _ = class_
    give(teacher, submissions, ana, "17/20")
    real = marks.send_score

    def send_while_another_is_returned(*arguments):
        real(*arguments)
        if len(platform.scores) == 1:
            give(teacher, submissions, ana, "19/20")

    monkeypatch.setattr(marks, "send_score", send_while_another_is_returned)
    send_due()
    assert [it["scoreGiven"] for it in platform.scores] == [17, 19]
    assert course(teacher, cohort)["marks_sent"] == 1


def test_marks_from_before_the_course_was_connected_are_sent_on_request_and_none_after_its_end(
    class_, platform, signed_in
):
    teacher, cohort, submissions, ana, _ = class_
    Course.objects.update(cohort=None)
    give(teacher, submissions, ana, "17/20")
    assert not SentMark.objects.exists()
    assert signed_in("instructor").post(f"{cohort}/course/marks/").status_code == 404
    Course.objects.update(cohort=cohort.split("/")[-1])
    assert teacher.post(f"{cohort}/course/marks/").json()["marks_waiting"] == 1
    Course.objects.update(cohort=None)
    send_due()
    assert platform.scores == []
    assert "disconnected" in SentMark.objects.get().problem
