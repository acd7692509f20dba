"""Previews through a real agent: what a student's program sees, and what the browser gets back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from agent.http_head import parse_head
from agent.preview import AnswerHead, Translation, is_by_person, nothing_listens
from agent.task import own_ports
from agent.tests.conftest import running_tasks
from agent.tests.task_process import SECRET, TaskProcess, read_all
from contract.agent import TaskConfig
from contract.names import WorkspaceKind
from tests.ports import free_port

WORKSPACE_HOST = "ws-abcdefghij.ws.localhost:8080"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def claimed() -> Iterator[TaskProcess]:
    with running_tasks() as start:
        task = start("has ports")
        assert task.claim()[0] == 200
        yield task


@contextmanager
def program(
    answer: bytes | Callable[[socket.socket, bytes], None] = OK, *, address: str = "127.0.0.1"
) -> Iterator[tuple[int, list[bytes]]]:
    """A student's program that answers every request so; its port, and the heads that it got."""
    heads: list[bytes] = []
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    received = b""
                    while b"\r\n\r\n" not in received and (piece := client.recv(65536)):
                        received += piece
                    head, _, rest = received.partition(b"\r\n\r\n")
                    heads.append(head)
                    if callable(answer):
                        answer(client, rest)
                    else:
                        client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heads
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def request(port: int | str, target: str = "/", *headers: str, secret: str = SECRET, method: str = "GET") -> bytes:
    lines = (
        f"host: p{port}--{WORKSPACE_HOST}",
        f"x-apranova-launch-secret: {secret}",
        f"x-apranova-port: {port}",
        *headers,
    )
    return "\r\n".join((f"{method} {target} HTTP/1.1", *lines, "", "")).encode()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_program_sees_a_browser_at_localhost_and_nothing_of_ours(claimed: TaskProcess, address: str) -> None:
    with program(address=address) as (port, heads):
        answer = claimed.raw(
            request(
                port, "/a?b=1", f"origin: http://p{port}--{WORKSPACE_HOST}", f"referer: http://p3000--{WORKSPACE_HOST}/x",
                "x-user: 7", "x-workspace: ws-abcdefghij", "x-forwarded-proto: http", "x-forwarded-for: 10.0.0.1",
                "x-forwarded-host: evil", "x-apranova-identity: token", "cookie: theirs=1",
            )
        )  # fmt: skip
    assert answer.startswith(b"HTTP/1.1 200 OK")
    line, *lines = heads[0].decode().rstrip().split("\r\n")
    assert line == "GET /a?b=1 HTTP/1.1"
    assert dict(each.split(": ", 1) for each in lines) == {
        "host": f"localhost:{port}",
        "origin": f"http://localhost:{port}",
        "referer": "http://localhost:3000/x",
        "cookie": "theirs=1",
        "connection": "close",
    }


def test_a_request_without_the_launch_secret_reaches_no_program(claimed: TaskProcess) -> None:
    with program() as (port, heads):
        assert claimed.raw(request(port, secret="wrong")).startswith(b"HTTP/1.1 403 ")
        assert heads == []


@pytest.mark.parametrize(
    "port", ["22", "0", "1023", "65536", "3128", "-1", "3000,3001", "٣٠٠٠".encode().decode("latin-1"), "0x1388"]
)
def test_the_task_s_own_ports_and_privileged_ones_are_refused(claimed: TaskProcess, port: str) -> None:
    assert claimed.raw(request(port)).startswith(b"HTTP/1.1 403 ")


def test_two_ports_in_one_request_open_none(claimed: TaskProcess) -> None:
    with program() as (port, heads):
        assert claimed.raw(request(port, "/", f"x-apranova-port: {port}")).startswith(b"HTTP/1.1 403 ")
        assert heads == []


def test_an_application_whose_students_run_no_programs_has_no_ports() -> None:
    with running_tasks() as start, program() as (port, heads):
        task = start()
        task.claim()
        assert task.raw(request(port)).startswith(b"HTTP/1.1 403 ")
        assert heads == []


def test_the_agent_s_own_port_is_refused() -> None:
    config = TaskConfig("task-aaaaaaaaaaaaaaaa", WorkspaceKind.VSCODE, "token", "0.0.0.0:8080")
    assert own_ports(config) == {3128, 8080}
    assert own_ports(replace(config, listen="unix:/run/8080:9090")) == {3128}


def test_a_program_that_does_not_run_is_a_page_that_tries_again_or_a_line(claimed: TaskProcess) -> None:
    port = free_port()
    page = claimed.raw(request(port, "/", "sec-fetch-mode: navigate", "accept: text/html"))
    assert page.startswith(b"HTTP/1.1 502 ")
    assert f"<h1>Nothing answers on port {port}</h1>".encode() in page
    assert b'http-equiv="refresh" content="2;url="' in page
    line = claimed.raw(request(port, "/", "accept: application/json"))
    assert line.endswith(f"\r\n\r\nNothing answers on port {port}\n".encode())


def test_a_websocket_of_a_program_carries_bytes_and_is_no_session_of_the_editor(claimed: TaskProcess) -> None:
    with program(_echo) as (port, heads), claimed.connect() as client:
        client.sendall(
            request(
                port,
                "/socket",
                "connection: Upgrade",
                "upgrade: websocket",
                f"origin: http://p{port}--{WORKSPACE_HOST}",
            )
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
        client.sendall(b"\x00\xff\r\n\r\n")
        assert client.recv(65536) == b"\x00\xff\r\n\r\n"
        assert claimed.status()["sessions"] == 0
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
    assert b"upgrade: websocket" in heads[0]
    assert f"origin: http://localhost:{port}".encode() in heads[0]


def _echo(client: socket.socket, _rest: bytes) -> None:
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n")
    while piece := client.recv(65536):
        client.sendall(piece)


def _open_socket(claimed: TaskProcess, port: int, *headers: str) -> socket.socket:
    client = claimed.connect()
    client.sendall(request(port, "/socket", "connection: Upgrade", "upgrade: websocket", *headers))
    assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
    return client


def test_a_visitor_s_open_socket_ends_when_the_sharing_ends_and_the_owner_s_stays(claimed: TaskProcess) -> None:
    with (
        program(_echo) as (port, heads), program(_echo) as (other, _),
        _open_socket(claimed, port, "x-apranova-visit: 900") as visitor,
    ):  # fmt: skip
        # One program answers one request at a time: a second one needs another port.
        with _open_socket(claimed, other, "x-apranova-visit: 900") as elsewhere:
            assert claimed.control("POST", "end-visits", {"port": port})[0] == 200
            assert read_all(visitor) == b""
            elsewhere.sendall(b"still here")
            assert elsewhere.recv(100) == b"still here"
        assert b"x-apranova" not in heads[0]
        with _open_socket(claimed, port) as owner:
            assert claimed.control("POST", "end-visits", {"port": port})[0] == 200
            owner.sendall(b"mine")
            assert owner.recv(100) == b"mine"
    assert claimed.control("POST", "end-visits", {"port": "x"})[0] == 400


@pytest.mark.parametrize("seconds", ["0", "1", "-5", "soon"])
def test_a_visitor_s_connection_lives_no_longer_than_the_gateway_says(claimed: TaskProcess, seconds: str) -> None:
    def silent(client: socket.socket, _rest: bytes) -> None:
        client.recv(1)

    with program(silent) as (port, _):
        assert claimed.raw(request(port, "/", f"x-apranova-visit: {seconds}")) == b""


def test_a_visitor_is_no_activity_and_learns_nothing_of_the_workspace(claimed: TaskProcess) -> None:
    before = claimed.status()["activity_reason"]
    by_person = ("sec-fetch-mode: navigate", "sec-fetch-dest: document", "sec-fetch-user: ?1")
    visit = "x-apranova-visit: 900"
    with program() as (port, _):
        assert claimed.raw(request(port, "/", *by_person, visit)).endswith(b"ok")
    with _listening_below_32768() as other:
        page = claimed.raw(request(port, "/", *by_person, visit))
        assert b"<h1>This app is not running now</h1>" in page
        assert str(other).encode() not in page
        assert b"terminal" not in page
    assert claimed.raw(request(port, "/", visit)).endswith(b"This app is not running now\n")
    assert claimed.status()["activity_reason"] == before


def test_events_arrive_one_by_one_and_an_upload_is_streamed(claimed: TaskProcess) -> None:
    gone_on = threading.Event()

    def events(client: socket.socket, _rest: bytes) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n")
        assert gone_on.wait(10)
        client.sendall(b"data: 2\n\n")

    with program(events) as (port, _), claimed.connect() as client:
        client.sendall(request(port))
        received = b""
        while b"data: 1" not in received:
            received += client.recv(65536)
        gone_on.set()
        assert read_all(client).endswith(b"data: 2\n\n")

    counted: list[int] = []

    def count(client: socket.socket, rest: bytes) -> None:
        size = len(rest)
        while size < 64 * 2**20 and (piece := client.recv(2**20)):
            size += len(piece)
        counted.append(size)
        client.sendall(OK)

    with program(count) as (port, _), claimed.connect() as client:
        client.sendall(request(port, "/upload", f"content-length: {64 * 2**20}", method="POST"))
        for _ in range(64):
            client.sendall(bytes(2**20))
        assert b" 200 OK" in read_all(client)
    assert counted == [64 * 2**20]


def test_only_a_person_s_visit_counts_as_activity(claimed: TaskProcess) -> None:
    with program() as (port, _):
        claimed.raw(request(port, "/", "sec-fetch-mode: cors"))
        claimed.raw(request(port, "/", "sec-fetch-mode: navigate", "sec-fetch-dest: document"))  # it reloads itself
        assert claimed.status()["activity_reason"] == "launched it"
        claimed.raw(request(port, "/", "sec-fetch-mode: navigate", "sec-fetch-dest: document", "sec-fetch-user: ?1"))
        assert claimed.status()["activity_reason"] == f"opened what your program serves on port {port}"


def test_the_status_lists_ports_on_which_programs_listen(claimed: TaskProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        chosen = server.getsockname()[1]  # a port that the kernel chose is VS Code's or a test server's
        with _listening_below_32768() as port:
            assert port in claimed.status()["ports"]
            assert chosen not in claimed.status()["ports"]
        assert port not in claimed.status()["ports"]


@contextmanager
def _listening_below_32768() -> Iterator[int]:
    for port in range(23_450, 23_500):
        try:
            server = socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
        with server:
            yield port
        return


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("http://localhost:3000/x?y#z", "http://p3000--ws-abcdefghij.ws.localhost:8080/x?y#z"),
        ("https://127.0.0.1:5173", "http://p5173--ws-abcdefghij.ws.localhost:8080"),
        ("http://[::1]:5173/", "http://p5173--ws-abcdefghij.ws.localhost:8080/"),
        ("/relative", "/relative"), ("http://localhost/x", "http://localhost/x"),
        ("http://localhost:3000.evil.example/", "http://localhost:3000.evil.example/"),
        ("https://example.org/?back=1", "https://example.org/?back=1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Location", "access-control-allow-origin"])
def test_an_address_of_localhost_in_an_answer_becomes_the_browser_s(name: str, said: str, heard: str) -> None:
    head = parse_head(f"GET / HTTP/1.1\r\nhost: p8000--{WORKSPACE_HOST}".encode())
    answer = Translation(head, 8000).answer(f"HTTP/1.1 302 Found\r\n{name}: {said}\r\nx: http://localhost:1".encode())
    assert answer == f"HTTP/1.1 302 Found\r\n{name}: {heard}\r\nx: http://localhost:1".encode()


def test_with_https_outside_an_address_becomes_https() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nhost: p8000--ws-abcdefghij.ws.school.example\r\nx-forwarded-proto: https")
    translation = Translation(head, 8000)
    assert translation.answer(b"HTTP/1.1 302 F\r\nlocation: http://localhost:8000/") == (
        b"HTTP/1.1 302 F\r\nlocation: https://p8000--ws-abcdefghij.ws.school.example/"
    )
    assert b"x-forwarded" not in translation.request()


@pytest.mark.parametrize(
    "origin", ["http://p3000--ws-bbbbbbbbbb.ws.localhost:8080", f"http://{WORKSPACE_HOST}", "null", "http://x"]
)
def test_any_other_origin_stays_as_it_is(origin: str) -> None:
    head = parse_head(f"GET / HTTP/1.1\r\nhost: p8000--{WORKSPACE_HOST}\r\norigin: {origin}".encode())
    assert f"origin: {origin}\r\n".encode() in Translation(head, 8000).request()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nlocation: /\r\n\r\nbody\r\n\r\nmore",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 302 Found\r\nlocation: http://localhost:8000/\r\n\r\n",  # a page about HTTP
        b"HTTP/1.0 200 OK\r\nserver: simple\r\n\r\nbody", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nno end", b"HTTP/1.1 204 No\r\n\r\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_an_answer_in_pieces_of_any_size_arrives_whole(answer: bytes, step: int) -> None:
    reader = AnswerHead(Translation(parse_head(f"GET / HTTP/1.1\r\nhost: p8000--{WORKSPACE_HOST}".encode()), 8000))
    passed = b"".join(reader.take(answer[at : at + step]) for at in range(0, len(answer), step)) + reader.rest()
    assert passed == answer


def test_what_marks_a_person_s_visit() -> None:
    def visit(*headers: str) -> bool:
        return is_by_person(parse_head("\r\n".join(("GET / HTTP/1.1", *headers)).encode()))

    assert visit("sec-fetch-mode: navigate", "sec-fetch-user: ?1")
    assert not visit("sec-fetch-mode: navigate")
    assert not visit("sec-fetch-user: ?1")


def test_the_page_names_the_ports_that_answer() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nhost: x\r\naccept: text/html")
    assert "Programs listen on: 3000." in nothing_listens(head, 5173, [3000, 5173])[1].decode()
