"""What the manager may ask, through a real agent in front of a fake application."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.egress import forward
from agent.task import ENDED_AFTER_S
from agent.tests.task_process import WORKSPACE, TaskProcess
from tests.waiting import until

Start = Callable[..., TaskProcess]


def test_a_control_request_without_the_agent_token_is_refused(ready: TaskProcess) -> None:
    for method, name in (("GET", "status"), ("POST", "claim"), ("POST", "stop"), ("GET", "nothing")):
        assert ready.control(method, name, {} if method == "POST" else None, token="wrong")[0] == 403
    assert ready.status()["phase"] == "ready"


def test_a_claim_is_idempotent_for_the_same_workspace_and_refused_for_another(ready: TaskProcess) -> None:
    first = ready.claim()
    assert (first[0], first[1]["phase"], first[1]["workspace_id"]) == (200, "claimed", WORKSPACE)
    again = ready.claim()
    assert again[0] == 200
    assert again[1]["unsaved"] == 1  # the fake's count of claims: it was asked once
    assert ready.claim(workspace_id="ws-bbbbbbbbbb")[0] == 409
    assert ready.claim(launch_secret="another")[0] == 409
    assert ready.data()[0] == 200


def test_claims_at_once_bind_one_workspace(ready: TaskProcess) -> None:
    answers: list[int] = []
    names = [f"ws-aaaaaaaaa{letter}" for letter in "abcdefgh"]
    threads = [
        threading.Thread(target=lambda name=name: answers.append(ready.claim(workspace_id=name)[0])) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 7


def test_a_claim_during_the_warm_up_is_answered_when_the_application_serves(start_task: Start) -> None:
    task = start_task()
    assert task.claim()[1]["phase"] == "claimed"
    assert task.data()[0] == 200


def test_a_claim_that_failed_can_be_repeated(start_task: Start) -> None:
    task = start_task("first claim fails")
    assert task.claim() == (500, {"failure": "the disk is full"})
    assert task.data()[0] == 503
    assert task.claim()[0] == 200
    assert task.data()[0] == 200


def test_a_control_body_has_a_limit(ready: TaskProcess) -> None:
    assert ready.control("POST", "claim", {"workspace_id": "x" * 100_000})[0] == 413


def test_save_says_what_it_did_and_what_it_could_not(claimed: TaskProcess, start_task: Start) -> None:
    assert claimed.control("POST", "save") == (200, {"saved": True, "documents": 0, "failure": ""})
    other = start_task("cannot save")
    other.wait_for("ready")
    status, answer = other.control("POST", "save")
    assert (status, answer["saved"], answer["failure"]) == (200, False, "the browser did not answer in time")


def test_a_bug_in_one_request_answers_it_and_ends_nothing(start_task: Start) -> None:
    task = start_task("breaks")
    task.wait_for("ready")
    assert task.control("POST", "save")[0] == 500
    assert task.status()["phase"] == "ready"


def test_a_request_of_a_person_counts_where_the_application_says_so(claimed: TaskProcess) -> None:
    before = claimed.status()
    assert before["activity_reason"] == "launched it"
    claimed.data("/poll")
    assert claimed.status()["last_activity_at"] == before["last_activity_at"]
    claimed.data("/query", "POST", b"")
    assert claimed.status()["activity_reason"] == "ran a query"


@pytest.mark.parametrize("way", ["request", "signal"])
def test_stop_ends_the_application_and_exits_with_0(claimed: TaskProcess, way: str) -> None:
    if way == "request":
        assert claimed.control("POST", "stop") == (200, {})
    else:
        claimed.process.send_signal(signal.SIGTERM)
    assert claimed.process.wait(10) == 0
    with pytest.raises(ConnectionRefusedError), socket.socket(socket.AF_UNIX) as client:
        client.connect(claimed.socket_path.replace("http.sock", "app.sock"))


def left(task: TaskProcess, name: str) -> str:
    """What the fake wrote: `saved`, how often and what it answered meanwhile; `goodbye`."""
    file = Path(task.socket_path).with_name(name)
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize(
    ("before", "saved", "goodbye"),
    [((), "", ""), (("claim",), "1 200", "after 1 saves"), (("claim", "save"), "1 200", "after 1 saves")],
    ids=["not claimed", "not saved", "saved already"],
)
def test_a_sigterm_saves_what_is_not_saved_and_then_says_goodbye(
    ready: TaskProcess, before: tuple[str, ...], saved: str, goodbye: str
) -> None:
    for step in before:
        assert (ready.claim() if step == "claim" else ready.control("POST", step))[0] == 200
    ready.process.send_signal(signal.SIGTERM)
    assert ready.process.wait(10) == 0
    assert (left(ready, "saved"), left(ready, "goodbye")) == (saved, goodbye)


@pytest.mark.parametrize("behavior", ["saves forever", "breaks", "cannot save", "says goodbye forever"])
def test_a_save_or_a_goodbye_that_fails_or_does_not_end_does_not_keep_the_task(
    start_task: Start, behavior: str
) -> None:
    task = start_task(behavior)
    task.claim()
    task.process.send_signal(signal.SIGTERM)
    task.process.send_signal(signal.SIGTERM)  # said twice, saved once
    assert task.process.wait(10) == 0
    assert left(task, "goodbye")
    assert task.log.read_text().count("SIGTERM: ") == 1


def test_an_application_that_dies_fails_the_task_with_a_reason(claimed: TaskProcess) -> None:
    claimed.data("/die")
    assert claimed.wait_for("failed")["failure"] == "The fake ended with code 3"
    assert claimed.process.wait(15) == 1


def test_an_application_that_never_starts_fails_the_task(start_task: Start) -> None:
    task = start_task("never starts")
    assert task.wait_for("failed")["failure"] == "The fake ended with code 1"
    assert task.claim()[0] in (409, 500)


def test_a_wrong_configuration_is_one_clear_line_and_code_2(start_task: Start) -> None:
    task = start_task(listen="nonsense")
    assert task.process.wait(10) == 2
    assert "listen must be" in task.log.read_text()


def test_the_agent_stays_small(claimed: TaskProcess) -> None:
    """As the image starts it, without OpenSSL, it is 4 MB smaller still."""
    lines = open(f"/proc/{claimed.process.pid}/status").read().splitlines()  # noqa: PTH123, SIM115
    anonymous = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
    assert anonymous < 18_000


def test_the_way_out_leads_to_the_proxy(ready: TaskProcess) -> None:
    async def through() -> bytes:
        path = os.path.join(os.path.dirname(ready.socket_path), "e.sock")  # noqa: PTH118, PTH120

        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"proxy got " + await reader.read())
            writer.close()

        async with await asyncio.start_unix_server(proxy, path):
            inside = await forward(path, port=0)
            port = inside.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"CONNECT")
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            inside.close()
            return answer

    assert asyncio.run(through()) == b"proxy got CONNECT"


def test_the_status_says_what_programs_hold_once_somebody_has_the_task(ready: TaskProcess) -> None:
    assert ready.status()["memory_bytes"] == 0
    assert ready.claim(memory_bytes=1_536 << 20)[0] == 200
    until(lambda: ready.status()["memory_bytes"] > 1 << 20, ready.log.read_text, within_s=20)


def test_dead_children_do_not_stay(claimed: TaskProcess) -> None:
    claimed.data("/die")
    claimed.wait_for("failed")
    time.sleep(0.05)
    children = open(f"/proc/{claimed.process.pid}/task/{claimed.process.pid}/children").read()  # noqa: PTH123, SIM115
    assert children.strip() == ""


def test_the_engines_signal_becomes_a_notice_for_the_student(ready: TaskProcess) -> None:
    ready.process.send_signal(signal.SIGURG)  # nobody has it yet, so nobody is told
    assert ready.claim(memory_bytes=1_536 << 20)[0] == 200
    notice = ready.log.with_name("warned")
    assert not notice.exists()
    ready.process.send_signal(signal.SIGURG)
    deadline = time.monotonic() + 10
    while not notice.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert notice.read_text().startswith("A program was ended: the 1.5 GB of this workspace are full.")
    for _ in range(100):  # any program of the student's may send it too
        ready.process.send_signal(signal.SIGURG)
        time.sleep(0.002)
    time.sleep(2 * ENDED_AFTER_S)
    assert 2 <= ready.log.read_text().count("A program was ended") <= 10
