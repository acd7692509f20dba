from __future__ import annotations

import concurrent.futures
import datetime as dt
import time

import pytest
from django.db import connection
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Record
from backend.workspaces import services
from backend.workspaces.models import Workspace
from contract.manager import HomeUseView
from contract.names import DiskLevel


def _actions(workspace_id):
    """What the trail says about it, oldest first."""
    return list(Record.objects.filter(target_id=workspace_id).order_by("id").values_list("action", flat=True))


def _refuse_record(monkeypatch, refused):
    real = services.record

    def record(action, **values):
        if action == refused:
            raise OSError("the disk is full")
        return real(action, **values)

    monkeypatch.setattr(services, "record", record)


def test_a_student_creates_and_launches_a_workspace_of_their_track(signed_in, manager):
    browser = signed_in("student", "FSD")
    answer = browser.post("/api/workspace/create/")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["kind"], body["name"]) == ("vscode", f"{browser.user.display_name}'s VS Code")
    assert body["state"] == "running"
    assert body["url"] == f"http://localhost:8080/workspace/{body['id']}/"
    assert [step["name"] for step in body["steps"]] == ["requested", "application_ready"]
    assert body["owner"] == {"id": str(browser.user.pk), "name": browser.user.name}
    again = browser.post("/api/workspace/create/", json={})
    assert again.status_code == 200
    assert again.json()["id"] == body["id"]
    assert manager.tasks_started[body["id"]] == 1
    assert _actions(body["id"]) == ["workspace.create", "workspace.launch", "workspace.launch"]


def test_fifty_clicks_at_once_make_one_workspace_and_one_task(signed_in, manager):
    browser = signed_in()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: browser.post("/api/workspace/create/"), range(50)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert [answer.status_code for answer in answers].count(201) == 1
    (workspace,) = Workspace.objects.all()
    assert {answer.json()["id"] for answer in answers} == {workspace.pk}
    assert manager.tasks_started == {workspace.pk: 1}
    assert Record.objects.filter(action="workspace.create").count() == 1


def test_a_kind_that_is_not_ready_is_a_clear_conflict_and_leaves_nothing(signed_in, manager):
    answer = signed_in("student", "DP").post("/api/workspace/create/")
    assert answer.status_code == 409
    assert answer.json()["reason"] == "kind_not_ready"
    assert answer.json()["detail"] == "Superset is not part of this installation yet"
    assert not Workspace.objects.exists()


def test_a_student_may_not_name_another_kind_but_staff_may(signed_in):
    refused = signed_in("student").post("/api/workspace/create/", json={"kind": "superset"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "kind_not_allowed")
    assert "instructor" in refused.json()["remedy"]
    assert signed_in("student").post("/api/workspace/create/", json={"kind": "vscode"}).status_code == 201
    assert signed_in("instructor").post("/api/workspace/create/", json={"kind": "vscode"}).status_code == 201
    assert signed_in("admin").post("/api/workspace/create/", json={"kind": "emacs"}).status_code == 422


def test_the_list_has_your_workspaces_and_the_kinds(signed_in):
    one, other = signed_in(), signed_in()
    one.post("/api/workspace/create/")
    assert len(one.get("/api/workspace/").json()["items"]) == 1
    body = other.get("/api/workspace/").json()
    assert body["items"] == []
    assert {kind["kind"]: kind["ready"] for kind in body["kinds"]} == {"vscode": True, "superset": False}


def test_another_persons_workspace_does_not_exist(signed_in):
    workspace = signed_in().post("/api/workspace/create/").json()["id"]
    for other in (signed_in("student"), signed_in("instructor"), signed_in("admin")):
        path = f"/api/workspace/{workspace}"
        assert other.get(f"{path}/").status_code == 404
        assert other.request("DELETE", f"{path}/", json={"name": "x"}).status_code == 404
        for action in ("stop", "restart", "undelete"):
            assert other.post(f"{path}/{action}/").status_code == 404
        assert other.post(f"{path}/keep-running/", json={"hours": 1}).status_code == 404


def test_stop_restart_and_keep_running(signed_in, manager):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()["id"]
    path = f"/api/workspace/{workspace}"
    assert one.post(f"{path}/stop/").json()["state"] == "stopped"
    assert one.post(f"{path}/restart/").json()["state"] == "running"
    kept = one.post(f"{path}/keep-running/", json={"hours": 2}).json()
    until = dt.datetime.fromisoformat(kept["keep_running_until"])
    assert abs(until.timestamp() - time.time() - 2 * 3600) < 60
    assert one.post(f"{path}/keep-running/", json={"hours": 0}).json()["keep_running_until"] is None
    for hours in (-1, 1000, "x", None):
        assert one.post(f"{path}/keep-running/", json={"hours": hours}).status_code == 422
    actions = set(Record.objects.filter(target_id=workspace).values_list("action", flat=True))
    assert actions >= {"workspace.stop", "workspace.restart", "workspace.keep_running"}


def test_delete_asks_for_the_name_and_can_be_undone(signed_in):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()
    path = f"/api/workspace/{workspace['id']}/"
    refused = one.request("DELETE", path, json={"name": "wrong"})
    assert (refused.status_code, refused.json()["reason"]) == (422, "name_differs")
    assert workspace["name"] in refused.json()["remedy"]
    details = [record.details for record in Record.objects.filter(target_id=workspace["id"], action="workspace.create")]
    assert details == [{"kind": "vscode", "owner": str(one.user.pk)}]
    assert one.get(path).json()["state"] == "running"
    deleted = one.request("DELETE", path, json={"name": workspace["name"]}).json()
    assert deleted["state"] == "deleted"
    assert deleted["purge_at"] is not None
    assert one.get("/api/workspace/").json()["items"][0]["state"] == "deleted"
    restored = one.post(f"{path}undelete/").json()
    assert (restored["state"], restored["deleted_at"]) == ("stopped", None)
    assert Workspace.objects.get().deleted_at is None
    assert _actions(workspace["id"])[2:] == [
        "workspace.delete",
        "workspace.deleted",
        "workspace.undelete",
        "workspace.undeleted",
    ]


def test_a_deletion_that_cannot_be_recorded_does_not_happen(signed_in, monkeypatch):
    one = signed_in()
    one.post("/api/workspace/create/")
    workspace, user = Workspace.objects.get(), User.objects.get()
    _refuse_record(monkeypatch, "workspace.deleted")
    with pytest.raises(OSError, match="disk is full"):
        services.delete(workspace, workspace.name, acting_user=user)
    assert Workspace.objects.get().deleted_at is None
    assert _actions(workspace.pk)[-1] == "workspace.delete"


def test_neither_is_one_taken_back_that_cannot_be_recorded(signed_in, monkeypatch):
    one = signed_in()
    one.post("/api/workspace/create/")
    workspace, user = Workspace.objects.get(), User.objects.get()
    services.delete(workspace, workspace.name, acting_user=user)
    _refuse_record(monkeypatch, "workspace.undeleted")
    with pytest.raises(OSError, match="disk is full"):
        services.undelete(workspace, acting_user=user)
    assert Workspace.objects.get().deleted_at is not None
    assert _actions(workspace.pk)[-1] == "workspace.undelete"


def test_an_undelete_overtaken_by_a_new_workspace_is_recorded_as_failed(signed_in, manager, monkeypatch):
    one = signed_in()
    old = one.post("/api/workspace/create/").json()
    one.request("DELETE", f"/api/workspace/{old['id']}/", json={"name": old["name"]})
    undelete = manager._undelete

    def overtaken(view):
        """Another tab is faster."""
        Workspace.objects.create(owner=User.objects.get(), kind="vscode", name="newer")
        connection.close()
        return undelete(view)

    monkeypatch.setattr(manager, "_undelete", overtaken)
    refused = one.post(f"/api/workspace/{old['id']}/undelete/")
    assert (refused.status_code, refused.json()["reason"]) == (409, "workspace_exists")
    assert manager.workspaces[old["id"]].state == "deleted"
    assert Workspace.objects.get(pk=old["id"]).deleted_at is not None
    assert _actions(old["id"])[-2:] == ["workspace.undelete", "workspace.undelete_failed"]


def test_after_a_delete_a_new_workspace_can_be_made_and_then_the_old_one_stays_deleted(signed_in):
    one = signed_in()
    old = one.post("/api/workspace/create/").json()
    one.request("DELETE", f"/api/workspace/{old['id']}/", json={"name": old["name"]})
    new = one.post("/api/workspace/create/")
    assert new.status_code == 201
    assert new.json()["id"] != old["id"]
    refused = one.post(f"/api/workspace/{old['id']}/undelete/")
    assert (refused.status_code, refused.json()["reason"]) == (409, "workspace_exists")


def test_a_purged_workspace_is_gone(signed_in):
    one = signed_in()
    old = one.post("/api/workspace/create/").json()
    one.request("DELETE", f"/api/workspace/{old['id']}/", json={"name": old["name"]})
    Workspace.objects.update(purge_at=timezone.now())
    assert one.get("/api/workspace/").json()["items"] == []
    assert one.get(f"/api/workspace/{old['id']}/").status_code == 404


def test_a_workspace_that_the_manager_forgot_is_created_again(signed_in, manager):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()["id"]
    manager.workspaces.clear()
    assert one.get(f"/api/workspace/{workspace}/").json()["state"] == "stopped"
    assert one.post("/api/workspace/create/").json()["state"] == "running"


def test_a_manager_that_is_down_is_a_503_and_the_attempt_is_recorded(signed_in, manager):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()["id"]
    manager.unreachable = True
    for answer in (one.get("/api/workspace/"), one.post(f"/api/workspace/{workspace}/stop/")):
        assert (answer.status_code, answer.json()["reason"]) == (503, "manager_unavailable")
        assert answer.headers["retry-after"] == "2"
    assert _actions(workspace)[-2:] == ["workspace.stop", "workspace.stop_failed"]


def test_what_a_home_uses_is_part_of_its_workspace(signed_in, manager):
    one = signed_in()
    workspace = one.post("/api/workspace/create/").json()
    assert workspace["home_use"] is None
    text = "Your home uses 4.2 GB of 5.0 GB. Delete files that you do not need."
    manager.change(
        workspace["id"], home_use=HomeUseView(4_200_000_000, 12, 5_000_000_000, 300_000, DiskLevel.NEAR, text)
    )
    use = one.get(f"/api/workspace/{workspace['id']}/").json()["home_use"]
    assert (use["used_bytes"], use["level"], use["text"]) == (4_200_000_000, "near", text)


def test_a_student_sees_which_programs_a_stop_would_end(signed_in, manager):
    student = signed_in()
    workspace = student.post("/api/workspace/create/").json()["id"]
    programs = f"/api/workspace/{workspace}/programs/"
    assert student.get(programs).json() == {"workspace_id": workspace, "programs": [], "known": True}
    manager.programs[workspace] = ("npm run dev",)
    assert student.get(programs).json()["programs"] == ["npm run dev"]
    manager.silent.add(workspace)
    assert student.get(programs).json() == {"workspace_id": workspace, "programs": [], "known": False}
    assert signed_in().get(programs).status_code == 404
