from __future__ import annotations

import concurrent.futures

from backend.audit.models import Record
from backend.workspaces.models import Workspace


def test_a_student_creates_and_launches_a_workspace_of_their_track(signed_in, manager):
    browser = signed_in("student", "FSD")
    answer = browser.post("/api/workspace/create/")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["kind"] == "vscode"
    assert body["state"] == "running"
    assert body["url"] == f"http://localhost:8080/workspace/{body['id']}/"
    assert [step["name"] for step in body["steps"]] == ["requested", "application_ready"]
    assert body["owner"] == {"id": str(browser.user.pk), "name": browser.user.name}
    again = browser.post("/api/workspace/create/", json={})
    assert again.status_code == 200
    assert again.json()["id"] == body["id"]
    assert manager.tasks_started[body["id"]] == 1
    actions = list(Record.objects.filter(target_id=body["id"]).order_by("id").values_list("action", flat=True))
    assert actions == ["workspace.create", "workspace.launch", "workspace.launch"]


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
