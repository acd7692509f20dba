"""Port 53: handed over, bound, or why not and what to do."""

from __future__ import annotations

import dataclasses
import errno
import os
import socket
from pathlib import Path

import pytest

from single_machine import challenge_sockets, kept_sockets, up
from single_machine.challenge_sockets import challenge_addresses, open_challenge_sockets
from single_machine.preflight import CannotGoOn
from single_machine.settings import Settings, read_settings
from tests.ports import free_dns_port

SOURCE = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    variables = {
        "APRANOVA_HOME": str(tmp_path),
        "APRANOVA_DOMAIN": "learn.school.example",
        "APRANOVA_TLS": "acme",
        "APRANOVA_DNS_ADDRESS": "127.0.0.1",
        "APRANOVA_DNS_PORT": str(free_dns_port()),
    }
    return read_settings(variables, source=SOURCE)


def test_udp_and_tcp_are_bound_at_one_address(settings: Settings) -> None:
    opened = open_challenge_sockets(settings, {})
    try:
        assert [each.type for each in opened] == [socket.SOCK_DGRAM, socket.SOCK_STREAM]
        assert {each.getsockname() for each in opened} == {("127.0.0.1", settings.dns_port)}
    finally:
        for each in opened:
            each.close()


def test_a_resolver_of_this_machine_is_no_obstacle(settings: Settings) -> None:
    """systemd-resolved has port 53 of 127.0.0.53 on every Ubuntu, so that 0.0.0.0 is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stub:
        stub.bind(("127.0.0.53", settings.dns_port))
        with pytest.raises(CannotGoOn, match="is taken by"):
            open_challenge_sockets(dataclasses.replace(settings, dns_address="0.0.0.0"), {})
        for each in open_challenge_sockets(settings, {}):
            each.close()


def test_a_port_that_is_taken_keeps_no_service_from_its_start(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", settings.dns_port)):
        with pytest.raises(CannotGoOn, match="is taken by"):
            up._challenge_sockets(settings)
        assert up._challenge_sockets(dataclasses.replace(settings, service=True)) == ()
    told = capsys.readouterr().out
    assert "No certificate can be ordered: " in told
    assert "is taken by" in told


def test_by_default_it_listens_where_this_machine_meets_the_internet(settings: Settings) -> None:
    unset = dataclasses.replace(settings, dns_address="")
    assert challenge_addresses(unset), "whatever this machine has"
    assert challenge_addresses(dataclasses.replace(unset, host="203.0.113.7")) == ("203.0.113.7",)


def test_who_has_the_port_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", settings.dns_port)):
        with pytest.raises(
            CannotGoOn, match=rf"is taken by .* \(process {os.getpid()}\)\. End it, set tls\.dns_address"
        ):
            open_challenge_sockets(settings, {})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free_again:
            free_again.bind(("127.0.0.1", settings.dns_port))  # the half that was bound is not kept
    monkeypatch.setattr(challenge_sockets, "_who_has", lambda _: "systemd-resolve (process 7)")
    taken = OSError(errno.EADDRINUSE, "in use")
    told = challenge_sockets._why_not(taken, "0.0.0.0", 53)
    assert "taken by systemd-resolve (process 7). Set tls.dns_address to this server's own address" in told


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "sudo sysctl net.ipv4.ip_unprivileged_port_start=53"),
        (errno.EADDRNOTAVAIL, "203.0.113.7 is no address of this machine"),
        (errno.EAFNOSUPPORT, "cannot be used"),
    ],
)
def test_what_the_machine_forbids_has_a_remedy(number: int, words: str) -> None:
    assert words in challenge_sockets._why_not(OSError(number, os.strerror(number)), "203.0.113.7", 53)


def test_systemd_may_hand_the_sockets_over(settings: Settings) -> None:
    """It gives descriptors from 3 on, ours among others, and says for which process."""
    first = kept_sockets.FIRST_FD
    saved = {number: os.dup(number) for number in range(first, first + 3) if _is_open(number)}
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tcp = socket.create_server(("127.0.0.1", settings.dns_port))
    udp.bind(tcp.getsockname())
    other = socket.create_server(("127.0.0.1", 0))
    given = [os.dup(each.fileno()) for each in (udp, other, tcp)]
    environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "3"}
    try:
        for number, descriptor in enumerate(given, first):
            os.dup2(descriptor, number)
        taken = open_challenge_sockets(settings, environment)
    finally:
        for number in range(first, first + 3):
            if number in saved:
                os.dup2(saved[number], number)
            else:
                os.close(number)
        for descriptor in (*saved.values(), *given):
            os.close(descriptor)
    assert [each.type for each in taken] == [socket.SOCK_DGRAM, socket.SOCK_STREAM]
    with pytest.raises(CannotGoOn):
        open_challenge_sockets(settings, {**environment, "LISTEN_PID": "1"})  # meant for another process
    for each in (*taken, udp, tcp, other):
        each.close()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
