"""A calendar's server on loopback for tests: real HTTP, or HTTPS with a certificate of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.certificates import make_certificate


@dataclass
class CalendarServer:
    address: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The headers of each request."""
    answer: Callable[[BaseHTTPRequestHandler], bool] = lambda _: False
    """Answers instead; false: it did not."""


@contextmanager
def serving(tls: Path | None = None) -> Iterator[CalendarServer]:
    """`tls`: a folder for the certificate; its name there is `chain.pem`."""
    server = CalendarServer()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append({name.lower(): value for name, value in self.headers.items()})
            if server.answer(self):
                return
            if server.etag and self.headers.get("If-None-Match") == server.etag:
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(server.status)
            for name, value in {**({"ETag": server.etag} if server.etag else {}), **server.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()
            self.wfile.write(server.body)

        def log_message(self, *_: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make_certificate(tls, ["127.0.0.1"]))
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    scheme = "http" if tls is None else "https"
    server.address = f"{scheme}://127.0.0.1:{listener.server_address[1]}/term.ics"
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(5)
