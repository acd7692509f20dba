"""Loopback ports for the servers of tests and benchmarks."""

import random
import socket


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_dns_port() -> int:
    """For a name server, by UDP and TCP. Not among those that the kernel gives to clients, which
    change by the moment."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
