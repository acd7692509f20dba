from __future__ import annotations

import json
import time
from contextlib import contextmanager

import pytest
from django.db import connection

from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.workspaces import live, streams
from backend.workspaces.announcements import announce
from contract.manager import DiskView
from tests.waiting import until

PATIENCE_S = 10


class Stream:
    """Reads events of one stream, in order."""

    def __init__(self, response):
        assert response.status_code == 200, response.read()
        self.headers = response.headers
        self._lines = response.iter_lines()

    def next(self, wanted: str = "workspace"):
        event = None
        for line in self._lines:
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event == wanted:
                return json.loads(line.removeprefix("data: "))
            elif line.startswith(":") and wanted == "heartbeat":
                return line
        return None


@contextmanager
def watching(one, workspace_id):
    with one.stream("GET", f"/api/workspace/{workspace_id}/events/", timeout=PATIENCE_S) as response:
        yield Stream(response)


@pytest.fixture
def watched(signed_in, manager):
    one = signed_in()
    one.workspace = one.post("/api/workspace/create/").json()["id"]
    return one


def test_a_watcher_sees_the_state_at_once_and_every_change(watched, manager):
    manager.finish_launches = False
    with watching(watched, watched.workspace) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        assert stream.next()["state"] == "running"
        assert watched.post(f"/api/workspace/{watched.workspace}/restart/").status_code == 200
        assert [step["name"] for step in stream.next()["steps"]] == ["requested"]
        manager.step(watched.workspace, "task_claimed", "Found a workspace that was ready")
        assert stream.next()["steps"][-1]["text"] == "Found a workspace that was ready"
        manager.finish(watched.workspace)
        assert stream.next()["state"] == "running"


def test_a_change_made_by_another_process_is_seen_at_once(watched, manager, monkeypatch):
    monkeypatch.setattr(live, "CALM_INTERVAL_S", 30.0)
    with watching(watched, watched.workspace) as stream:
        stream.next()
        manager.change(watched.workspace, warned=True)
        began = time.monotonic()
        announce(watched.workspace)
        assert stream.next()["warned"] is True
        assert time.monotonic() - began < 20


def test_a_watcher_survives_a_manager_that_restarts(watched, manager):
    with watching(watched, watched.workspace) as stream:
        stream.next()
        manager.unreachable = True
        announce(watched.workspace)
        time.sleep(0.5)
        manager.change(watched.workspace, warned=True)
        manager.unreachable = False
        assert stream.next()["warned"] is True


def test_the_stream_has_the_readiness_of_kinds(watched):
    with watching(watched, watched.workspace) as stream:
        kinds = stream.next("kinds")
    assert {"kind": "vscode", "ready": True, "text": ""} in kinds


def test_the_stream_has_the_ports_on_which_programs_listen(watched, manager, monkeypatch):
    monkeypatch.setattr(live, "PORTS_INTERVAL_S", 0.1)
    door = f"http://localhost:8080/api/door/{watched.workspace}/port"
    with watching(watched, watched.workspace) as stream:
        assert stream.next("ports") == []
        manager.ports = (3000, 5173)
        assert stream.next("ports") == [{"port": port, "url": f"{door}/{port}/"} for port in (3000, 5173)]
        watched.post(f"/api/workspace/{watched.workspace}/stop/")
        assert stream.next("ports") == []


def test_all_dashboards_together_ask_for_ports_once(watched, signed_in, manager, monkeypatch):
    """The story: each visible dashboard asked every five seconds, on AWS a function call each."""
    monkeypatch.setattr(live, "PORTS_INTERVAL_S", 1.0)
    other = signed_in()
    others = other.post("/api/workspace/create/").json()["id"]
    manager.ports = (3000,)
    with watching(watched, watched.workspace) as first, watching(other, others) as second:
        assert [it["port"] for it in first.next("ports")] == [3000], "nothing is said before it is known"
        assert [it["port"] for it in second.next("ports")] == [3000]
        before = manager.calls["ports"]
        time.sleep(2.5)
        assert 1 <= manager.calls["ports"] - before <= 3


def test_many_watchers_are_one_question_to_the_manager(watched, manager):
    with (
        watching(watched, watched.workspace) as first,
        watching(watched, watched.workspace) as second,
        watching(watched, watched.workspace) as third,
    ):
        for stream in (first, second, third):
            stream.next()
        time.sleep(0.2)
        before = manager.calls["describe"]
        manager.change(watched.workspace, warned=True)
        announce(watched.workspace)
        assert all(stream.next()["warned"] for stream in (first, second, third))
        assert manager.calls["describe"] - before == 1


def test_a_watcher_whose_account_is_closed_is_cut_off(watched, person, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.2)
    with watching(watched, watched.workspace) as stream:
        assert stream.next("heartbeat") == ": heartbeat"
        update_user(
            watched.user, name="", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=person("admin")
        )
        assert stream.next("an event that never comes") is None, "the stream has ended"


def test_a_watcher_who_signs_out_elsewhere_is_cut_off(watched, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.2)
    with watching(watched, watched.workspace) as stream:
        stream.next()
        watched.delete("/api/auth/browser/v1/auth/session")
        assert stream.next("an event that never comes") is None


def test_streams_end_at_once_when_the_server_must(watched):
    """The server waits for its answers, and a stream lasts an hour."""
    [(loop, lives)] = live._of_loop.items()
    with watching(watched, watched.workspace) as stream:
        stream.next()
        try:
            loop.call_soon_threadsafe(lives.end)
            assert stream.next("an event that never comes") is None
        finally:
            lives.ended = False


def test_nobody_watches_another_persons_workspace(watched, signed_in, browser):
    path = f"/api/workspace/{watched.workspace}/events/"
    assert signed_in("student").get(path).status_code == 404
    assert signed_in("instructor").get(path).status_code == 404
    assert browser().get(path).status_code == 401


def test_streams_of_one_person_are_limited_and_given_back(watched, monkeypatch):
    monkeypatch.setattr(streams, "STREAMS_PER_USER_MAX", 2)
    path = f"/api/workspace/{watched.workspace}/events/"
    with watching(watched, watched.workspace) as first, watching(watched, watched.workspace) as second:
        first.next()
        second.next()
        assert watched.get(path).status_code == 429
    until(lambda: not streams.count_open_streams())


def test_a_stream_holds_no_database_connection(watched):
    """More streams than the pool has connections, and the API still answers."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        for _ in range(7):
            stack.enter_context(watching(watched, watched.workspace)).next()
        pool = connection.pool
        assert pool.get_stats()["pool_size"] - pool.get_stats()["pool_available"] <= 1, "at most the test's own"
        assert watched.get("/api/me/").status_code == 200


def test_a_disk_that_becomes_nearly_full_is_told_to_everybody_who_watches(watched, manager):
    assert watched.get("/api/workspace/").json()["notices"] == []
    with watching(watched, watched.workspace) as stream:
        assert stream.next("notices") == []
        manager.disk = DiskView(nearly_full=True, text="for operators")
        (notice,) = stream.next("notices")
    assert "The school's disk is nearly full" in notice
    assert watched.get("/api/workspace/").json()["notices"] == [notice]
