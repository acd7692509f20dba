"""A server is ready when it answers as expected, not when its socket is there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from single_machine.local_socket import answers, listens


@pytest.fixture
def server(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        yield listening


def says(server: socket.socket, answer: bytes) -> None:
    server.listen()

    def once() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(100)
            connection.sendall(answer)

    threading.Thread(target=once, daemon=True).start()


@pytest.mark.parametrize(("answer", "ready"), [(b"+PONG\r\n", True), (b"-LOADING\r\n", False), (b"+P", False)])
def test_only_the_expected_answer_counts(server: socket.socket, answer: bytes, ready: bool) -> None:
    says(server, answer)
    assert answers(Path(server.getsockname()), b"PING\r\n", begins=b"+PONG") is ready


def test_listening_is_a_connection_that_is_taken(server: socket.socket, tmp_path: Path) -> None:
    assert not listens(tmp_path / "none")
    assert not listens(tmp_path / "s"), "bound, but nobody listens"
    server.listen()
    assert listens(tmp_path / "s")
