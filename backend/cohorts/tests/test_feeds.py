from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts import feeds, outbox
from backend.cohorts.models import Cohort, Feed, Timetable
from backend.cohorts.tests.calendars import calendar, event, every_day_but_not_now
from backend.cohorts.timetable_changes import Change, changes
from backend.tests.calendar_server import serving
from calendars.classes import ClassMeeting
from contract.manager import Action

SERIES = every_day_but_not_now("SUMMARY:Algorithms")
CONTENT = calendar(SERIES)


@pytest.fixture
def server(settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, feeds_from_loopback=True)
    with serving() as it:
        it.body, it.etag = CONTENT.encode(), '"1"'
        yield it


@pytest.fixture
def followed(signed_in, make_cohort, server):
    """An instructor and their cohort, whose timetable follows the server."""
    one = signed_in("instructor")
    cohort = make_cohort(one)
    answer = follow(one, cohort, server.address)
    assert answer.status_code == 200, answer.text
    return one, cohort


def follow(one, cohort, address):
    return one.put(f"/api/cohorts/{cohort}/timetable/feed/", json={"address": address})


def an_hour_later():
    Feed.objects.update(due_at=timezone.now())
    feeds.read_due()


def timetable(one, cohort):
    return one.get(f"/api/cohorts/{cohort}/").json()["timetable"]


def actions():
    return list(Record.objects.exclude(action="sign_in").order_by("id").values_list("action", flat=True))


def test_an_address_is_previewed_followed_and_read_every_hour(signed_in, make_cohort, server):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    preview = one.post(f"/api/cohorts/{cohort}/timetable/feed/preview/", json={"address": server.address}).json()
    assert len(preview["classes"]) == 14
    assert timetable(one, cohort) is None, "a preview keeps nothing"

    body = follow(one, cohort, server.address).json()["timetable"]
    assert body["classes"] == preview["classes"]
    assert (body["feed"]["host"], body["feed"]["broken_since"], body["feed"]["changes"]) == ("127.0.0.1", None, [])
    assert server.address not in str(body), "who knows the address can read the calendar"
    (told,) = Record.objects.filter(action="cohort.timetable_followed")
    assert (told.actor, told.details["host"]) == (one.user.email, "127.0.0.1")
    assert "term.ics" not in str(told.details)

    asked = len(server.asked)
    feeds.read_due()
    assert len(server.asked) == asked, "its hour is not over"
    an_hour_later()
    assert server.asked[-1]["if-none-match"] == '"1"'
    assert timetable(one, cohort)["feed"]["read_at"] > body["feed"]["read_at"], "unchanged, and read"
    assert Feed.objects.get().due_at > timezone.now() + timedelta(minutes=59)


def test_what_changed_is_told_on_the_cohorts_page_and_to_the_manager(followed, server, manager):
    one, cohort = followed
    outbox.send_due()
    first = timetable(one, cohort)["classes"]
    later = SERIES.replace("SUMMARY", f"EXDATE:{_compact(first[2]['starts_at'])}\r\nSUMMARY")
    more = event(f"DTSTART:{_compact(first[3]['ends_at'])}", "DURATION:PT1H", "SUMMARY:Extra", uid="extra")
    server.body, server.etag = calendar(later, more).encode(), '"2"'
    an_hour_later()
    feed = timetable(one, cohort)["feed"]
    assert [(it["before"], it["after"] and it["after"]["title"]) for it in feed["changes"]] == [
        (first[2], None),
        (None, "Extra"),
    ]
    assert feed["changes_count"] == 2
    assert feed["changed_at"] is not None
    assert Record.objects.get(action="cohort.timetable_changed").details["changes"] == 2
    outbox.send_due()
    assert manager.calls[Action.PUT_COHORT] == 2, "the manager hears of it at once"
    server.body, server.etag = calendar(later, more).encode(), '"3"'
    an_hour_later()
    assert timetable(one, cohort)["feed"]["changed_at"] == feed["changed_at"], "the same classes are no change"


def _compact(moment):
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"gone", 404, "no calendar at the address"),
        (b"<html>", 200, "begins with BEGIN:VCALENDAR"),
        (calendar(event("DTSTART:soon")).encode(), 200, "Line 7"),
        (b"\x89PNG\0", 200, "no text"),
        (b"x" * 600_000, 200, "larger than"),
        (("BEGIN:VCALENDAR\n" + "X:y\n" * 70_000).encode(), 200, "larger than"),
    ],
)
def test_a_feed_that_breaks_keeps_the_last_good_timetable_and_says_so(followed, server, body, status, words):
    one, cohort = followed
    before = timetable(one, cohort)
    server.body, server.status, server.etag = body, status, ""
    an_hour_later()
    an_hour_later()
    broken = timetable(one, cohort)
    assert broken["classes"] == before["classes"]
    assert words in broken["feed"]["problem"]
    assert broken["feed"]["broken_since"] is not None
    assert broken["feed"]["read_at"] == before["feed"]["read_at"]
    assert actions().count("cohort.feed_broke") == 1, "told once, not every hour"

    server.body, server.status, server.etag = CONTENT.encode(), 200, '"1"'
    an_hour_later()
    fixed = timetable(one, cohort)["feed"]
    assert (fixed["broken_since"], fixed["problem"]) == (None, "")
    assert actions().count("cohort.feed_works_again") == 1


def test_a_broken_feed_does_not_keep_others_waiting(followed, make_cohort, server):
    one, cohort = followed
    other = make_cohort(one, "Berlin-4")
    with serving() as second:
        second.body = CONTENT.encode()
        assert follow(one, other, second.address).status_code == 200
    an_hour_later()
    assert timetable(one, other)["feed"]["broken_since"] is not None
    assert timetable(one, cohort)["feed"]["broken_since"] is None


@pytest.mark.parametrize("how", ["upload", "remove", "delete the cohort"])
def test_an_upload_or_a_removal_ends_it(followed, how):
    one, cohort = followed
    if how == "upload":
        body = one.put(f"/api/cohorts/{cohort}/timetable/", json={"file_name": "t.ics", "content": CONTENT}).json()
        assert body["timetable"]["feed"] is None
    elif how == "remove":
        assert one.delete(f"/api/cohorts/{cohort}/timetable/").json()["timetable"] is None
    else:
        assert one.request("DELETE", f"/api/cohorts/{cohort}/", json={"name": "Berlin-3"}).status_code == 204
    assert not Feed.objects.exists()


def test_what_was_uploaded_while_the_feed_was_read_stays(followed, server):
    one, cohort = followed

    def upload_meanwhile(_):
        content = calendar(every_day_but_not_now("SUMMARY:Uploaded"))
        one.put(f"/api/cohorts/{cohort}/timetable/", json={"file_name": "t.ics", "content": content})
        return False

    server.answer, server.etag = upload_meanwhile, '"2"'
    server.body = calendar(every_day_but_not_now("SUMMARY:Other")).encode()
    an_hour_later()
    body = timetable(one, cohort)
    assert body["feed"] is None
    assert {it["title"] for it in body["classes"]} == {"Uploaded"}


def test_the_feed_of_a_cohort_that_is_over_is_not_read(followed, server):
    Cohort.objects.update(active=False)
    asked = len(server.asked)
    an_hour_later()
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://127.0.0.1/a.ics", "private network"),
        ("webcal://169.254.169.254/", "private network"),
        ("http://calendar.example/", "https://"),
        ("file:///etc/passwd", "https://"),
    ],
)
def test_an_address_inside_is_refused_in_words_and_nothing_changes(signed_in, make_cohort, address, words):
    one = signed_in("instructor")
    cohort = make_cohort(one)
    for answer in (
        follow(one, cohort, address),
        one.post(f"/api/cohorts/{cohort}/timetable/feed/preview/", json={"address": address}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.address")
        assert words in answer.json()["errors"][0]["message"]
    assert not Timetable.objects.exists()


def test_only_a_cohorts_teachers_make_it_follow(signed_in, make_cohort, server):
    cohort = make_cohort(signed_in("instructor"))
    assert follow(signed_in("instructor"), cohort, server.address).status_code == 404
    assert follow(signed_in("student"), cohort, server.address).status_code == 403
    assert server.asked == []


def test_changes_name_what_is_new_gone_and_moved():
    def lesson(title, day, hour=9):
        start = datetime(2026, 12, day, hour, tzinfo=UTC)
        return ClassMeeting(start, start + timedelta(hours=1), title)

    old = [lesson("A", 1), lesson("A", 2), lesson("B", 3), lesson("C", 20)]
    new = [lesson("A", 1), lesson("A", 2, 14), lesson("D", 4), lesson("E", 21)]
    since, until = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 15, tzinfo=UTC)
    assert changes(old, new, since=since, until=until) == [
        Change(lesson("A", 2), lesson("A", 2, 14)),
        Change(lesson("B", 3), None),
        Change(None, lesson("D", 4)),
    ], "what only the later days of one reading have is no change"
