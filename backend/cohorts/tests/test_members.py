from __future__ import annotations

import concurrent.futures

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts import services as people
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.tests.test_invitations import invite, key_in, sign_up
from backend.audit.models import Record
from backend.cohorts import members
from backend.cohorts.models import Cohort, Membership


def put(one, cohort, student):
    return one.put(f"/api/cohorts/{cohort}/members/{student.pk}/")


def names(answer):
    assert answer.status_code == 200, answer.text
    return [it["name"] for it in answer.json()["members"]]


def test_a_student_joins_moves_and_leaves(signed_in, make_cohort, person):
    one, student = signed_in("instructor"), person()
    first, second = make_cohort(one, "First"), make_cohort(one, "Second")
    candidates = one.get(f"/api/cohorts/{first}/candidates/").json()["items"]
    assert [it["id"] for it in candidates] == [str(student.pk)]
    assert names(put(one, first, student)) == [student.name]
    assert one.get(f"/api/cohorts/{first}/candidates/").json()["items"] == []
    assert names(put(one, second, student)) == [student.name]
    assert one.get(f"/api/cohorts/{first}/").json()["members"] == []
    assert names(one.delete(f"/api/cohorts/{second}/members/{student.pk}/")) == []
    assert one.delete(f"/api/cohorts/{second}/members/{student.pk}/").status_code == 404
    records = Record.objects.filter(target_type="user", action__startswith="cohort.").order_by("id")
    assert [(it.action, it.details["cohort"], it.details.get("moved_from")) for it in records] == [
        ("cohort.join", "First", None), ("cohort.join", "Second", "First"), ("cohort.leave", "Second", None),
    ]  # fmt: skip


def test_moving_many_asks_the_database_no_more_often_than_moving_two(signed_in, make_cohort):
    """The story: a list of 2,000 people who all moved took longer than the gateway waits."""
    one = signed_in("admin")
    cohorts = [Cohort.objects.get(pk=make_cohort(one, name)) for name in ("One", "Two")]
    asked = []
    for prefix, count in (("few", 2), ("many", 40)):
        students = User.objects.bulk_create(
            User(email=f"{prefix}{number}@x.example", name=prefix, role=Role.STUDENT, track=Track.FSD)
            for number in range(count)
        )
        members.join_all(students, cohorts[0], acting_user=one.user)
        with CaptureQueriesContext(connection) as queries:
            members.join_all(students, cohorts[1], acting_user=one.user)
        asked.append(len(queries))
    assert Membership.objects.filter(cohort=cohorts[1]).count() == 42
    assert asked[0] == asked[1]


def test_joining_twice_changes_nothing(signed_in, make_cohort, person):
    one, student = signed_in("admin"), person()
    cohort = make_cohort(one)
    assert put(one, cohort, student).json() == put(one, cohort, student).json()
    assert Record.objects.filter(action="cohort.join").count() == 1


def test_a_cohort_takes_students_of_its_track_alone(signed_in, make_cohort, person):
    one = signed_in("admin")
    cohort = make_cohort(one)
    answer = put(one, cohort, person("student", "DP"))
    assert (answer.status_code, answer.json()["reason"]) == (409, "track_differs")
    assert put(one, cohort, person("instructor")).status_code == 404
    assert not Membership.objects.exists()


def test_an_instructor_takes_nobody_out_of_a_colleagues_cohort(signed_in, make_cohort, person):
    one, other, student = signed_in("instructor"), signed_in("instructor"), person()
    theirs, mine = make_cohort(other, "Theirs"), make_cohort(one, "Mine")
    put(other, theirs, student)
    assert put(one, mine, student).status_code == 404
    assert student.email not in one.get(f"/api/cohorts/{mine}/candidates/").text
    assert Membership.objects.get().cohort.name == "Theirs"
    assert put(signed_in("admin"), mine, student).status_code == 200


def test_one_student_joins_two_cohorts_at_once_and_is_in_one(signed_in, make_cohort, person):
    one, student = signed_in("admin"), person()
    cohorts = [make_cohort(one, name) for name in "ABCD"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda cohort: put(one, cohort, student).status_code, cohorts))
    assert max(answers) < 500, answers
    assert Membership.objects.filter(student=student).count() == 1


def test_a_cohort_has_a_limit(signed_in, make_cohort, person, monkeypatch):
    monkeypatch.setattr(members, "MEMBERS_MAX", 1)
    one = signed_in("admin")
    cohort = make_cohort(one)
    assert put(one, cohort, person()).status_code == 200
    assert put(one, cohort, person()).json()["reason"] == "cohort_full"


@pytest.mark.parametrize(
    ("role", "track", "stays"),
    [(Role.STUDENT, Track.FSD, True), (Role.STUDENT, Track.DP, False), (Role.INSTRUCTOR, None, False)],
)
def test_a_student_who_changes_role_or_track_leaves(signed_in, make_cohort, person, role, track, stays):
    one, student = signed_in("admin"), person()
    put(one, make_cohort(one), student)
    people.update_user(student, name="New Name", role=role, track=track, is_active=False, acting_user=one.user)
    assert Membership.objects.exists() is stays


def test_an_invitation_may_name_a_cohort_which_the_student_joins_by_signing_up(signed_in, make_cohort, browser):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    made = invite(one, cohort_id=cohort)
    assert (made.status_code, made.json()["cohort"]) == (201, "Berlin-3")
    key = key_in(made.json()["url"])
    guest = browser()
    assert guest.get(f"/api/invitations/{key}/").json()["cohort"] == "Berlin-3"
    assert sign_up(guest, key).status_code == 200
    assert names(one.get(f"/api/cohorts/{cohort}/")) == ["New Person"]


def test_a_cohort_that_is_full_or_gone_turns_no_invited_student_away(signed_in, make_cohort, browser, monkeypatch):
    one = signed_in("instructor")
    full, gone = make_cohort(one, "Full"), make_cohort(one, "Gone")
    keys = [
        key_in(invite(one, email=f"{n}@school.example", cohort_id=it).json()["url"])
        for n, it in enumerate((full, gone))
    ]
    monkeypatch.setattr(members, "MEMBERS_MAX", 0)
    one.request("DELETE", f"/api/cohorts/{gone}/", json={"name": "Gone"})
    for n, key in enumerate(keys):
        assert sign_up(browser(), key, email=f"{n}@school.example").status_code == 200
    assert User.objects.filter(role=Role.STUDENT).count() == 2
    assert not Membership.objects.exists()


def test_an_invitation_names_only_your_cohort_of_that_track(signed_in, make_cohort):
    one = signed_in("instructor")
    mine, theirs = make_cohort(one, "Mine"), make_cohort(signed_in("instructor"), "Theirs")
    assert invite(one, cohort_id=theirs).status_code == 404
    assert invite(one, cohort_id=mine, track="DP").status_code == 422
    assert invite(signed_in("admin"), cohort_id=mine, role="instructor", track=None).status_code == 422
    assert not Invitation.objects.exists()
