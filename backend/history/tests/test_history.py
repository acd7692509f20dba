"""A student goes back in time, and nobody else does it for them."""

from __future__ import annotations

import pytest

from backend.audit.models import Record
from contract.errors import ApraNovaError, Reason
from contract.history import PIECE_BYTES_MAX, Cause, CheckpointView, PutBackAnswer, PutBackState
from contract.history import LeftOut as Left

OLD, NEW = "1790000000000-0000000a", "1790000600000-0000000b"
HTML = b"<script>alert(1)</script>"


class Home:
    def __init__(self, browser, manager):
        self.browser, self.manager = browser, manager
        self.id = browser.post("/api/workspace/create/").json()["id"]
        self.address = f"/api/workspace/{self.id}/history/"
        manager.checkpoints[self.id] = [
            CheckpointView(NEW, 1_790_000_600.0, Cause.STOP, 2, ("project/main.py",), 1, (Left("x", "is a link"),), 1),
            CheckpointView(OLD, 1_790_000_000.0, Cause.WORK, 2),
        ]
        self.keep(OLD, "project/main.py", b"one\ntwo\n")
        self.keep(NEW, "project/main.py", b"one\nthree\n")

    def keep(self, checkpoint, key, content):
        self.manager.past[self.id, checkpoint, key] = content

    def get(self, checkpoint, what, **query):
        return self.browser.get(f"{self.address}{checkpoint}/{what}/", params=query)

    def put_back(self, path="project/main.py", **more):
        return self.browser.post(f"{self.address}{OLD}/put-back/", json={"path": path, **more})


@pytest.fixture
def home(signed_in, manager):
    return Home(signed_in(), manager)


def records(action):
    return Record.objects.filter(action=action)


def test_the_timeline_says_when_why_and_what_changed(home):
    answer = home.browser.get(home.address).json()
    assert answer["every_minutes"] == 10
    assert [(it["id"], it["cause"]) for it in answer["items"]] == [(NEW, "stop"), (OLD, "work")]
    newest = answer["items"][0]
    assert newest["taken_at"] == "2026-09-21T14:23:20Z"
    assert (newest["changed"], newest["changed_count"]) == (["project/main.py"], 1)
    assert newest["left_out"] == [{"name": "x", "reason": "is a link"}]


def test_a_workspace_that_was_never_launched_has_no_history_yet(home, manager):
    manager.workspaces.clear()
    assert home.browser.get(home.address).json()["items"] == []


def test_a_file_is_text_with_what_changed_since(home):
    home.keep("now", "project/main.py", b"one\nfour\n")
    found = home.get(OLD, "file", path="project/main.py", against="now").json()
    assert found["text"] == "one\ntwo\n"
    assert [(it["kind"], it["text"]) for it in found["lines"]] == [(" ", "one"), ("-", "two"), ("+", "four")]
    found = home.get(NEW, "file", path="project/main.py", against=OLD).json()
    assert [(it["kind"], it["text"]) for it in found["lines"]] == [(" ", "one"), ("-", "two"), ("+", "three")]
    found = home.get(OLD, "file", path="project/main.py").json()
    assert (found["compared"], found["lines"], found["missing_there"]) == (False, [], False)


def test_a_file_that_is_gone_or_no_text_is_said_to_be_so(home):
    found = home.get(OLD, "file", path="project/main.py", against="now").json()
    assert (found["missing_there"], found["compared"]) == (True, False)
    home.keep(OLD, "logo.png", b"\x89PNG\0\0")
    found = home.get(OLD, "file", path="logo.png").json()
    assert (found["text"], found["size"]) == (None, 6)


@pytest.mark.parametrize("seconds", [1e18, -1e18, 1e300])
def test_a_files_time_may_be_any_number(home, manager, seconds):
    manager.past_changed_at = seconds
    (entry,) = home.get(OLD, "folder").json()["items"]
    assert (entry["path"], entry["size"], entry["changed_at"]) == ("project/main.py", 8, None)


def test_a_download_is_saved_and_never_shown_or_run(home):
    data = HTML + bytes(PIECE_BYTES_MAX) + b"end"
    home.keep(OLD, "project/%22%0D%0Aa%3Cb%3E.html", data)
    answer = home.get(OLD, "download", path="project/%22%0D%0Aa%3Cb%3E.html")
    assert answer.content == data, "in pieces, and whole"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%22%3F%3Fa%3Cb%3E.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_what_cannot_be_read_is_said_in_words(home, manager):
    answer = home.get(OLD, "file", path="nothing.py")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is nothing at this place at that moment")
    assert home.get(OLD, "download", path="nothing.py").status_code == 404
    manager.fail_with = ApraNovaError(Reason.INTERNAL, "This moment cannot be read: what was kept is damaged")
    assert home.get(OLD, "folder").json()["detail"] == "This moment cannot be read: what was kept is damaged"
    manager.fail_with, manager.unreachable = None, True
    answer = home.browser.get(home.address)
    assert answer.status_code == 503
    assert "try again in a moment" in answer.json()["detail"]


@pytest.mark.parametrize("checkpoint", ["..", "latest", "1790000000000-0000000A", "now%0A", "1-1"])
def test_an_id_that_is_none_reaches_no_manager(home, manager, checkpoint):
    before = manager.calls.copy()
    assert home.get(checkpoint, "folder").status_code in (404, 422)
    assert home.get(OLD, "file", path="a", against=f"{checkpoint}x").status_code == 422
    assert manager.calls == before


def test_put_back_is_asked_once_and_audited_once_however_long_it_takes(home, manager):
    manager.put_back_answers = [
        PutBackAnswer(PutBackState.WORKING),
        PutBackAnswer(PutBackState.DONE, 2, (Left("a", "is a folder now"),), 1),
    ]
    first = home.put_back("").json()
    assert first["state"] == "working"
    second = home.put_back("", continues=first["continues"]).json()
    assert (second["state"], second["files"]) == ("done", 2)
    assert second["left_out"] == [{"name": "a", "reason": "is a folder now"}]
    assert len({it.put_back_id for it in manager.put_back}) == 1
    (record,) = records("history.put_back")
    assert (record.target_id, record.actor) == (home.id, home.browser.user.email)
    assert record.details == {"checkpoint": OLD, "path": "everything"}


def test_a_put_back_at_a_long_path_is_asked_for_again(home, manager):
    path = "%E8%AA%B2%E9%A1%8C/" * 90 + "a.py"
    manager.put_back_answers = [PutBackAnswer(PutBackState.WORKING), PutBackAnswer(PutBackState.DONE, 1)]
    first = home.put_back(path).json()
    assert home.put_back(path, continues=first["continues"]).json()["state"] == "done"


def test_nobody_puts_back_under_another_requests_name(home, manager):
    begun = home.put_back("a.py").json()["continues"]
    for forged in ("x", begun[:-1], begun):
        assert home.put_back("b.py", continues=forged).status_code == 400
    assert len(manager.put_back) == 1


def test_a_failure_is_told_and_audited(home, manager):
    manager.put_back_answers = [PutBackAnswer(PutBackState.FAILED, failure="The home is full.")]
    assert home.put_back().json()["failure"] == "The home is full."
    manager.fail_with = ApraNovaError(Reason.WRONG_STATE, "Your workspace is starting or stopping")
    assert home.put_back().status_code == 409
    assert records("history.put_back_failed").count() == 2


def test_nobody_else_sees_or_changes_it(home, signed_in, manager):
    before = manager.calls.copy()
    for other in (signed_in(), signed_in("instructor"), signed_in("admin")):
        answers = [other.get(home.address), other.post(f"{home.address}{OLD}/put-back/", json={"path": ""})]
        answers += [
            other.get(f"{home.address}{OLD}/{it}/?path=project/main.py") for it in ("folder", "file", "download")
        ]
        assert {it.status_code for it in answers} == {404}
    assert manager.calls == before


def test_another_workspaces_checkpoint_is_none_of_this_one(home, signed_in, manager):
    other = Home(signed_in(), manager)
    other.keep(OLD, "secret.py", b"theirs")
    assert home.get(OLD, "file", path="secret.py").status_code == 404
