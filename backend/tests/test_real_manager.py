"""The backend's client against the real manager process: signatures, messages, refusals."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from backend.workspaces.manager_client import build_manager_client
from contract.errors import ApraNovaError, Reason
from contract.manager import CreateRequest
from contract.names import WorkspaceKind, WorkspaceState
from tests.ports import free_port
from tests.waiting import until

SOURCE = Path(__file__).resolve().parents[2]
WORKSPACE = "ws-abcdefghij"
STARTS_WITHIN_S = 20


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("manager")
    port = free_port()
    (folder / "homes").mkdir()
    (folder / "images").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "APRANOVA_RUN_DIR": str(folder),
        "APRANOVA_MANAGER_PORT": str(port),
        "APRANOVA_STORE": str(folder / "manager.sqlite3"),
        "APRANOVA_HOMES_DIR": str(folder / "homes"),
        "APRANOVA_IMAGES_DIR": str(folder / "images"),
        "APRANOVA_WORKSPACES_DOMAIN": "ws.localhost:8080",
        "APRANOVA_PUBLIC_URL": "http://localhost:8080",
        "APRANOVA_ISOLATION": "bubblewrap",
        "AWS_ACCESS_KEY_ID": settings.ENVIRONMENT.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": settings.ENVIRONMENT.aws_secret_access_key,
        "AWS_REGION": settings.ENVIRONMENT.aws_region,
    }
    log = folder / "manager.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "manager.entrypoints.manager"],
            cwd=SOURCE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: answers(port, process), log.read_text, within_s=STARTS_WITHIN_S, ignoring=OSError)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def answers(port, process):
    assert process.poll() is None, "the manager did not start"
    return urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1)


@pytest.fixture
def client(endpoint):
    return build_manager_client(dataclasses.replace(settings.ENVIRONMENT, manager_endpoint=endpoint))


def test_a_workspace_lives_its_life_over_the_wire(client):
    request = CreateRequest(WORKSPACE, "owner", WorkspaceKind.VSCODE, "Amira", "amira@school.example")
    assert client.create(request).state is WorkspaceState.STOPPED
    assert client.create(request).workspace_id == WORKSPACE, "creating again is harmless"
    answer = client.describe([WORKSPACE, "ws-zzzzzzzzzz"])
    assert [view.workspace_id for view in answer.workspaces] == [WORKSPACE]
    assert WorkspaceKind.VSCODE in {view.kind for view in answer.kinds}
    deleted = client.delete(WORKSPACE)
    assert deleted.state is WorkspaceState.DELETED
    assert deleted.purge_at > time.time()
    with pytest.raises(ApraNovaError) as caught:
        client.launch(WORKSPACE)
    assert caught.value.reason is Reason.WORKSPACE_DELETED
    assert client.undelete(WORKSPACE).state is WorkspaceState.STOPPED


def test_an_unknown_workspace_is_refused_with_the_reason_that_makes_us_create_it(client):
    with pytest.raises(ApraNovaError) as caught:
        client.launch("ws-bbbbbbbbbb")
    assert caught.value.reason is Reason.WORKSPACE_NOT_FOUND


def test_a_call_with_another_secret_is_not_served(endpoint):
    stranger = dataclasses.replace(
        settings.ENVIRONMENT, manager_endpoint=endpoint, aws_secret_access_key="somebody-elses"
    )
    with pytest.raises(ApraNovaError) as caught:
        build_manager_client(stranger).describe([])
    assert caught.value.reason is Reason.MANAGER_UNAVAILABLE


def test_a_workspace_of_somebody_who_is_erased_is_soon_not_known_any_more(client):
    gone = "ws-cccccccccc"
    client.create(CreateRequest(gone, "owner", WorkspaceKind.VSCODE, "Amira", "amira@school.example"))
    client.delete(gone)

    def is_unknown():
        try:
            client.delete(gone, at_once=True)
        except ApraNovaError as error:
            return error.reason is Reason.WORKSPACE_NOT_FOUND
        return False

    until(is_unknown, lambda: "it is still there", within_s=STARTS_WITHIN_S)
