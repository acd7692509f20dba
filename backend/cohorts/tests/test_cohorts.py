from __future__ import annotations

import base64
import json

import pytest

from backend.audit.models import Record
from backend.cohorts.models import Cohort
from backend.cohorts.tests.calendars import EVERY_DAY, calendar, event, every_day_but_not_now

NOBODY = "00000000-0000-4000-8000-000000000000"


def actions():
    return list(Record.objects.filter(action__startswith="cohort.").order_by("id").values_list("action", flat=True))


def send(one, method, path, body):
    """As ASCII: httpx's own JSON cannot hold half a character."""
    return one.request(method, path, content=json.dumps(body), headers={"Content-Type": "application/json"})


def upload(one, cohort, content=None, **body):
    content = content or calendar(every_day_but_not_now())
    return send(one, "PUT", f"/api/cohorts/{cohort}/timetable/", {"file_name": "term.ics", "content": content, **body})


def test_an_instructor_makes_a_cohort_and_teaches_it(signed_in):
    one = signed_in("instructor")
    answer = one.post("/api/cohorts/", json={"name": " Berlin-3 ", "track": "FSD", "time_zone": "Europe/Berlin"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["name"], body["track"], body["time_zone"], body["active"]) == (
        "Berlin-3",
        "FSD",
        "Europe/Berlin",
        True,
    )
    assert body["instructors"] == [{"id": str(one.user.pk), "name": one.user.name, "role": "instructor"}]
    assert (body["students"], body["members"], body["timetable"], body["next_class"]) == (0, [], None, None)
    assert [it["id"] for it in one.get("/api/cohorts/").json()["items"]] == [body["id"]]
    assert actions() == ["cohort.create"]


def test_an_instructor_sees_their_own_an_admin_all_a_student_none(signed_in, make_cohort):
    one, other, admin, student = signed_in("instructor"), signed_in("instructor"), signed_in("admin"), signed_in()
    mine, theirs = make_cohort(one, "A"), make_cohort(other, "B")
    assert [it["id"] for it in one.get("/api/cohorts/").json()["items"]] == [mine]
    assert [it["id"] for it in admin.get("/api/cohorts/").json()["items"]] == [mine, theirs]
    assert student.get("/api/cohorts/").status_code == 403
    assert student.post("/api/cohorts/", json={"name": "C", "track": "FSD", "time_zone": "UTC"}).status_code == 403
    assert student.get(f"/api/cohorts/{mine}/").status_code == 403
    assert Cohort.objects.count() == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine now"}),
        ("DELETE", "", {"name": "Berlin-3"}),
        ("GET", "candidates/", None),
        ("PUT", f"members/{NOBODY}/", None),
        ("DELETE", f"members/{NOBODY}/", None),
        ("PUT", "timetable/", {"file_name": "a.ics", "content": EVERY_DAY}),
        ("POST", "timetable/preview/", {"content": EVERY_DAY}),
        ("DELETE", "timetable/", None),
        ("PUT", "instructors/", {"instructor_ids": []}),
    ],
)
def test_only_its_teachers_reach_a_cohort(signed_in, make_cohort, method, path, body):
    cohort = make_cohort(signed_in("instructor"))
    address = f"/api/cohorts/{cohort}/{path}"
    assert signed_in("instructor").request(method, address, json=body).status_code == 404
    assert signed_in("student").request(method, address, json=body).status_code == 403
    assert Cohort.objects.get().name == "Berlin-3"
    assert actions() == ["cohort.create"]


def test_a_name_is_taken_once_whatever_its_case(signed_in, make_cohort):
    one = signed_in("admin")
    make_cohort(one)
    second = make_cohort(one, "Lisbon-1", "DP")
    again = one.post("/api/cohorts/", json={"name": "BERLIN-3", "track": "DP", "time_zone": "UTC"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "body.name")
    assert one.patch(f"/api/cohorts/{second}/", json={"name": "berlin-3"}).status_code == 409
    assert one.patch(f"/api/cohorts/{second}/", json={"name": "LISBON-1"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": " "},
        {"name": "a\u0000b"},
        {"name": "\ud800"},
        {"name": "x" * 101},
        {"track": "ART"},
        {"time_zone": "Mars/Base"},
        {"time_zone": "../../etc/passwd"},
    ],
)
def test_values_that_cannot_be_are_refused_at_the_edge(signed_in, body):
    values = {"name": "A", "track": "FSD", "time_zone": "UTC", **body}
    answer = send(signed_in("instructor"), "POST", "/api/cohorts/", values)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == f"body.{next(iter(body))}"


def test_changing_a_cohort_is_recorded_with_before_and_after(signed_in, make_cohort):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    changed = one.patch(f"/api/cohorts/{cohort}/", json={"name": "Berlin-4", "active": False})
    assert (changed.json()["name"], changed.json()["active"]) == ("Berlin-4", False)
    assert one.patch(f"/api/cohorts/{cohort}/", json={"name": "Berlin-4"}).status_code == 200
    (change,) = Record.objects.filter(action="cohort.change")
    assert change.details["changes"] == {"name": ["Berlin-3", "Berlin-4"], "active": [True, False]}
    assert change.actor == one.user.email


def test_a_cohorts_size_counts_from_a_students_next_launch_and_is_recorded(signed_in, make_cohort, manager):
    one, student = signed_in("instructor"), signed_in()
    cohort = make_cohort(one)
    assert one.put(f"/api/cohorts/{cohort}/members/{student.user.pk}/").status_code == 200
    workspace = student.post("/api/workspace/create/").json()
    assert workspace["size"] == "small"
    sizes = one.get("/api/workspace/sizes/").json()["items"]
    assert sizes[0] == {"size": "small", "memory_mib": 768, "is_default": True}

    assert one.patch(f"/api/cohorts/{cohort}/", json={"size": "large"}).json()["size"] == "large"
    assert Record.objects.latest("id").details["changes"] == {"size": [None, "large"]}
    assert student.post("/api/workspace/create/").json()["size"] == "small", "it runs"
    assert student.post(f"/api/workspace/{workspace['id']}/restart/").json()["size"] == "large"
    assert one.patch(f"/api/cohorts/{cohort}/", json={"size": None}).json()["size"] is None
    assert student.patch(f"/api/cohorts/{cohort}/", json={"size": "large"}).status_code == 403


def test_a_student_chooses_a_size_only_where_the_cohort_allows_it(signed_in, make_cohort, manager):
    one, student = signed_in("instructor"), signed_in()
    cohort = make_cohort(one)
    assert one.put(f"/api/cohorts/{cohort}/members/{student.user.pk}/").status_code == 200

    def choose(size):
        return student.put("/api/workspace/sizes/", json={"size": size})

    assert student.get("/api/workspace/sizes/").json()["choices"] == []
    refused = choose("medium")
    assert (refused.status_code, refused.json()["reason"]) == (403, "size_not_allowed")

    allowed = one.patch(f"/api/cohorts/{cohort}/", json={"choice_up_to": "medium"}).json()
    assert (allowed["choice_up_to"], allowed["size"]) == ("medium", None), "what was left out stays"
    assert choose("large").status_code == 403
    assert choose("huge").status_code == 422
    answer = choose("medium").json()
    assert (answer["choices"], answer["chosen"]) == (["small", "medium"], "medium")
    change = Record.objects.latest("id")
    assert (change.action, change.actor, change.details["changes"]) == (
        "member.size_choose",
        student.user.email,
        {"size": [None, "medium"]},
    )
    assert student.post("/api/workspace/create/").json()["size"] == "medium"

    assert one.patch(f"/api/cohorts/{cohort}/", json={"choice_up_to": None}).json()["choice_up_to"] is None
    assert student.get("/api/workspace/sizes/").json()["chosen"] is None, "it does not count any more"
    workspace = student.post("/api/workspace/create/").json()["id"]
    assert student.post(f"/api/workspace/{workspace}/restart/").json()["size"] == "small"
    assert choose(None).status_code == 200


def test_who_is_in_no_cohort_chooses_no_size(signed_in, manager):
    for role in ("student", "instructor"):
        person = signed_in(role)
        assert person.get("/api/workspace/sizes/").json()["choices"] == []
        assert person.put("/api/workspace/sizes/", json={"size": "large"}).status_code == 403


def test_deleting_wants_the_name_and_leaves_the_students(signed_in, make_cohort, person):
    one = signed_in("admin")
    cohort, student = make_cohort(one), person()
    one.put(f"/api/cohorts/{cohort}/members/{student.pk}/")
    upload(one, cohort)
    assert one.request("DELETE", f"/api/cohorts/{cohort}/", json={"name": "Berlin"}).status_code == 422
    assert one.request("DELETE", f"/api/cohorts/{cohort}/", json={"name": "Berlin-3"}).status_code == 204
    assert one.get(f"/api/cohorts/{cohort}/").status_code == 404
    student.refresh_from_db()
    assert not hasattr(student, "membership")
    assert Record.objects.get(action="cohort.delete").details == {"cohort": "Berlin-3", "students": [str(student.pk)]}


def test_an_admin_says_who_teaches(signed_in, make_cohort):
    admin, first, second = signed_in("admin"), signed_in("instructor"), signed_in("instructor")
    cohort = make_cohort(first)
    listed = admin.get("/api/cohorts/instructors/").json()["items"]
    assert {it["id"] for it in listed} == {str(first.user.pk), str(second.user.pk)}
    assert first.get("/api/cohorts/instructors/").status_code == 403
    path = f"/api/cohorts/{cohort}/instructors/"
    assert first.put(path, json={"instructor_ids": [str(second.user.pk)]}).status_code == 403
    assert admin.put(path, json={"instructor_ids": [str(admin.user.pk)]}).status_code == 422, (
        "an admin is no instructor"
    )
    assert admin.put(path, json={"instructor_ids": [str(second.user.pk)]}).status_code == 200
    assert first.get(f"/api/cohorts/{cohort}/").status_code == 404
    assert second.get(f"/api/cohorts/{cohort}/").status_code == 200
    changes = Record.objects.get(action="cohort.instructors_set").details["changes"]
    assert changes == {"instructors": [[first.user.email], [second.user.email]]}


def test_a_timetable_is_previewed_uploaded_replaced_and_removed(signed_in, make_cohort):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    content = calendar(every_day_but_not_now())
    preview = one.post(f"/api/cohorts/{cohort}/timetable/preview/", json={"content": content}).json()
    assert len(preview["classes"]) == 14
    assert one.get(f"/api/cohorts/{cohort}/").json()["timetable"] is None, "a preview keeps nothing"

    body = upload(one, cohort, content).json()
    assert body["timetable"]["file_name"] == "term.ics"
    assert body["timetable"]["uploaded_by"] == one.user.name
    assert body["timetable"]["classes"] == preview["classes"]
    assert body["next_class"] == preview["classes"][0]
    (listed,) = one.get("/api/cohorts/").json()["items"]
    assert (listed["has_timetable"], listed["next_class"]) == (True, preview["classes"][0])

    holidays = calendar(event("DTSTART;VALUE=DATE:20260101"))
    assert upload(one, cohort, holidays, file_name="holidays.ics").json()["timetable"]["classes"] == []
    assert one.delete(f"/api/cohorts/{cohort}/timetable/").json()["timetable"] is None
    assert one.delete(f"/api/cohorts/{cohort}/timetable/").status_code == 404
    assert actions() == [
        "cohort.create", "cohort.timetable_set", "cohort.timetable_set", "cohort.timetable_removed",
    ]  # fmt: skip


def test_a_faulty_file_is_refused_line_by_line_and_the_earlier_one_stays(signed_in, make_cohort):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    upload(one, cohort)
    bad = calendar(event("DTSTART;TZID=Mars/Base:20261021T090000", "RRULE:FREQ=MINUTELY"))
    answer = upload(one, cohort, bad)
    assert (answer.status_code, answer.json()["reason"]) == (422, "bad_timetable")
    assert [it["field"] for it in answer.json()["errors"]] == ["body.content.7", "body.content.8"]
    assert answer.json()["errors"][0]["message"].startswith("Line 7: nobody knows the time zone “Mars/Base”")
    assert len(one.get(f"/api/cohorts/{cohort}/").json()["timetable"]["classes"]) == 14


@pytest.mark.parametrize("content", ["BEGIN:VCALENDAR\u0000", "\ud800", "x" * (256 * 1024 + 1), "x" * (512 * 1024 + 1)])
def test_what_is_no_text_or_too_much_of_it_is_refused_before_it_is_read(signed_in, make_cohort, content):
    one = signed_in("instructor")
    answer = upload(one, make_cohort(one), content)
    assert answer.status_code in (413, 422)
    assert answer.json()["errors"][0]["field"] == "body.content"


def test_another_time_zone_moves_the_classes_without_one_of_their_own(signed_in, make_cohort):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    upload(one, cohort, calendar(event("DTSTART:20260101T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY")))
    before = one.get(f"/api/cohorts/{cohort}/").json()["timetable"]["classes"]
    after = one.patch(f"/api/cohorts/{cohort}/", json={"time_zone": "Asia/Tokyo"}).json()["timetable"]["classes"]
    assert {it["starts_at"][11:16] for it in after} == {"00:00"}
    assert {it["starts_at"][11:16] for it in before} <= {"07:00", "08:00"}


def test_a_latin_1_file_is_read_by_its_encoding_and_says_so(signed_in, make_cohort):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    content = calendar(every_day_but_not_now("SUMMARY:Prüfung")).encode("iso-8859-1")
    body = {"file_name": "term.ics", "file": base64.b64encode(content).decode()}
    preview = one.post(f"/api/cohorts/{cohort}/timetable/preview/", json=body).json()
    assert {it["title"] for it in preview["classes"]} == {"Prüfung"}
    assert "Windows-1252" in preview["notes"][0]
    saved = one.put(f"/api/cohorts/{cohort}/timetable/", json=body).json()["timetable"]
    assert (saved["classes"], saved["notes"]) == (preview["classes"], preview["notes"])


def test_bytes_that_are_no_calendar_are_refused_in_words(signed_in, make_cohort):
    one = signed_in("instructor")
    path = f"/api/cohorts/{make_cohort(one)}/timetable/preview/"
    for sent, words in (("%%%", "Base64"), (base64.b64encode(b"PK\x03\x04\0\0").decode(), "no text")):
        answer = one.post(path, json={"file": sent})
        assert answer.status_code == 422
        assert words in answer.json()["errors"][0]["message"]


def test_a_student_sees_the_class_who_teaches_it_and_when_it_meets(signed_in, make_cohort):
    one, ada = signed_in("instructor"), signed_in()
    cohort = make_cohort(one)
    assert ada.get("/api/class/").json() == {"cohort": None}
    one.put(f"/api/cohorts/{cohort}/members/{ada.user.pk}/")
    shown = upload(one, cohort).json()
    expected = {key: shown[key] for key in ("name", "time_zone", "next_class")} | {"instructors": [one.user.name]}
    assert ada.get("/api/class/").json() == {"cohort": expected}
    assert one.get("/api/class/").json() == {"cohort": None}
    send(one, "PATCH", f"/api/cohorts/{cohort}/", {"active": False})
    assert ada.get("/api/class/").json()["cohort"]["next_class"] is None, "the term is over"
