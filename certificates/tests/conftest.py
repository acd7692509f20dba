"""A name server of ours on loopback, by UDP and TCP, and a store."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from certificates.name_server import NameServer
from certificates.settings import challenge_name
from certificates.store import Store
from certificates.zone import ChallengeZones

HOSTS = ("learn.school.example", "*.ws-learn.school.example")


@dataclass(frozen=True)
class Served:
    zones: ChallengeZones
    port: int


@pytest.fixture(scope="module")
def served() -> Served:
    """It lives as long as the process, as in production."""
    udp, tcp = bound_pair()
    zones = ChallengeZones([challenge_name(host) for host in HOSTS], server=HOSTS[0])
    NameServer(zones, [udp, tcp]).start()
    return Served(zones, tcp.getsockname()[1])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "certificates")


def bound_pair() -> tuple[socket.socket, socket.socket]:
    """UDP and TCP at one port of loopback."""
    while True:
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            tcp.close()
            udp.close()
        else:
            return udp, tcp
