"""Loopback ports for the servers of tests and benchmarks.

None is among those that the kernel gives to clients and to servers that take any: between the
choice of a port and the start of its server, another test's connection would take it.
"""

import random
import socket

_RANGE = range(20_000, 32_000)
_chance = random.SystemRandom()  # tests of other processes choose differently, whatever seed they set


def free_port() -> int:
    return _free(socket.SOCK_STREAM)


def free_dns_port() -> int:
    """For a name server, by UDP and TCP."""
    return _free(socket.SOCK_STREAM, socket.SOCK_DGRAM)


def _free(*kinds: socket.SocketKind) -> int:
    while True:
        port = _chance.choice(_RANGE)
        if all(_is_free(port, kind) for kind in kinds):
            return port


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
