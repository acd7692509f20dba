"""`proxy-connect HOST PORT`: standard input and output, through the proxy of the environment.

SSH's ProxyCommand: netcat, which could do it, is not on every machine. Without a proxy, as on AWS,
it connects directly. Copied to /opt/tools/bin as it is, so it imports nothing of ours.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from urllib.parse import urlsplit

_HEAD_BYTES_MAX = 16 * 1024
_CONNECT_WITHIN_S = 30.0


class Refused(Exception):
    """The proxy's own words."""


def connect(host: str, port: int, proxy: str) -> socket.socket:
    """Raises Refused and OSError."""
    if not proxy:
        return socket.create_connection((host, port), _CONNECT_WITHIN_S)
    address = urlsplit(proxy)
    way = socket.create_connection((address.hostname, address.port or 80), _CONNECT_WITHIN_S)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    way.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    head = b""
    # Byte for byte: what follows the head belongs to the other side.
    while not head.endswith(b"\r\n\r\n") and len(head) < _HEAD_BYTES_MAX and (byte := way.recv(1)):
        head += byte
    line = head.partition(b"\r\n")[0].decode("latin-1")
    if line.split(" ")[1:2] != ["200"]:
        raise Refused(way.recv(_HEAD_BYTES_MAX).decode(errors="replace").strip() or line or "the proxy does not answer")
    return way


def pass_on(way: socket.socket) -> None:
    """Until the other side has ended."""

    def send() -> None:
        while piece := os.read(0, 64 * 1024):
            way.sendall(piece)
        way.shutdown(socket.SHUT_WR)

    way.settimeout(None)
    threading.Thread(target=send, daemon=True).start()
    while piece := way.recv(64 * 1024):
        view = memoryview(piece)
        while view:
            view = view[os.write(1, view) :]


def main() -> int:
    host, port = sys.argv[1:]
    try:
        pass_on(connect(host, int(port), os.environ.get("https_proxy", "")))
    except (Refused, OSError) as problem:
        sys.stderr.write(f"proxy-connect: {host} port {port}: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
