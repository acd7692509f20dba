"""Starting and stopping the workspaces of a whole class."""

from __future__ import annotations

from backend.accounts.models import User
from backend.audit.models import Record
from backend.workspaces import services
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError, Reason
from contract.manager import Action, KindView
from contract.names import WorkspaceKind, WorkspaceState

NOTHING = {"changed": 0, "failed": 0, "failure": ""}


def a_class(signed_in, make_cohort, *students):
    one = signed_in("instructor")
    one.cohort = make_cohort(one)
    for student in students:
        assert one.put(f"/api/cohorts/{one.cohort}/members/{student.user.pk}/").status_code == 200
    return one


def change(one, action):
    return one.post(f"/api/cohorts/{one.cohort}/workspaces/{action}/")


def states(one):
    return [tile["state"] for tile in one.get(f"/api/cohorts/{one.cohort}/wall/").json()["items"]]


def test_everybody_is_started_once_and_stopped_and_each_is_recorded(signed_in, make_cohort):
    ada, ben, outside = signed_in(), signed_in(), signed_in()
    one = a_class(signed_in, make_cohort, ada, ben)
    outside.post("/api/workspace/create/")
    assert change(one, "stop").json() == NOTHING
    ada.post("/api/workspace/create/")
    assert change(one, "start").json() == {**NOTHING, "changed": 1}
    assert states(one) == ["running", "running"]
    assert change(one, "start").json() == NOTHING
    assert change(one, "stop").json() == {**NOTHING, "changed": 2}
    assert not {"running", "starting"} & set(states(one))
    assert outside.get("/api/workspace/").json()["items"][0]["state"] == "running"
    stops = Record.objects.filter(action="workspace.stop")
    assert [it.actor for it in stops] == [one.user.email] * 2


def test_who_cannot_be_started_holds_nobody_up(signed_in, make_cohort, manager):
    ada, ben = signed_in(), signed_in()
    one = a_class(signed_in, make_cohort, ada, ben)
    workspace = ben.post("/api/workspace/create/").json()["id"]
    ben.post(f"/api/workspace/{workspace}/stop/")
    manager.change(workspace, state=WorkspaceState.DELETED)
    answer = change(one, "start").json()
    assert (answer["changed"], answer["failed"]) == (1, 1)
    assert answer["failure"]
    assert states(one) == ["running", "deleted"]


def test_who_left_who_is_deactivated_and_what_is_of_another_kind_is_left_alone(signed_in, make_cohort, manager):
    here, left, away = signed_in(), signed_in(), signed_in()
    one = a_class(signed_in, make_cohort, here, left, away)
    teacher = signed_in("instructor").user
    manager.kinds[WorkspaceKind.SUPERSET] = KindView(WorkspaceKind.SUPERSET, ready=True)
    other = services.create_and_launch(teacher, WorkspaceKind.SUPERSET, acting_user=teacher).workspace
    Workspace.objects.filter(pk=other.pk).update(owner=here.user)
    left.post("/api/workspace/create/")
    one.delete(f"/api/cohorts/{one.cohort}/members/{left.user.pk}/")
    User.objects.filter(pk=away.user.pk).update(is_active=False)
    assert change(one, "start").json() == {**NOTHING, "changed": 1}
    assert Workspace.objects.filter(owner=away.user).count() == 0
    assert change(one, "stop").json() == {**NOTHING, "changed": 1}
    assert services.view_of(other).state is WorkspaceState.RUNNING
    assert left.get("/api/workspace/").json()["items"][0]["state"] == "running"


def test_a_silent_manager_is_one_error_and_not_one_for_each(signed_in, make_cohort, manager):
    one = a_class(signed_in, make_cohort, signed_in(), signed_in())
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "It restarts.")
    assert change(one, "start").status_code == 503
    assert manager.calls[Action.DESCRIBE] == 1


def test_who_deleted_theirs_gets_no_new_one_before_they_may_undo_it(signed_in, make_cohort):
    ada = signed_in()
    one = a_class(signed_in, make_cohort, ada)
    workspace = ada.post("/api/workspace/create/").json()
    answer = ada.request("DELETE", f"/api/workspace/{workspace['id']}/", json={"name": workspace["name"]})
    assert answer.status_code == 200, answer.text
    assert change(one, "start").json() == NOTHING
    ada.post("/api/workspace/create/")
    change(one, "stop")
    assert change(one, "start").json() == {**NOTHING, "changed": 1}, "who began anew is started"
