"""Looks into real homes, by the real agent and its real program."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.tests.task_process import TaskProcess
from contract.history import FILE_BYTES_MAX, PIECE_BYTES_MAX, LookRequest
from contract.wire import to_json


class Looked:
    def __init__(self, task: TaskProcess, home: Path) -> None:
        self.task, self.home = task, home

    def at(self, key: str, offset: int | None = None) -> dict[str, Any]:
        status, answer = self.task.control("POST", "look", to_json(LookRequest(key, offset)))
        assert status == 200, answer
        return dict(answer)


@pytest.fixture
def looked(start_task: Callable[..., TaskProcess], tmp_path: Path) -> Looked:
    (tmp_path / "project").mkdir()
    task = start_task("has a project", prefix=("/usr/bin/env", f"HOME={tmp_path}"))
    task.wait_for("ready")
    return Looked(task, tmp_path)


def test_a_folder_and_a_file_are_read_once_the_home_is_claimed_and_by_the_manager_alone(looked: Looked) -> None:
    message = to_json(LookRequest("project"))
    (looked.home / "project/main.py").write_text("mine")
    assert looked.task.control("POST", "look", message)[0] == 409
    looked.task.claim()
    assert looked.task.control("POST", "look", message, token="wrong")[0] == 403
    [entry] = looked.at("project")["folder"]["entries"]
    assert (entry["key"], entry["name"], entry["size"]) == ("project/main.py", "main.py", 4)
    assert base64.b64decode(looked.at("project/main.py", 0)["piece"]["content"]) == b"mine"
    (looked.home / "project/main.py").write_text("newer")
    assert base64.b64decode(looked.at("project/main.py", 2)["piece"]["content"]) == b"wer"


def test_a_large_file_comes_in_pieces_and_one_beyond_the_limit_does_not(looked: Looked) -> None:
    looked.task.claim()
    content = os.urandom(PIECE_BYTES_MAX + 5)
    (looked.home / "data.bin").write_bytes(content)
    pieces = [looked.at("data.bin", offset)["piece"] for offset in (0, PIECE_BYTES_MAX)]
    assert b"".join(base64.b64decode(it["content"]) for it in pieces) == content
    assert {it["size"] for it in pieces} == {len(content)}
    with (looked.home / "huge").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert "too large" in looked.at("huge", 0)["gone"]


@pytest.mark.parametrize("key", ["..", "../other", "/etc/passwd", "%2e%2e/x", "a//b", "link", "link/passwd", "pipe"])
def test_nothing_outside_the_home_is_read_and_nothing_that_is_no_file(looked: Looked, key: str) -> None:
    looked.task.claim()
    (looked.home / "link").symlink_to("/etc")
    os.mkfifo(looked.home / "pipe")
    for offset in (None, 0):
        answer = looked.at(key, offset)
        assert answer["gone"], (key, offset, answer)
        assert (answer["folder"], answer["piece"]) == (None, None)
    assert [it["name"] for it in looked.at("")["folder"]["entries"]] == ["project"]


def test_a_request_that_is_none_gets_an_answer_in_words(looked: Looked) -> None:
    looked.task.claim()
    status, answer = looked.task.control("POST", "look", {"key": 7})
    assert (status, answer["folder"], answer["piece"]) == (200, None, None)
    assert answer["failure"].startswith("The request cannot be read")
