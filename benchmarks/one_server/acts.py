"""What is done to a server while people work on it."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

from cryptography import x509

from benchmarks.one_server.machine import DOMAIN, Server
from tests.waiting import until

CERTIFICATES = "/var/lib/apranova/certificates"
EXCHANGES = 3

Act = Callable[[Server], object]


def acts(restarts: int) -> list[tuple[str, Act]]:
    return [
        *(("restart of apranova", _restart("apranova")) for _ in range(restarts)),
        ("kill -9 of apranova", _kill_platform),
        ("restart of the engine", _restart("apranova-engine")),
        ("restart of the gateway", _restart("apranova-gateway")),
        (f"{EXCHANGES} other certificates", _exchange_certificates),
        ("upgrade", _upgrade),
        ("upgrade --back", _back),
    ]


def shown_certificate() -> x509.Certificate:
    """Of a workspace's host. Raises OSError while nobody answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", 443), timeout=5)
    with plain, context.wrap_socket(plain, server_hostname=f"any.ws-{DOMAIN}") as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")


def _restart(unit: str) -> Act:
    return lambda server: server.must("systemctl", "restart", unit)


def _upgrade(server: Server) -> None:
    """To a version of other content: all of it is copied, built and started again."""
    readme = server.root / "opt/apranova/README.md"
    readme.write_text(f"{readme.read_text()}\nBuilt at {time.time()}.\n")
    done = server.run("/opt/apranova/apranova", "upgrade")
    assert "== Doctor" in done.stdout, done.stdout
    print(done.stdout, flush=True)


def _back(server: Server) -> None:
    done = server.run("/opt/apranova/apranova", "upgrade", "--back")
    assert "== Doctor" in done.stdout, done.stdout


def _kill_platform(server: Server) -> None:
    server.must("systemctl", "kill", "--signal=KILL", "--kill-who=main", "apranova")
    until(lambda: server.says("systemctl", "is-active", "apranova") == "active", within_s=120, every_s=0.5)


def _exchange_certificates(server: Server) -> None:
    """Each is ordered at the authority, since the one before cannot be found any more."""
    for _ in range(EXCHANGES):
        before = shown_certificate().serial_number
        server.must("rm", f"{CERTIFICATES}/current")
        process = server.must("pgrep", "--full", "certificates serve").split()
        server.must("kill", *process)
        until(lambda before=before: shown_certificate().serial_number != before, within_s=60, every_s=0.5)  # type: ignore[misc]
