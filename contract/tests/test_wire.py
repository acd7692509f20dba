"""Messages survive the wire, and a bad one is refused with the name of the field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.agent import AgentStatus, ClaimRequest, TaskConfig
from contract.manager import Activity, Endpoint, LaunchStep, WorkspaceView
from contract.names import LaunchPath, StepName, StopReason, WorkspaceKind, WorkspaceState
from contract.wire import BadMessage, from_json, to_json

times = st.floats(min_value=0, max_value=4e9)
words = st.text(max_size=20)
views = st.builds(
    WorkspaceView,
    workspace_id=words,
    owner_id=words,
    kind=st.sampled_from(WorkspaceKind),
    state=st.sampled_from(WorkspaceState),
    version=st.integers(0, 10**9),
    steps=st.lists(st.builds(LaunchStep, name=st.sampled_from(StepName), at=times, text=words), max_size=3).map(tuple),
    launch_path=st.none() | st.sampled_from(LaunchPath),
    activity=st.none() | st.builds(Activity, at=times, reason=words),
    stops_at=st.none() | times,
    stop_reason=st.none() | st.sampled_from(StopReason),
    endpoint=st.none() | st.builds(Endpoint, cluster=words, address=words, launch_secret=words),
)


@given(views)
def test_a_message_is_the_same_after_the_wire(view: WorkspaceView) -> None:
    assert from_json(WorkspaceView, json.loads(json.dumps(to_json(view)))) == view


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"workspace_id": 7}, "message.workspace_id: str is expected, got int"),
        ({"workspace_id": None}, "message.workspace_id: str is expected, got NoneType"),
        ({"state": "flying"}, "message.state: one of stopped, starting"),
        ({"version": True}, "message.version: int is expected, got bool"),
        ({"steps": "abc"}, "message.steps: a list is expected"),
        ({"steps": [{"name": "saving", "at": "y", "text": ""}]}, r"message.steps\[0\].at: float is expected, got str"),
        ({"endpoint": []}, "message.endpoint: an object is expected"),
        ({"stops_at": 10**400}, "message.stops_at: the number is too large"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, object], complaint: str) -> None:
    good = {"workspace_id": "w", "owner_id": "o", "kind": "vscode", "state": "stopped", "version": 1}
    with pytest.raises(BadMessage, match=complaint):
        from_json(WorkspaceView, {**good, **change})


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadMessage, match=r"message\.launch_secret: is missing"):
        from_json(ClaimRequest, {"workspace_id": "w"})


def test_a_newer_sender_may_add_fields() -> None:
    assert from_json(AgentStatus, {"task_id": "t", "phase": "ready", "colour": "blue"}).task_id == "t"


def test_whole_numbers_serve_as_times() -> None:
    assert from_json(LaunchStep, {"name": "saving", "at": 3, "text": ""}) == LaunchStep(StepName.SAVING, 3.0, "")


def test_secrets_are_not_in_a_repr() -> None:
    claim = ClaimRequest(workspace_id="w", launch_secret="hush")
    config = TaskConfig(task_id="t", kind=WorkspaceKind.VSCODE, agent_token="hush", listen="unix:/x")
    assert "hush" not in repr(claim) + repr(config) + repr(Endpoint("c", "a", "hush"))
