"""What the gateway's connections may do, through a real agent in front of a fake application."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from agent.tests.conftest import running_tasks
from agent.tests.task_process import SECRET, TaskProcess, read_all

WITH_SECRET = f"x-apranova-launch-secret: {SECRET}\r\n"


@pytest.fixture(scope="module")
def claimed() -> Iterator[TaskProcess]:
    """One task for all: no request of a browser may change it."""
    with running_tasks() as start:
        task = start()
        assert task.claim()[0] == 200
        yield task
        assert task.status()["phase"] == "claimed"


def get(target: str = "/", headers: str = WITH_SECRET) -> bytes:
    return f"GET {target} HTTP/1.1\r\nhost: ws.localhost:8080\r\n{headers}\r\n".encode()


def test_a_request_before_the_claim_is_told_to_come_later(ready: TaskProcess) -> None:
    assert ready.raw(get()).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    "headers",
    ["", "x-apranova-launch-secret: wrong\r\n", "x-apranova-launch-secret: \r\n", WITH_SECRET * 2],
    ids=["no secret", "a wrong one", "an empty one", "the right one twice"],
)
def test_a_request_without_the_launch_secret_is_refused(claimed: TaskProcess, headers: str) -> None:
    assert claimed.raw(get(headers=headers)).startswith(b"HTTP/1.1 403 ")


def test_the_application_sees_the_request_without_our_headers_and_keeps_the_host(claimed: TaskProcess) -> None:
    extra = (
        WITH_SECRET + "X-ApraNova-Agent-Token: x\r\nX-Forwarded-Host: evil\r\nForwarded: host=evil\r\nCookie: a=b\r\n"
    )
    answer = claimed.raw(get("/some/path?q=1", extra))
    line, headers, _ = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert line == "GET /some/path?q=1 HTTP/1.1"
    assert headers == {"host": "ws.localhost:8080", "cookie": "a=b", "connection": "close"}


@pytest.mark.parametrize("first", ["/", "/ignores-close"])
def test_a_second_request_on_a_connection_is_never_served(claimed: TaskProcess, first: str) -> None:
    with claimed.connect() as client:
        client.sendall(get(first) + get("/smuggled", headers=""))
        time.sleep(0.2)
        with suppress(OSError):
            client.sendall(get("/later", headers=""))
            client.shutdown(socket.SHUT_WR)
        answers = read_all(client)
    assert answers.count(b"HTTP/1.1 200 OK") == 1
    assert b"smuggled" not in answers
    assert b"later" not in answers


@pytest.mark.parametrize("body", [b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n", b"transfer-encoding: chunked\r\n\r\nzz\r\n"])  # fmt: skip
def test_a_body_whose_end_is_not_certain_never_gets_an_answer_of_the_application(
    claimed: TaskProcess, body: bytes
) -> None:
    answer = claimed.raw(f"POST / HTTP/1.1\r\nhost: x\r\n{WITH_SECRET}".encode() + body)
    assert b" 200 " not in answer


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_bodies_of_any_size_pass_whole(claimed: TaskProcess, size: int) -> None:
    status, answer = claimed.data("/upload", "POST", b"b" * size)
    assert (status, json.loads(answer)[2]) == (200, size)


def test_a_chunked_body_passes_whole_and_what_follows_it_does_not(claimed: TaskProcess) -> None:
    chunks = b"5\r\nhello\r\n6;note=1\r\n world\r\n0\r\n\r\n"
    head = f"POST / HTTP/1.1\r\nhost: x\r\n{WITH_SECRET}transfer-encoding: chunked\r\n\r\n".encode()
    # One byte at a time: no border between pieces may matter.
    with claimed.connect() as client:
        for byte in head + chunks + get("/smuggled"):
            with suppress(OSError):
                client.sendall(bytes([byte]))
        answer = read_all(client)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])[2] == 11


def test_a_large_answer_arrives_whole_at_a_slow_reader(claimed: TaskProcess) -> None:
    with claimed.connect() as client:
        client.sendall(get("/large"))
        time.sleep(0.3)
        answer = read_all(client)
    assert len(answer.partition(b"\r\n\r\n")[2]) == 20_000_000


def test_a_websocket_carries_bytes_both_ways_and_counts_as_a_session(claimed: TaskProcess) -> None:
    upgrade = WITH_SECRET + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    with claimed.connect() as client:
        client.sendall(get("/socket", upgrade))
        assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
        client.sendall(b"any bytes \x00\xff\r\n\r\n")
        assert client.recv(65536) == b"any bytes \x00\xff\r\n\r\n"
        assert claimed.status()["sessions"] == 1
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
    assert claimed.status()["sessions"] == 0


def test_an_instructor_s_open_socket_ends_with_the_visit_and_the_student_s_stays(claimed: TaskProcess) -> None:
    upgrade = WITH_SECRET + "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    with claimed.connect() as student, claimed.connect() as visitor, claimed.connect() as short:
        for client, visit in (
            (student, ""),
            (visitor, "x-apranova-visit: 900\r\n"),
            (short, "x-apranova-visit: 1\r\n"),
        ):
            client.sendall(get("/socket", upgrade + visit))
            assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
        assert read_all(short) == b"", "it lives no longer than the gateway says"
        visitor.sendall(b"still here")
        assert visitor.recv(100) == b"still here"
        assert claimed.control("POST", "end-visits", {"port": 3000})[0] == 200
        visitor.sendall(b"another port")
        assert visitor.recv(100) == b"another port"
        assert claimed.control("POST", "end-visits", {"port": 0})[0] == 200
        assert read_all(visitor) == b""
        student.sendall(b"mine")
        assert student.recv(100) == b"mine"


def test_an_upgrade_that_the_application_declines_opens_no_pipe(claimed: TaskProcess) -> None:
    upgrade = WITH_SECRET + "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    with claimed.connect() as client:
        client.sendall(get("/no-upgrade", upgrade))
        assert b" 200 OK" in client.recv(65536)
        client.sendall(get("/smuggled"))
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""


def test_a_slow_head_is_cut_off(claimed: TaskProcess) -> None:
    with claimed.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost:")
        assert read_all(client).startswith(b"HTTP/1.1 408 ")


def test_an_oversized_head_is_refused(claimed: TaskProcess) -> None:
    with claimed.connect() as client:
        with suppress(OSError):
            client.sendall(get(headers=WITH_SECRET + "x: " + "y" * 70_000 + "\r\n"))
        assert read_all(client).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_can_be_read_in_two_ways_is_refused(claimed: TaskProcess) -> None:
    assert claimed.raw(get(headers=WITH_SECRET + " folded: x\r\n")).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("target", ["/_agent/status", "/%255Fagent/"])
def test_control_paths_are_closed_to_data_requests_however_they_are_written(claimed: TaskProcess, target: str) -> None:
    assert claimed.raw(get(target)).startswith(b"HTTP/1.1 403 ")


def test_an_application_that_is_gone_is_a_bad_gateway(start_task: Callable[..., TaskProcess]) -> None:
    task = start_task()
    task.claim()
    assert task.data("/die")[0] == 502
    task.wait_for("failed")
    assert task.raw(get()).startswith(b"HTTP/1.1 503 ")


def test_a_half_open_connection_ends_when_nothing_moves(claimed: TaskProcess) -> None:
    with claimed.connect() as client:
        client.sendall(get("/endless"))
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
