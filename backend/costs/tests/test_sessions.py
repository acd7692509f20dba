from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backend.cohorts import members
from backend.cohorts.services import create_cohort
from backend.costs import sessions
from backend.costs.models import Session
from contract.manager import WorkspaceView
from contract.names import LaunchPath, StopReason, WorkspaceKind, WorkspaceState

HOUR = 3600.0


@pytest.fixture
def look(_clean_redis):
    """A pass, as if it were this process's turn."""
    import redis
    from django.conf import settings

    def run():
        with redis.Redis.from_url(settings.ENVIRONMENT.redis_url) as client:
            client.delete(sessions.TURN_KEY)
        sessions.look_at_open_ones()

    return run


@pytest.fixture
def workspace(person):
    from backend.workspaces.models import Workspace

    return Workspace.objects.create(owner=person(), kind="vscode", name="W")


def view(workspace, state, *, asked=None, **fields):
    fields = {"version": 1, "launch_requested_at": asked, **fields}
    return WorkspaceView(workspace.pk, "owner", WorkspaceKind.VSCODE, state, **fields)


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_a_session_lasts_from_the_click_to_the_stop(signed_in, manager, look):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()["id"]
    (session,) = Session.objects.all()
    seen = manager.workspaces[workspace]
    assert session.started_at == at(seen.launch_requested_at)
    assert (session.running_at, session.path, session.ended_at) == (at(seen.running_since), "warm", None)
    one.post("/api/workspace/create/")
    one.post(f"/api/workspace/{workspace}/stop/")
    (session,) = Session.objects.all()
    assert (session.ended_at, session.reason) == (at(manager.workspaces[workspace].stopped_at), "by_person")


def test_an_end_that_nobody_asked_for_is_seen_by_the_next_look(signed_in, manager, look):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()["id"]
    look()
    assert Session.objects.get().ended_at is None
    later = time.time() + HOUR
    manager.change(workspace, state=WorkspaceState.STOPPED, stop_reason=StopReason.IDLE, stopped_at=later)
    look()
    assert (Session.objects.get().ended_at, Session.objects.get().reason) == (at(later), "idle")
    calls = manager.calls["describe"]
    look()
    assert manager.calls["describe"] == calls, "nobody is asked about sessions that are over"


def test_a_restart_is_two_sessions(signed_in, manager):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()["id"]
    one.post(f"/api/workspace/{workspace}/restart/")
    newer, older = Session.objects.all()
    assert newer.ended_at is None
    assert older.ended_at == at(manager.workspaces[workspace].stopped_at)


def test_an_end_that_nobody_saw_is_known_from_the_next_launch(workspace):
    first = view(workspace, WorkspaceState.RUNNING, asked=HOUR, running_since=HOUR + 1, launch_path=LaunchPath.COLD)
    sessions.observe(first)
    again = view(workspace, WorkspaceState.STARTING, asked=4 * HOUR, stopped_at=3 * HOUR)
    sessions.observe(again)
    sessions.observe(again)
    newer, older = Session.objects.all()
    assert (older.ended_at, older.reason, older.path) == (at(3 * HOUR), "", "cold")
    assert (newer.started_at, newer.ended_at) == (at(4 * HOUR), None)


def test_what_is_on_its_way_down_with_a_known_end_begins_no_session(workspace):
    sessions.observe(view(workspace, WorkspaceState.STOPPED, asked=HOUR, stopped_at=2 * HOUR))
    sessions.observe(view(workspace, WorkspaceState.STARTING, asked=HOUR, stopped_at=2 * HOUR))
    assert not Session.objects.exists()


def test_a_launch_whose_first_task_failed_is_two_sessions(workspace):
    sessions.observe(view(workspace, WorkspaceState.STARTING, asked=HOUR))
    between = view(workspace, WorkspaceState.STARTING, asked=HOUR, stopped_at=HOUR + 3)
    sessions.observe(between)
    assert Session.objects.get().ended_at == at(HOUR + 3)
    sessions.observe(replace(between, launch_requested_at=HOUR + 4))
    newer, older = Session.objects.all()
    assert (newer.started_at, newer.ended_at) == (at(HOUR + 4), None)
    assert older.started_at == at(HOUR)


def test_a_manager_that_lost_its_records_ends_sessions_where_they_were_last_seen(signed_in, manager, look):
    signed_in().post("/api/workspace/create/")
    seen = Session.objects.get().seen_at
    manager.workspaces.clear()
    look()
    assert Session.objects.get().ended_at == seen


def test_a_manager_that_is_down_changes_nothing(signed_in, manager, look):
    signed_in().post("/api/workspace/create/")
    manager.unreachable = True
    look()
    assert Session.objects.get().ended_at is None


def test_one_process_looks_in_each_interval(signed_in, manager, look):
    signed_in().post("/api/workspace/create/")
    look()
    calls = manager.calls["describe"]
    sessions.look_at_open_ones()
    assert manager.calls["describe"] == calls


def test_hours_stay_with_the_cohort_of_their_time(workspace, person):
    from backend.accounts.roles import Track

    first, second = (
        create_cohort(name=name, track=Track.FSD, time_zone="UTC", acting_user=None) for name in ("First", "Second")
    )
    members.join(workspace.owner, first, acting_user=None)
    running = view(workspace, WorkspaceState.RUNNING, asked=HOUR, running_since=HOUR)
    sessions.observe(running)
    members.join(workspace.owner, second, acting_user=None)
    sessions.observe(replace(running, state=WorkspaceState.STOPPED, stopped_at=2 * HOUR))
    sessions.observe(
        view(workspace, WorkspaceState.RUNNING, asked=3 * HOUR, running_since=3 * HOUR, stopped_at=2 * HOUR)
    )
    assert list(Session.objects.order_by("started_at").values_list("cohort_name", flat=True)) == ["First", "Second"]


def test_admins_see_task_hours_by_cohort_and_student_and_nobody_else_does(signed_in, person):
    from backend.workspaces.models import Workspace

    admin = signed_in("admin")
    end = timezone.now().replace(microsecond=0)
    begin = end - timedelta(hours=10)

    def used(owner, cohort, start_h, hours):
        own, _ = Workspace.objects.get_or_create(owner=owner, kind="vscode", defaults={"name": "W"})
        ended_at = begin + timedelta(hours=start_h + hours) if hours else None
        Session.objects.create(
            workspace=own, started_at=begin + timedelta(hours=start_h), ended_at=ended_at, seen_at=end,
            cohort_id=cohort, cohort_name="Berlin-3" if cohort else "",
        )  # fmt: skip

    berlin = "00000000-0000-4000-8000-000000000001"
    ada, ben = person(), person()
    used(ada, berlin, -2, 3)  # of which one hour lies within
    used(ada, berlin, 2, 2)
    used(ben, berlin, 9, None)  # goes on
    used(ben, None, 5, 0.5)
    used(ada, None, -5, 1)  # over before the span begins

    span = {"since": begin.isoformat(), "until": end.isoformat()}
    body = admin.get("/api/costs/", params=span).json()
    assert [(it["name"], it["students"], it["sessions"], it["task_hours"]) for it in body["cohorts"]] == [
        ("Berlin-3", 2, 3, 4.0), ("", 1, 1, 0.5),
    ]  # fmt: skip
    assert [(it["name"], it["cohort"], it["task_hours"]) for it in body["students"]] == [
        (ada.name, "Berlin-3", 3.0), (ben.name, "Berlin-3", 1.0), (ben.name, "", 0.5),
    ]  # fmt: skip
    assert body["task_hours"] == 4.5
    for role in ("student", "instructor"):
        assert signed_in(role).get("/api/costs/").status_code == 403


@pytest.mark.parametrize(
    "span",
    [
        {"since": "2026-01-02", "until": "2026-01-01"},
        {"since": "2020-01-01", "until": "2026-01-01"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_a_span_that_cannot_be_is_refused(signed_in, span):
    assert signed_in("admin").get("/api/costs/", params=span).status_code == 422
