"""The class's wall, and hands that are raised and lowered."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts import help_calls
from backend.cohorts.models import HelpCall
from backend.platform.rate_limit import Limit
from backend.workspaces import streams
from backend.workspaces.tests.test_events import PATIENCE_S, Stream
from contract.manager import Activity
from contract.names import CLAIMED, STARTED

HELP = "/api/help/"


@pytest.fixture
def a_class(signed_in, make_cohort):
    """An instructor, their cohort, and two students of it."""
    one, ada, ben = signed_in("instructor"), signed_in(), signed_in()
    one.cohort = make_cohort(one)
    for student in (ada, ben):
        answer = one.put(f"/api/cohorts/{one.cohort}/members/{student.user.pk}/")
        assert answer.status_code == 200, answer.text
    return one, ada, ben


def wall(one) -> dict[str, dict]:
    answer = one.get(f"/api/cohorts/{one.cohort}/wall/")
    assert answer.status_code == 200, answer.text
    return {tile["student"]["id"]: tile for tile in answer.json()["items"]}


@contextmanager
def watching(one):
    with one.stream("GET", f"/api/cohorts/{one.cohort}/wall/events/", timeout=PATIENCE_S) as response:
        yield Stream(response)


def actions() -> list[tuple[str, str]]:
    found = Record.objects.filter(action__startswith="help.").order_by("id")
    return list(found.values_list("action", "actor"))


def test_a_tile_says_what_the_student_does(a_class, manager):
    one, ada, ben = a_class
    workspace = ada.post("/api/workspace/create/").json()["id"]
    manager.change(workspace, activity=Activity(1_790_000_000.0, "typed in the editor"))
    found = wall(one)
    assert found[str(ada.user.pk)] == {
        "student": {"id": str(ada.user.pk), "name": ada.user.name},
        "state": "running",
        "activity": {"at": "2026-09-21T14:13:20Z", "reason": "typed in the editor", "is_start": False},
        "running_since": found[str(ada.user.pk)]["running_since"],
        "failure": None,
        "asked_at": None,
        "helpers": [],
        "may_open": False,
        "may_look": False,
    }
    assert found[str(ben.user.pk)]["state"] is None, "who never launched has no workspace"
    assert "url" not in str(found), "an instructor sees no way in"


def test_the_wall_knows_of_an_activity_before_the_managers_next_pass(a_class, manager):
    one, ada, _ = a_class
    workspace = ada.post("/api/workspace/create/").json()["id"]
    manager.change(workspace, activity=Activity(1_790_000_000.0, "typed in the editor"))
    with watching(one) as stream:
        stream.next("wall")
        manager.activity[workspace] = Activity(1_790_000_050.0, "ran tests")
        while "ran tests" not in str(stream.next("wall")):
            pass


@pytest.mark.parametrize("reason", [STARTED, CLAIMED])
def test_a_start_is_nobodys_work(a_class, manager, reason):
    """Started for the whole class, each tile said that its student was here."""
    one, ada, _ = a_class
    workspace = ada.post("/api/workspace/create/").json()["id"]
    manager.change(workspace, activity=Activity(1_790_000_000.0, reason))
    assert wall(one)[str(ada.user.pk)]["activity"]["is_start"] is True
    assert ada.get("/api/workspace/").json()["items"][0]["last_activity"]["is_start"] is True


def test_the_wall_is_for_those_who_teach_the_class(a_class, signed_in):
    one, ada, _ = a_class
    for stranger, status in ((signed_in("instructor"), 404), (ada, 403)):
        for path in ("wall/", "wall/events/"):
            assert stranger.get(f"/api/cohorts/{one.cohort}/{path}").status_code == status
    admin = signed_in("admin")
    assert admin.get(f"/api/cohorts/{one.cohort}/wall/").status_code == 200


def test_changes_are_on_the_wall_before_the_next_heartbeat(a_class, manager):
    one, ada, ben = a_class
    workspace = ada.post("/api/workspace/create/").json()["id"]

    def tile(stream, student):
        return next(it for it in stream.next("wall")["items"] if it["student"]["id"] == str(student.user.pk))

    with watching(one) as stream:
        assert tile(stream, ada)["state"] == "running"
        began = time.monotonic()
        assert ben.put(HELP).status_code == 200
        assert tile(stream, ben)["asked_at"]
        assert time.monotonic() - began < streams.HEARTBEAT_S / 2
        began = time.monotonic()
        manager.change(workspace, activity=Activity(1_790_000_000.0, "ran npm (a busy job)"))
        assert tile(stream, ada)["activity"]["reason"] == "ran npm (a busy job)"
        assert time.monotonic() - began < streams.HEARTBEAT_S / 2
        ben.post("/api/workspace/create/")
        assert tile(stream, ben)["state"] == "running", "a first workspace joins the wall"


def test_the_stream_ends_for_somebody_who_no_longer_teaches_it(a_class, monkeypatch, signed_in):
    one, _, _ = a_class
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.2)
    with watching(one) as stream:
        stream.next("wall")
        assert stream.next("heartbeat")
        signed_in("admin").put(f"/api/cohorts/{one.cohort}/instructors/", json={"instructor_ids": []})
        while stream.next("heartbeat"):
            pass


def test_a_hand_is_raised_once_and_lowered_by_its_student(a_class):
    one, ada, _ = a_class
    assert ada.get(HELP).json() == {"can_ask": True, "asked_at": None, "visits": []}
    first = ada.put(HELP).json()["asked_at"]
    assert ada.put(HELP).json()["asked_at"] == first
    assert wall(one)[str(ada.user.pk)]["asked_at"]
    assert ada.delete(HELP).json()["asked_at"] is None
    assert ada.delete(HELP).status_code == 200
    assert wall(one)[str(ada.user.pk)]["asked_at"] is None
    assert actions() == [("help.ask", ada.user.email), ("help.lower", ada.user.email)]


def test_an_instructor_lowers_the_hand_of_a_student_of_theirs_and_of_no_other(a_class, signed_in):
    one, ada, ben = a_class
    ada.put(HELP)
    path = f"/api/cohorts/{one.cohort}/members/{ada.user.pk}/help/"
    assert signed_in("instructor").delete(path).status_code == 404
    assert ben.delete(path).status_code == 403
    assert one.delete(f"/api/cohorts/{one.cohort}/members/{signed_in().user.pk}/help/").status_code == 404
    assert ada.get(HELP).json()["asked_at"]
    assert one.delete(path).status_code == 204
    assert ada.get(HELP).json()["asked_at"] is None
    assert actions()[-1] == ("help.lower", one.user.email)


def test_somebody_without_a_class_is_told_that_nobody_would_see_it(signed_in):
    for one in (signed_in(), signed_in("instructor")):
        assert one.get(HELP).json() == {"can_ask": False, "asked_at": None, "visits": []}
        answer = one.put(HELP)
        assert answer.status_code == 409
        assert answer.json()["reason"] == "no_cohort"
    assert actions() == []


def test_asking_and_taking_it_back_in_turns_does_not_fill_the_audit_log(a_class, monkeypatch):
    _, ada, ben = a_class
    monkeypatch.setattr(help_calls, "CALLS_MAX", Limit(3, seconds=3600))
    for _ in range(3):
        assert ada.put(HELP).json()["asked_at"]
        assert ada.put(HELP).status_code == 200, "a repeat is no new call"
        ada.delete(HELP)
    refused = ada.put(HELP)
    assert (refused.status_code, refused.json()["reason"]) == (429, "too_many_calls")
    assert ada.get(HELP).json()["asked_at"] is None
    assert len(actions()) == 6
    assert ben.put(HELP).json()["asked_at"], "others ask as before"


def test_a_hand_that_nobody_lowered_is_down_the_next_day(a_class):
    one, ada, _ = a_class
    ada.put(HELP)
    HelpCall.objects.update(asked_at=timezone.now() - help_calls.LASTS - timedelta(minutes=1))
    assert ada.get(HELP).json()["asked_at"] is None
    assert wall(one)[str(ada.user.pk)]["asked_at"] is None
    assert ada.put(HELP).json()["asked_at"]
    assert wall(one)[str(ada.user.pk)]["asked_at"]
