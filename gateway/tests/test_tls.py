"""A real Envoy with a certificate: what it speaks, what it refuses, and the exchange."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.render import GatewaySettings, command, prepare
from gateway.tls import certificate_file, write_certificate
from tests.certificates import make_certificate
from tests.ports import free_port
from tests.waiting import until

HOST = "learn.school.example"


@dataclass(frozen=True)
class Edge:
    settings: GatewaySettings
    folder: Path

    def exchange(self) -> bytes:
        """Give Envoy a new certificate; returns it as DER."""
        chain, key = make_certificate(self.folder, [HOST, "*.ws-learn.school.example"])
        write_certificate(self.settings.envoy_dir, chain=chain.read_text(), key=key.read_text())
        return ssl.PEM_cert_to_DER_cert(chain.read_text())

    def connect(self, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = newest
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.set_alpn_protocols(["h2", "http/1.1"])
        plain = socket.create_connection(("127.0.0.1", self.settings.port), timeout=5)
        return context.wrap_socket(plain, server_hostname=HOST)

    def shown(self) -> bytes:
        with self.connect() as connection:
            return connection.getpeercert(binary_form=True) or b""


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with tempfile.TemporaryDirectory(prefix="tls-", dir="/tmp") as folder:  # a socket's path must be short
        settings = GatewaySettings(
            run_dir=Path(folder, "run"),
            public_url=f"https://{HOST}",
            workspaces_domain="ws-learn.school.example",
            port=free_port(),
            portal_port=free_port(),
            images_dir=Path(folder, "images"),
            tls=True,
            redirect_port=free_port(),
        )
        edge = Edge(settings, Path(folder))
        configuration = prepare(settings)
        edge.exchange()
        process = subprocess.Popen(command(configuration))
        try:
            until(lambda: _listens(settings.port), within_s=20)
            yield edge
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_browser_gets_http_2(edge: Edge) -> None:
    with edge.connect() as connection:
        assert (connection.version(), connection.selected_alpn_protocol()) == ("TLSv1.3", "h2")
    with edge.connect(newest=ssl.TLSVersion.TLSv1_2) as connection:
        assert connection.version() == "TLSv1.2"


def test_nothing_older_than_tls_1_2(edge: Edge) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol version|unsupported protocol|no protocols"):
        edge.connect(newest=ssl.TLSVersion.TLSv1_1)


def test_plain_http_is_sent_to_https(edge: Edge) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", edge.settings.redirect_port, timeout=5)
    connection.request("GET", "/workspace?kind=vscode", headers={"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["location"]) == (301, f"https://{HOST}:443/workspace?kind=vscode")


def test_a_new_certificate_is_shown_while_open_connections_go_on(edge: Edge) -> None:
    earlier = edge.shown()
    context = ssl._create_unverified_context()  # noqa: S323
    kept = http.client.HTTPSConnection("127.0.0.1", edge.settings.port, timeout=5, context=context)
    kept.request("HEAD", "/", headers={"Host": HOST})
    kept.getresponse().read()
    opened = kept.sock
    fresh = edge.exchange()
    until(lambda: edge.shown() == fresh, within_s=10)
    assert fresh != earlier
    kept.request("HEAD", "/", headers={"Host": HOST})
    kept.getresponse().read()
    assert kept.sock is opened


def test_others_of_this_machine_cannot_read_the_key(edge: Edge) -> None:
    assert certificate_file(edge.settings.envoy_dir).stat().st_mode & 0o077 == 0
