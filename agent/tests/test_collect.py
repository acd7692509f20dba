"""Copies of real homes, by the real agent and its real program."""

from __future__ import annotations

import base64
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.tests.task_process import TaskProcess
from contract.collect import CollectRequest
from contract.hand_out_files import read_files
from contract.wire import to_json


def collected(task: TaskProcess, request: CollectRequest) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    answer: dict[str, Any] = {"state": "working"}
    while answer["state"] == "working" and time.monotonic() < deadline:
        status, answer = task.control("POST", "collect", to_json(request))
        assert status == 200, answer
    return answer


def test_the_agent_copies_the_folder_of_a_claimed_home_and_nothing_of_it_stays(
    start_task: Callable[..., TaskProcess], tmp_path: Path
) -> None:
    folder = tmp_path / "project/lesson-1"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("mine")
    (folder / "random.bin").write_bytes(os.urandom(3_500_000))
    (folder / "hosts").symlink_to("/etc/passwd")
    task = start_task("has a project", prefix=("/usr/bin/env", f"HOME={tmp_path}"))
    task.wait_for("ready")
    message = to_json(CollectRequest("lesson-1", "copy-1"))
    assert task.control("POST", "collect", message)[0] == 409
    task.claim()
    assert task.control("POST", "collect", message, token="wrong")[0] == 403
    answer = collected(task, CollectRequest("lesson-1", "copy-1"))
    assert (answer["state"], answer["left_out"]) == ("done", [{"path": "hosts", "reason": "is a link"}])
    found = {file.path: file.content for file in read_files(io.BytesIO(base64.b64decode(answer["files"])))}
    assert found["main.py"] == b"mine"
    assert len(found["random.bin"]) == 3_500_000

    (folder / "main.py").write_text("newer")
    again = collected(task, CollectRequest("lesson-1", "copy-2"))
    found = {file.path: file.content for file in read_files(io.BytesIO(base64.b64decode(again["files"])))}
    assert found["main.py"] == b"newer"
    assert collected(task, CollectRequest("lesson-2", "copy-3"))["failure"] == "There is no folder ~/project/lesson-2."
