"""Announcements: who sees them, until when, and who may make them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts import announcement_stream
from backend.cohorts.announcements import SHOWN_MAX
from backend.cohorts.models import MESSAGE_MAX, Announcement
from backend.workspaces import live, streams
from backend.workspaces.tests.test_events import PATIENCE_S, Stream
from contract.errors import ApraNovaError, Reason
from contract.show import ShowRequest

OWN, ALL = "/api/announcements/", "/api/console/announcements/"


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


def texts(one) -> list[str]:
    return [it["text"] for it in one.get(OWN).json()["items"]]


def announce(admin, text, cohort=None, hours=2):
    return admin.post(ALL, json={"text": text, "hours": hours, "cohort_id": cohort})


def test_everybody_or_one_cohort_sees_it_until_its_end(admin, signed_in, make_cohort, manager):
    one, ada, ben = signed_in("instructor"), signed_in(), signed_in()
    cohort = make_cohort(one)
    assert one.put(f"/api/cohorts/{cohort}/members/{ada.user.pk}/").status_code == 200
    workspaces = [it.post("/api/workspace/create/").json()["id"] for it in (ada, ben)]
    made = announce(admin, "The school is closed\non Friday.")
    assert (made.status_code, made.json()["cohort"]) == (201, None)
    news = ShowRequest(news=f"{admin.user.display_name}: The school is closed on Friday.")
    assert sorted(manager.shown, key=lambda it: it[0]) == [(it, news) for it in sorted(workspaces)]
    manager.shown.clear()
    assert announce(admin, "Room 2 today.", cohort).status_code == 201
    assert [it for it, _ in manager.shown] == workspaces[:1]
    for person in (one, ada):
        assert texts(person) == ["Room 2 today.", "The school is closed\non Friday."]
    assert texts(ben) == ["The school is closed\non Friday."]
    Announcement.objects.filter(cohort=None).update(ends_at=timezone.now() - timedelta(seconds=1))
    assert (texts(ada), texts(ben)) == (["Room 2 today."], [])
    [left] = admin.get(ALL).json()["items"]
    for _ in range(2):
        assert admin.delete(f"{ALL}{left['id']}/").status_code == 204
    assert texts(ada) == []
    assert [it.details["whom"] for it in Record.objects.filter(action="announcement.end")] == ["the cohort Berlin-3"]
    assert Record.objects.filter(action="announcement.create", actor_id=admin.user.pk).count() == 2


def told(stream) -> list[str]:
    return [it["text"] for it in stream.next("announcements")["items"]]


def test_an_open_page_hears_of_each_that_comes_and_goes(admin, signed_in, make_cohort, monkeypatch):
    """Long before it would look by itself; and it does not hear what is not for it."""
    monkeypatch.setattr(streams, "HEARTBEAT_S", 10 * PATIENCE_S)
    one, ada, ben = signed_in("instructor"), signed_in(), signed_in()
    cohort = make_cohort(one)
    one.put(f"/api/cohorts/{cohort}/members/{ada.user.pk}/")
    with (
        ada.stream("GET", f"{OWN}events/", timeout=PATIENCE_S) as hers,
        ben.stream("GET", f"{OWN}events/", timeout=PATIENCE_S) as his,
    ):
        for_ada, for_ben = Stream(hers), Stream(his)
        assert (told(for_ada), told(for_ben)) == ([], [])
        announce(admin, "Room 2 today.", cohort)
        assert told(for_ada) == ["Room 2 today."]
        lunch = announce(admin, "Lunch is free.").json()["id"]
        assert told(for_ada) == ["Lunch is free.", "Room 2 today."]
        assert told(for_ben) == ["Lunch is free."]
        Announcement.objects.exclude(pk=lunch).update(ends_at=timezone.now())
        assert told(for_ada) == ["Lunch is free."], "it ends by itself"
        admin.delete(f"{ALL}{lunch}/")
        assert (told(for_ada), told(for_ben)) == ([], [])


def test_an_open_page_hears_what_is_announced_to_a_cohort_that_its_person_joins(
    admin, signed_in, make_cohort, monkeypatch
):
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.5)
    one, ada = signed_in("instructor"), signed_in()
    cohort = make_cohort(one)
    announce(admin, "Room 2 today.", cohort)
    with ada.stream("GET", f"{OWN}events/", timeout=PATIENCE_S) as hers:
        stream = Stream(hers)
        assert told(stream) == []
        one.put(f"/api/cohorts/{cohort}/members/{ada.user.pk}/")
        assert told(stream) == ["Room 2 today."]
        ada.user.is_active = False
        ada.user.save()
        assert stream.next("announcements") is None, "the stream ends"


def test_a_page_that_comes_while_the_last_one_leaves_is_woken_too(monkeypatch):
    monkeypatch.setattr(announcement_stream, "_shown", set)

    async def load_again():
        board, page = announcement_stream.Board(), asyncio.Event()
        with board.waking(asyncio.Event()):
            pass
        with board.waking(page):
            await asyncio.wait_for(page.wait(), PATIENCE_S)

    asyncio.run(load_again())


def test_the_stream_ends_at_once_when_the_server_must(signed_in):
    with signed_in().stream("GET", f"{OWN}events/", timeout=PATIENCE_S) as response:
        stream = Stream(response)
        assert told(stream) == []
        [(loop, lives)] = live._of_loop.items()
        try:
            loop.call_soon_threadsafe(lives.end)
            assert stream.next("announcements") is None
        finally:
            lives.ended = False


def test_only_admins_announce_and_a_screen_has_room_for_few(admin, signed_in, manager):
    for role in ("student", "instructor", "assistant"):
        assert announce(signed_in(role), "Free pizza").status_code == 403
    for wrong in ({"text": " "}, {"text": "a\u202eb"}, {"text": "x" * (MESSAGE_MAX + 1)}, {"hours": 0}):
        assert admin.post(ALL, json={"text": "a", "hours": 1} | wrong).status_code == 422, wrong
    assert announce(admin, "a", "00000000-0000-4000-8000-000000000000").status_code == 404
    for _ in range(SHOWN_MAX):
        assert announce(admin, "a").status_code == 201
    refused = announce(admin, "a")
    assert (refused.status_code, "End one" in refused.text) == (409, True)
    Announcement.objects.update(ends_at=timezone.now())
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "The manager is being restarted.")
    assert announce(admin, "a").status_code == 201, "those that have ended make room, and the portal shows it anyway"
