"""A deactivated person's workspaces are saved and stopped; an admin can stop anybody's."""

from __future__ import annotations

from backend.accounts import services as accounts
from backend.accounts.models import User
from backend.accounts.roles import Role, Track
from backend.audit.models import Record
from backend.workspaces import deactivated
from backend.workspaces.models import Workspace
from backend.workspaces.services import view_of
from contract.manager import DiskView


def launched(browser) -> Workspace:
    answer = browser.post("/api/workspace/create/")
    assert answer.status_code == 201, answer.text
    return Workspace.objects.select_related("owner").get(pk=answer.json()["id"])


def stops(workspace: Workspace) -> int:
    return Record.objects.filter(action="workspace.stop", target_id=workspace.pk).count()


def test_only_the_deactivated_persons_workspace_is_stopped_and_only_once(signed_in, manager):
    leaving, staying = signed_in("student", "FSD"), signed_in("student", "FSD")
    gone, kept = launched(leaving), launched(staying)
    deactivated.worker._awake.clear()
    accounts.update_user(
        leaving.user, name="Left", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=staying.user
    )
    assert deactivated.worker._awake.is_set(), "it does not wait for the next minute"
    for _ in range(2):
        deactivated.stop_all()
    assert (stops(gone), stops(kept)) == (1, 0)
    assert view_of(gone).state.value != "running"


def test_a_person_who_was_deactivated_while_the_manager_was_away_is_stopped_later(signed_in, manager):
    gone = launched(signed_in("student", "FSD"))
    User.objects.filter(pk=gone.owner.pk).update(is_active=False)
    manager.unreachable = True
    deactivated.stop_all()
    assert stops(gone) == 0
    manager.unreachable = False
    deactivated.stop_all()
    assert stops(gone) == 1


def test_an_admin_saves_and_stops_anybodys_workspace(signed_in, manager):
    workspace = launched(signed_in("student", "FSD"))
    admin = signed_in("admin")
    path = "/api/admin/workspaces/workspace/"
    admin.get(path)
    token = {"csrfmiddlewaretoken": admin.cookies["apranova_csrf"]}
    answer = admin.post(path, data={**token, "action": "save_and_stop", "_selected_action": workspace.pk})
    assert answer.status_code == 302, answer.text
    record = Record.objects.get(action="workspace.stop", target_id=workspace.pk)
    assert record.actor == admin.user.email
    assert view_of(workspace).state.value != "running"


def test_an_admin_who_looks_at_workspaces_learns_that_the_disk_is_nearly_full(signed_in, manager):
    admin = signed_in("admin")
    path = "/api/admin/workspaces/workspace/"
    assert "nearly full" not in admin.get(path).text
    text = "The disk with the homes is nearly full: 1.0 GB of 100.0 GB are free"
    manager.disk = DiskView(nearly_full=True, text=text)
    assert text in admin.get(path).text
    manager.unreachable = True
    assert admin.get(path).status_code == 200
