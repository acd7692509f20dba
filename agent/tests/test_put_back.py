"""Files of then come back into real homes, by the real agent and its real program."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from agent.tests.task_process import TaskProcess
from contract.history import FilePiece, WriteRequest, key_of
from contract.wire import to_json


def piece(path: str, content: bytes, *, offset: int = 0, of: bytes | None = None) -> FilePiece:
    whole = content if of is None else of
    digest = hashlib.sha256(whole).hexdigest()
    return FilePiece(key_of(path), base64.b64encode(content).decode(), offset, len(whole), digest)


def test_the_agent_writes_files_into_a_claimed_home_and_nowhere_else(
    start_task: Callable[..., TaskProcess], tmp_path: Path
) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "project").mkdir(parents=True)
    outside.mkdir()
    (home / "project/main.py").write_text("broken")
    (home / "project/link").symlink_to(outside)
    task = start_task("has a project", prefix=("/usr/bin/env", f"HOME={home}"))
    task.wait_for("ready")
    data = os.urandom(4_000_000)
    wanted = WriteRequest(
        "a" * 32,
        (
            piece("project/main.py", b"good"),
            piece("project/new folder/\udcff.txt", b"new"),
            piece("project/link/stolen.txt", b"x"),
            FilePiece("../outside/stolen.txt", "eA==", 0, 1, hashlib.sha256(b"x").hexdigest()),
            piece("project/data.bin", data[:3_000_000], of=data),
        ),
    )
    assert task.control("POST", "write-files", to_json(wanted))[0] == 409
    task.claim()
    assert task.control("POST", "write-files", to_json(wanted), token="wrong")[0] == 403
    status, answer = task.control("POST", "write-files", to_json(wanted))
    assert status == 200, answer
    assert [it["name"] for it in answer["left_out"]] == ["project/link/stolen.txt", "A file"]
    assert list(outside.iterdir()) == []
    assert (home / "project/main.py").read_text() == "good"
    assert (home / "project/new folder/\udcff.txt").read_text() == "new"
    assert not (home / "project/data.bin").exists(), "not before it is whole"
    last = WriteRequest("a" * 32, (piece("project/data.bin", data[3_000_000:], offset=3_000_000, of=data),))
    assert task.control("POST", "write-files", to_json(last)) == (200, {"left_out": [], "failure": ""})
    assert (home / "project/data.bin").read_bytes() == data
