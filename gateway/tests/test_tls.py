"""A real Envoy with a certificate: what it speaks, what it refuses, and the exchange."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gateway.render import GatewaySettings, command, prepare
from gateway.tls import certificate_file, write_certificate
from tests.certificates import make_certificate
from tests.ports import free_port
from tests.waiting import until

HOST = "learn.school.example"


class Portal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


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
        portal = ThreadingHTTPServer(("127.0.0.1", settings.portal_port), Portal)
        threading.Thread(target=portal.serve_forever, daemon=True).start()
        try:
            until(lambda: _listens(settings.port), within_s=20)
            yield edge
        finally:
            process.terminate()
            process.wait()
            portal.shutdown()
            portal.server_close()


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


@dataclass
class Load:
    """Requests one after the other, from several threads, until it is told to end."""

    edge: Edge
    done: int = 0
    failures: list[str] = field(default_factory=list)
    shown: set[bytes] = field(default_factory=set)
    ends: threading.Event = field(default_factory=threading.Event)
    context: ssl.SSLContext = field(default_factory=ssl._create_unverified_context)

    def run(self, *, keep_alive: bool) -> None:
        connection = self._connection()
        while not self.ends.is_set():
            try:
                connection.request("GET", "/", headers={"Host": HOST})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection = self._connection()
                continue
            self.shown.add(connection.sock.getpeercert(binary_form=True))
            self.done += 1
            if (answer.status, body) != (200, b"ok"):
                self.failures.append(f"{answer.status} {body[:80]!r}")
            if not keep_alive:
                connection.close()

    def _connection(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.edge.settings.port, timeout=10, context=self.context)


def test_no_request_fails_while_certificates_are_exchanged(edge: Edge) -> None:
    load = Load(edge)
    threads = [threading.Thread(target=load.run, kwargs={"keep_alive": number % 2 == 0}) for number in range(6)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 13):
            fresh = edge.exchange()
            until(lambda: fresh in load.shown and load.done >= 50 * number, within_s=20)  # noqa: B023
    finally:
        load.ends.set()
        for thread in threads:
            thread.join(10)
    print(f"{load.done} requests by 6 clients, 12 exchanges, {len(load.failures)} failed")
    assert load.failures == []
    assert len(load.shown) >= 12


def test_browsers_are_told_to_come_by_https_only(edge: Edge) -> None:
    context = ssl._create_unverified_context()  # noqa: S323
    connection = http.client.HTTPSConnection("127.0.0.1", edge.settings.port, timeout=5, context=context)
    connection.request("GET", "/", headers={"Host": HOST})
    assert connection.getresponse().headers["strict-transport-security"] == "max-age=31536000"
    connection.close()


def test_others_of_this_machine_cannot_read_the_key(edge: Edge) -> None:
    assert certificate_file(edge.settings.envoy_dir).stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not shutil.which("sslscan"), reason="sslscan is missing: apt install sslscan")
def test_a_scanner_finds_nothing_weak(edge: Edge) -> None:
    command = ["sslscan", "--no-colour", f"--sni-name={HOST}", "--xml=-", f"127.0.0.1:{edge.settings.port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    found = ET.fromstring(done.stdout)  # noqa: S314 (written by a program of ours)
    offered = {
        f"{each.get('type')} {each.get('version')}" for each in found.iter("protocol") if each.get("enabled") == "1"
    }
    assert offered == {"tls 1.2", "tls 1.3"}
    assert [each.get("supported") for each in found.iter("renegotiation")] == ["0"]
    assert not [each for each in found.iter("compression") if each.get("supported") != "0"]
    assert {each.get("vulnerable") for each in found.iter("heartbleed")} == {"0"}
    ciphers = {(each.get("cipher"), int(each.get("bits"))) for each in found.iter("cipher")}
    assert ciphers
    weak = re.compile(r"RC4|DES|NULL|EXP|MD5|anon|CBC")
    assert not [name for name, bits in ciphers if bits < 128 or weak.search(name)]
    assert {each.get("strength") for each in found.iter("cipher")} <= {"strong", "acceptable"}
