"""Port 53 for the challenge's name server: handed over by systemd, or bound here.

The supervisor holds the sockets, so that the process that answers needs no privilege and can be
started again without them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator, Mapping

import psutil

from single_machine.challenge_addresses import ANY, SOMEWHERE, addresses
from single_machine.kept_sockets import handed_over
from single_machine.preflight import CannotGoOn
from single_machine.settings import Settings


def open_challenge_sockets(
    settings: Settings, environment: Mapping[str, str] = os.environ
) -> tuple[socket.socket, ...]:
    """A UDP and a TCP socket for each address. Raises CannotGoOn."""
    if given := tuple(_handed_over(settings.dns_port, environment)):
        return given
    opened: list[socket.socket] = []
    try:
        for address in challenge_addresses(settings):
            opened.append(_bound(address, settings.dns_port, socket.SOCK_DGRAM))
            opened.append(_bound(address, settings.dns_port, socket.SOCK_STREAM))
    except CannotGoOn:
        for each in opened:
            each.close()
        raise
    return tuple(opened)


def challenge_addresses(settings: Settings) -> tuple[str, ...]:
    return addresses(chosen=settings.dns_address, host=settings.host)


def _handed_over(port: int, environment: Mapping[str, str]) -> Iterator[socket.socket]:
    for found in handed_over(environment):
        if found.family in SOMEWHERE and found.getsockname()[1] == port:
            yield found
        else:
            found.close()


def _bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    try:
        if found.family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((address, port))
        if kind == socket.SOCK_STREAM:
            found.listen(64)
    except OSError as error:
        found.close()
        raise CannotGoOn(_why_not(error, address, port)) from None
    return found


def _why_not(error: OSError, address: str, port: int) -> str:
    needed = f"port {port} on {address}, where the certificate authority asks (tls.mode is acme),"
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return (
                f"{needed} is for root only. Let every user of this machine have it: "
                f"sudo sysctl net.ipv4.ip_unprivileged_port_start={port}. Or set tls.mode to dns or files"
            )
        case errno.EADDRINUSE:
            who = _who_has(port)
            remedy = (
                "Set tls.dns_address to this server's own address: that program needs the loopback address alone"
                if "systemd-resolve" in who and address in ANY
                else "End it, set tls.dns_address to an address where it does not listen, or set tls.mode to dns"
            )
            return f"{needed} is taken by {who}. {remedy}"
        case errno.EADDRNOTAVAIL:
            return f"{address} is no address of this machine. Correct tls.dns_address"
        case _:
            return f"{needed} cannot be used: {error.strerror}. Check tls.dns_address"


def _who_has(port: int) -> str:
    """Names and process ids, as far as this user may see them."""
    names = set()
    for connection in psutil.net_connections("inet"):
        if connection.laddr and connection.laddr.port == port and not connection.raddr and connection.pid:
            with contextlib.suppress(psutil.Error):
                names.add(f"{psutil.Process(connection.pid).name()} (process {connection.pid})")
    return " and ".join(sorted(names)) or f"another program (sudo ss -lntup sport = :{port} names it)"
