from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import listening

FAMILIES = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@pytest.fixture(params=FAMILIES, ids=("IPv4", "IPv6"))
def server(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.socket(request.param) as server:
        server.bind((FAMILIES[request.param], 0))
        server.listen()
        yield server


def test_the_kernel_tells_the_same_as_its_tables(server: socket.socket) -> None:
    port, inode = server.getsockname()[1], os.fstat(server.fileno()).st_ino
    table = "/proc/net/tcp" if server.family == socket.AF_INET else "/proc/net/tcp6"
    assert (port, inode) in listening.told_by_kernel(server.family)
    assert (port, inode) in listening.read_from(table)
    assert listening.listeners(frozenset({port}), [os.getpid()]) == {os.getpid()}
    with socket.create_connection(server.getsockname()[:2]) as client:  # connections are no listeners
        assert client.getsockname()[1] not in {it for it, _ in listening.told_by_kernel(server.family)}


def test_the_tables_are_read_where_the_kernel_tells_nothing(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_SOCK_DIAG", 31)  # no such protocol
    monkeypatch.setattr(listening, "LISTED", range(1024, 65536))
    assert server.getsockname()[1] in listening.listening_ports(frozenset())


def test_listed_are_ports_of_students_programs_that_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "   0: 0100007F:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000  1000 0 1 1\n"
    states = {3000: "0A", 5173: "0A", 8080: "01", 3128: "0A", 40000: "0A", 80: "0A"}
    lines = ["  sl  local_address\n", *(line.format(port, state) for port, state in states.items())]
    (tmp_path / "tcp").write_text("".join(lines))
    monkeypatch.setattr(listening, "_SOCK_DIAG", 31)
    monkeypatch.setattr(listening, "_TABLES", (f"{tmp_path}/tcp", f"{tmp_path}/missing"))
    assert listening.listening_ports(frozenset({3128})) == [3000, 5173]
