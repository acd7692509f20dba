"""Files of a home at rest, as the backend on AWS reads them: from a mount of all homes."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from django.conf import settings

from contract.history import FILE_BYTES_MAX, PIECE_BYTES_MAX
from contract.names import WorkspaceState

HOME, OTHER = "home-aaaaaaaaaaaaaaaa", "home-bbbbbbbbbbbbbbbb"
MAIN = b"print('mine')\n"


class Mounted:
    """A student's workspace, which is stopped, and the mount."""

    def __init__(self, browser, manager, homes):
        self.browser, self.manager, self.homes, self.home = browser, manager, homes, homes / HOME
        self.id = browser.post("/api/workspace/create/").json()["id"]
        manager.change(self.id, has_home=True, resting_home=HOME)
        (self.home / "project").mkdir(parents=True)
        (self.home / "project/main.py").write_bytes(MAIN)
        (homes / OTHER).mkdir()
        (homes / OTHER / "secret.txt").write_text("of another student")

    def get(self, what, path="", browser=None):
        address = f"/api/workspace/{self.id}/history/now/{what}/"
        return (browser or self.browser).get(address, params={"path": path})

    def names(self, path=""):
        return [it["name"] for it in self.get("folder", path).json()["items"]]


@pytest.fixture
def mounted(signed_in, manager, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, homes_mount=tmp_path))
    return Mounted(signed_in(), manager, tmp_path)


def test_a_student_lists_reads_and_downloads_files_of_a_stopped_workspace(mounted):
    assert mounted.names() == ["project"]
    assert mounted.names("project") == ["main.py"]
    assert mounted.get("file", "project/main.py").json()["text"] == MAIN.decode()
    large = os.urandom(PIECE_BYTES_MAX + 7)
    (mounted.home / "data.bin").write_bytes(large)
    answer = mounted.get("download", "data.bin")
    assert (answer.content, answer.headers["Content-Type"]) == (large, "application/octet-stream")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_manager_is_asked_where_the_home_is_and_for_no_file(mounted):
    mounted.manager.calls.clear()
    mounted.get("download", "project/main.py")
    assert set(mounted.manager.calls) <= {"describe"}


def test_the_dashboard_says_when_files_can_be_read(mounted, monkeypatch):
    def said():
        return mounted.browser.get(f"/api/workspace/{mounted.id}/").json()["files_at_rest"]

    assert said() is True
    mounted.manager.change(mounted.id, state=WorkspaceState.RUNNING, resting_home="")
    assert said() is False
    mounted.manager.change(mounted.id, state=WorkspaceState.STOPPED, resting_home=HOME)
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(settings.ENVIRONMENT, homes_mount=None))
    assert said() is False, "on one machine the history shows what is there now"


def test_nobody_else_reads_them(mounted, signed_in):
    assert mounted.get("folder", browser=signed_in()).status_code == 404


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("other", f"../{OTHER}"), ("hosts", "/etc/hosts"), ("up", ".."), ("secret.txt", f"../{OTHER}/secret.txt"),
        ("project/back", "../.."),
    ],
)  # fmt: skip
def test_no_link_leads_out_of_the_home(mounted, link, target):
    (mounted.home / link).symlink_to(target)
    assert link.rpartition("/")[2] not in mounted.names(link.rpartition("/")[0])
    for what in ("folder", "file", "download"):
        assert mounted.get(what, link).status_code == 404
    assert mounted.get("file", f"{link}/secret.txt").status_code == 404


@pytest.mark.parametrize("path", ["..", f"../{OTHER}", f"project/../../{OTHER}", "/etc", "%2e%2e", "a//b", "a%00b"])
def test_no_path_leads_out_of_the_home(mounted, path):
    for what in ("folder", "file", "download"):
        assert mounted.get(what, path).status_code == 404


def test_a_home_that_is_a_link_is_not_read(mounted):
    """No student can make one there; a mistake of ours must not become another's files."""
    (mounted.homes / HOME).rename(mounted.homes / "aside")
    (mounted.homes / HOME).symlink_to(mounted.homes / OTHER)
    assert mounted.get("folder").status_code == 500


def test_pipes_and_devices_are_not_opened_and_large_files_are_refused_in_words(mounted):
    os.mkfifo(mounted.home / "pipe")
    with (mounted.home / "large").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert mounted.names() == ["project", "large"]
    for name in ("pipe", "large"):
        answer = mounted.get("download", name)
        assert answer.status_code == 404
        assert "too large" in answer.json()["detail"]


def test_while_it_runs_the_manager_is_asked_and_nothing_of_the_mount_is_read(mounted):
    mounted.manager.change(mounted.id, state=WorkspaceState.RUNNING, resting_home="")
    mounted.manager.past[mounted.id, "now", "project/main.py"] = b"by the agent"
    assert [it["path"] for it in mounted.get("folder").json()["items"]] == ["project/main.py"]
    assert mounted.get("download", "project/main.py").content == b"by the agent"
    assert mounted.get("file", "project/other.py").status_code == 404


def test_while_its_home_goes_and_comes_a_student_hears_what_to_do(mounted):
    for state in (WorkspaceState.STARTING, WorkspaceState.STOPPING):
        mounted.manager.change(mounted.id, state=state, resting_home="")
        answer = mounted.get("folder")
        assert (answer.status_code, answer.json()["reason"]) == (409, "wrong_state")
        assert "starting or stopping" in answer.json()["detail"]
    mounted.manager.change(mounted.id, state=WorkspaceState.STOPPED, resting_home=HOME)
    mounted.home.rename(mounted.homes.parent / "in a slot")
    answer = mounted.get("folder")
    assert (answer.status_code, answer.json()["reason"]) == (409, "wrong_state")
    assert "Try again in a moment" in answer.json()["detail"]


def test_one_that_was_never_opened_has_none(mounted):
    mounted.manager.change(mounted.id, has_home=False, resting_home="")
    answer = mounted.get("folder")
    assert (answer.status_code, answer.json()["reason"]) == (404, "snapshot_not_found")


@pytest.mark.parametrize("wrong", ["..", OTHER.upper(), f"{HOME}/../{OTHER}", "home-short"])
def test_only_the_id_of_a_home_becomes_a_folder(mounted, wrong):
    mounted.manager.change(mounted.id, resting_home=wrong)
    assert mounted.get("folder").status_code == 409
