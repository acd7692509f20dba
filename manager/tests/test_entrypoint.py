"""The real process over loopback, called with the backend's own client: boto3."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from contract.names import MANAGER_FUNCTION, WorkspaceKind
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_volumes import HomeOwner
from manager.tests.school import ANNA
from tests.ports import free_port
from tests.waiting import until

KEY, SECRET, REGION = "AKTEST", "a secret that only the backend knows", "us-east-1"


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "APRANOVA_RUN_DIR": str(folder),
        "APRANOVA_STORE": str(folder / "data" / "manager.sqlite3"),
        "APRANOVA_HOMES_DIR": str(folder / "homes"),
        "APRANOVA_MANAGER_PORT": str(port),
        "APRANOVA_ISOLATION": "bubblewrap",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        **more,
    }


class Running:
    def __init__(self, folder: Path, **more: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "manager.entrypoints.manager"],
            env=environment(folder, self.port, **more),
            stderr=subprocess.PIPE,
            text=True,
        )
        self._until_healthy()

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def client(self, *, key: str = KEY, secret: str = SECRET) -> Any:
        return boto3.client(
            "lambda",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=5, max_pool_connections=30),
        )

    def invoke(self, event: Any) -> Any:
        answer = self.client().invoke(FunctionName=MANAGER_FUNCTION, Payload=json.dumps(event))
        assert "FunctionError" not in answer
        return json.loads(answer["Payload"].read())

    def _until_healthy(self) -> None:
        def ended() -> str:
            self.process.kill()
            return self.process.communicate()[1]

        until(lambda: self.get("/health")[0] == 200, ended, ignoring=OSError)


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("manager"))
    yield running
    running.process.kill()
    running.process.communicate()


def create(workspace_id: str = ANNA) -> dict[str, str]:
    return {"action": "create", "workspace_id": workspace_id, "owner_id": "7", "kind": "vscode"}


def test_boto3_creates_and_describes_a_workspace(manager: Running) -> None:
    made = manager.invoke(create())
    assert made["ok"]
    assert made["workspace"]["state"] == "stopped"
    described = manager.invoke({"action": "describe", "workspace_ids": [ANNA, "ws-zzzzzzzzzz"]})
    assert [item["workspace_id"] for item in described["workspaces"]] == [ANNA]
    assert [kind["ready"] for kind in described["kinds"]] == [False, False]


def test_a_launch_without_an_engine_is_an_error_in_words_and_changes_nothing(manager: Running) -> None:
    manager.invoke(create())
    answer = manager.invoke({"action": "launch", "workspace_id": ANNA})
    assert not answer["ok"]
    assert (answer["error"]["reason"], answer["error"]["message"]) == (
        "manager_unavailable",
        "Workspaces cannot be reached right now.",
    )
    (view,) = manager.invoke({"action": "describe", "workspace_ids": [ANNA]})["workspaces"]
    assert view["state"] == "stopped"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({}, "action"),
        ([], "an object is expected"),
        ({"action": "explode"}, "action: one of create"),
        ({"action": "launch"}, "workspace_id: is missing"),
        ({"action": "launch", "workspace_id": 5}, "str is expected"),
        ({"action": "launch", "workspace_id": "ws-none000000"}, "does not exist"),
        ({**create(), "kind": "emacs"}, "vscode, superset"),
        ({**create(), "workspace_id": "../../etc"}, "ten characters"),
        ({"action": "describe", "workspace_ids": ["ws-aaaaaaaaaa"] * 101}, "at most 100"),
        ({"action": "keep_running", "workspace_id": ANNA, "until": "soon"}, "float is expected"),
    ],
)
def test_a_bad_payload_is_answered_with_what_was_expected(manager: Running, event: Any, words: str) -> None:
    answer = manager.invoke(event)
    assert not answer["ok"]
    assert words in answer["error"]["message"]


def test_a_wrong_secret_and_a_wrong_key_are_refused(manager: Running) -> None:
    for client in (manager.client(secret="guess"), manager.client(key="AKOTHER")):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            client.invoke(FunctionName=MANAGER_FUNCTION, Payload=b"{}")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_request_without_a_signature_is_refused(manager: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", manager.port, timeout=5)
    connection.request("POST", f"/2015-03-31/functions/{MANAGER_FUNCTION}/invocations", body=b"{}")
    assert connection.getresponse().status == 403


def test_another_function_is_not_found(manager: Running) -> None:
    client = manager.client()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="another", Payload=b"{}")


def test_too_large_and_malformed_payloads_are_refused(manager: Running) -> None:
    client = manager.client()
    with pytest.raises(client.exceptions.RequestTooLargeException):
        client.invoke(FunctionName=MANAGER_FUNCTION, Payload=b" " * 7_000_000)
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke(FunctionName=MANAGER_FUNCTION, Payload=b"{nonsense")


def test_thirty_clients_at_once_are_served(manager: Running) -> None:
    client = manager.client()

    def ask(_: int) -> bool:
        answer = client.invoke(FunctionName=MANAGER_FUNCTION, Payload=json.dumps(create()))
        return json.loads(answer["Payload"].read())["ok"]

    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        assert all(pool.map(ask, range(60)))


def test_metrics_count_invocations(manager: Running) -> None:
    manager.invoke({"action": "sweep"})
    status, text = manager.get("/metrics")
    assert status == 200
    assert 'apranova_manager_invocations_total{action="sweep"}' in text


def test_sigterm_ends_it_within_a_second_and_a_second_start_finds_the_records(tmp_path: Path) -> None:
    first = Running(tmp_path)
    first.invoke(create())
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(timeout=1) == 0
    logs = first.process.communicate()[1]
    assert SECRET not in logs
    assert all(json.loads(line)["part"] == "manager" for line in logs.splitlines())
    second = Running(tmp_path)
    try:
        assert second.invoke({"action": "describe", "workspace_ids": [ANNA]})["workspaces"]
    finally:
        second.process.kill()
        second.process.communicate()


def test_a_home_from_before_its_owner_was_noted_gets_the_note_at_the_next_start(tmp_path: Path) -> None:
    home_id = "home-aaaaaaaaaaaaaaaa"
    store = SqliteWorkspaceStore(tmp_path / "data" / "manager.sqlite3")
    store.write(Workspace(ANNA, "owner-of-old", WorkspaceKind.VSCODE, home_id=home_id, home_created_at=1.0))
    store.close()
    homes = DirectoryHomeVolumes(tmp_path / "homes")
    homes.create(home_id)
    manager = Running(tmp_path)
    manager.process.kill()
    manager.process.communicate()
    assert homes.owners() == {home_id: HomeOwner(ANNA, "owner-of-old", WorkspaceKind.VSCODE)}


def test_a_bad_setting_is_one_clear_line_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "manager.entrypoints.manager"],
        env=environment(tmp_path, free_port(), APRANOVA_POOL="base=many"),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "APRANOVA_POOL" in done.stderr
