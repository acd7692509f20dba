"""How the process that gets the certificate is started, by `up` to serve and by `doctor` to try."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping

from certificates.delegation import is_served
from certificates.name_server import EVERY_ADDRESS
from certificates.settings import Settings as IssuingSettings
from single_machine import network_programs
from single_machine.spawning import ProcessSpec

PASSED_ON = (
    "APRANOVA_TLS_DIRECTORY",
    "APRANOVA_TLS_STAGING_DIRECTORY",
    "APRANOVA_TLS_DIRECTORY_CA",
    "APRANOVA_TLS_PROFILE",
    "APRANOVA_TLS_EAB_KEY_ID",
    "APRANOVA_TLS_EAB_HMAC_KEY",
    "APRANOVA_TLS_HOOK",
    "APRANOVA_TLS_HOOK_WAIT_S",
    *network_programs.READ_BY_REQUESTS,
)
"""For this process and no other: some are secrets."""


def certificates_spec(
    issuing: IssuingSettings, sockets: tuple[socket.socket, ...], environment: Mapping[str, str]
) -> ProcessSpec:
    return ProcessSpec(
        name="certificates",
        command=certificates_command("serve", sockets),
        environment=certificates_environment(issuing, environment),
        ready=lambda: all(_serves(each, issuing.zones[0]) for each in sockets),
        hand_over=sockets,
    )


def certificates_command(what: str, sockets: tuple[socket.socket, ...]) -> tuple[str, ...]:
    """`what`: serve or staging. Sockets are inherited under their numbers."""
    descriptors = [word for each in sockets for word in ("--socket", str(each.fileno()))]
    return sys.executable, "-m", "certificates", what, *descriptors


def certificates_environment(issuing: IssuingSettings, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        **environment,
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "APRANOVA_CERTIFICATES_DIR": str(issuing.folder),
        "APRANOVA_CERTIFIED_HOSTS": " ".join(issuing.hosts),
    }


def _serves(sock: socket.socket, zone: str) -> bool:
    bound: tuple[str, int] = sock.getsockname()[:2]
    address, port = bound
    return is_served(EVERY_ADDRESS.get(address, address), port, zone, tcp=sock.type == socket.SOCK_STREAM)
