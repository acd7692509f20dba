"""Health check of the images that have Python: does the listener answer HTTP? A file of its own.

    probe.py unix:/run/apranova/backend.sock /_authz
    probe.py 127.0.0.1:8080 /_agent/status

Any answer is good, also a refusal. Unlike the backend's own /api/health/, this check needs no
database, Redis or manager: to end tasks while those are down would not help.
"""

import socket
import sys

TIMEOUT_S = 4


def answers(address: str, target: str) -> bool:
    """Whether an HTTP server answers at `unix:/path` or `ip:port`."""
    try:
        with _connect(address) as connection:
            connection.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            return connection.recv(12).startswith(b"HTTP/1.")
    except OSError as problem:
        sys.stderr.write(f"{address} does not answer: {problem}\n")
        return False


def _connect(address: str) -> socket.socket:
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=TIMEOUT_S)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT_S)
    connection.connect(address.removeprefix("unix:"))
    return connection


if __name__ == "__main__":
    sys.exit(0 if answers(*sys.argv[1:3]) else 1)
