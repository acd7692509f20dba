"""The home that comes to a slot: what leads there when, and who may not look before."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.collect import read as collect
from agent.look import read as look
from agent.moved_home import HomeNotThere, come, flush, hide_credentials, make_room
from agent.put_back import write as put_back
from contract.collect import CollectRequest
from contract.history import FilePiece, LookRequest, WriteRequest
from contract.wire import to_json

HOME = "home-aaaaaaaaaaaaaaaa"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As in the images: a link into a volume, which leads nowhere yet."""
    (tmp_path / "run").mkdir()
    (tmp_path / "slot").mkdir()
    monkeypatch.setenv("APRANOVA_SLOT", str(tmp_path / "slot"))
    home = tmp_path / "student"
    home.symlink_to(tmp_path / "run" / "home")
    return home


def test_before_the_claim_it_is_an_empty_folder_and_from_then_on_the_student_s(home: Path, tmp_path: Path) -> None:
    make_room(home)
    (home / "warm").write_text("of the application's start")
    assert list((tmp_path / "slot").iterdir()) == []
    (tmp_path / "slot" / HOME).mkdir()
    (tmp_path / "slot" / HOME / "work.py").write_text("theirs")
    for _ in range(2):
        come(home, HOME)
    assert [file.name for file in home.iterdir()] == ["work.py"]
    assert home.resolve() == tmp_path / "slot" / HOME  # the same real path in every session
    flush()


def test_a_home_that_did_not_come_is_said_in_words_and_nothing_is_made_in_its_place(home: Path, tmp_path: Path) -> None:
    make_room(home)
    with pytest.raises(HomeNotThere, match="did not come"):
        come(home, HOME)
    (tmp_path / "slot").rmdir()
    with pytest.raises(HomeNotThere, match="cannot be reached"):
        come(home, HOME)
    assert list(home.iterdir()) == []


def test_programs_that_follow_no_link_work_on_a_home_in_a_slot(home: Path, tmp_path: Path) -> None:
    make_room(home)
    (tmp_path / "slot" / HOME / "project/lesson").mkdir(parents=True)
    (tmp_path / "slot" / HOME / "project/lesson/main.py").write_text("mine")
    come(home, HOME)
    piece = FilePiece("project/old.py", base64.b64encode(b"old").decode(), 0, 3, hashlib.sha256(b"old").hexdigest())
    requests = {
        collect: CollectRequest("lesson", "copy-1"),
        look: LookRequest("project/lesson"),
        put_back: WriteRequest("a" * 32, (piece,)),
    }
    answers = {}
    for program, request in requests.items():
        file = tmp_path / "request.json"
        file.write_text(json.dumps(to_json(request)))
        assert program.main([str(home), str(file)]) == 0
        answers[program] = json.loads(file.with_suffix(".answer").read_text())
    assert (answers[collect]["state"], answers[collect]["failure"]) == ("done", "")
    assert [it["name"] for it in answers[look]["folder"]["entries"]] == ["main.py"]
    assert answers[put_back] == {"left_out": [], "failure": ""}
    assert (tmp_path / "slot" / HOME / "project/old.py").read_bytes() == b"old"


def test_a_home_that_the_engine_mounts_is_left_alone(tmp_path: Path) -> None:
    mounted = tmp_path / "student"
    mounted.mkdir()
    make_room(mounted)
    assert not mounted.is_symlink()


def test_no_program_of_the_student_inherits_the_credentials_of_the_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/a-secret")
    hide_credentials()
    child = subprocess.run(
        [sys.executable, "-S", "-c", "import os; print(*os.environ)"], check=True, capture_output=True, text=True
    )
    assert "AWS_CONTAINER" not in child.stdout
