from __future__ import annotations

import pytest

from backend.workspaces.errors import problem_of
from backend.workspaces.manager_client import manager_client
from contract.errors import ApraNovaError, Reason
from contract.manager import CreateRequest
from contract.names import WorkspaceKind, WorkspaceState


def create(workspace_id="ws-aaaaaaaaaa"):
    return manager_client().create(CreateRequest(workspace_id, "owner", WorkspaceKind.VSCODE))


def test_it_speaks_the_contract(manager):
    assert create().state is WorkspaceState.STOPPED
    assert manager_client().launch("ws-aaaaaaaaaa").state is WorkspaceState.RUNNING
    assert manager_client().describe(["ws-aaaaaaaaaa", "ws-bbbbbbbbbb"]).workspaces[0].endpoint is not None


def test_more_ids_than_a_call_takes_are_asked_for_in_parts(manager):
    ids = [f"ws-{chr(97 + n // 26)}{chr(97 + n % 26)}aaaaaaaa" for n in range(230)]
    for workspace_id in ids:
        manager.workspaces[workspace_id] = manager._create(CreateRequest(workspace_id, "o", WorkspaceKind.VSCODE))
    assert [view.workspace_id for view in manager_client().describe(ids).workspaces] == ids
    assert manager.calls["describe"] == 3


def test_a_refusal_keeps_its_reason_and_message(manager):
    manager.fail_with = ApraNovaError(Reason.NO_CAPACITY, "All places are taken.")
    with pytest.raises(ApraNovaError) as caught:
        create()
    assert (caught.value.reason, caught.value.message) == (Reason.NO_CAPACITY, "All places are taken.")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"not json"),
        (200, b"[]"),
        (200, b'{"ok": true}'),
        (200, b'{"ok": true, "workspace": {"state": "flying"}}'),
        (500, b'{"message": "broken"}'),
        (403, b'{"message": "bad signature"}'),
        (404, b""),
    ],
)
def test_an_answer_that_makes_no_sense_means_unavailable(manager, status, body):
    manager.status, manager.answer_with = status, body
    try:
        with pytest.raises(ApraNovaError) as caught:
            create()
    finally:
        manager.status, manager.answer_with = 200, None
    assert caught.value.reason is Reason.MANAGER_UNAVAILABLE


def test_a_refusal_with_an_unknown_reason_is_internal(manager):
    manager.answer_with = b'{"ok": false, "error": {"reason": "of_the_future", "message": "Hm."}}'
    with pytest.raises(ApraNovaError) as caught:
        create()
    assert (caught.value.reason, caught.value.message) == (Reason.INTERNAL, "Hm.")


def test_a_manager_that_is_not_there_means_unavailable(manager):
    manager.unreachable = True
    with pytest.raises(ApraNovaError) as caught:
        create()
    assert caught.value.reason is Reason.MANAGER_UNAVAILABLE


def test_each_reason_has_its_status_and_time_to_come_back():
    problems = {reason: problem_of(ApraNovaError(reason, "Why.")) for reason in Reason}
    told = {reason.value: (int(it.status), it.headers.get("Retry-After"), it.detail) for reason, it in problems.items()}
    assert {reason: told.pop(reason)[:2] for reason in list(told) if told[reason][0] != 409} == {
        "bad_request": (400, None), "workspace_not_found": (404, None), "snapshot_not_found": (404, None),
        "no_capacity": (503, "60"), "launch_failed": (503, "5"), "manager_unavailable": (503, "2"), "internal": (500, None),
    }  # fmt: skip
    assert told == dict.fromkeys(told, (409, None, "Why."))
    assert problems[Reason.CONFLICT].reason == "conflict"
