"""Where the challenge's name server listens. Standard library only: `install` asks as well."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

ANY = ("0.0.0.0", "::")  # noqa: S104
SOMEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of documentation; nothing is sent there."""


def addresses(*, chosen: str, host: str) -> tuple[str, ...]:
    """Single addresses rather than all, because on many machines a resolver for the machine itself
    has port 53 of the loopback address."""
    if chosen:
        return (chosen,)
    if host not in ANY:
        return (host,)
    return tuple(_towards_the_internet()) or ANY[:1]


def _towards_the_internet() -> Iterator[str]:
    for family, somewhere in SOMEWHERE.items():
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somewhere, 53))
            yield probe.getsockname()[0]
