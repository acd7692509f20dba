"""Connections through the school's own proxy, where its network has one."""

from __future__ import annotations

import logging
import socket
import ssl
from http import HTTPStatus

from contract.network import Proxy

HEAD_MAX_BYTES = 32 * 1024
WRONG_PASSWORD = (HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
"""tinyproxy says 401, others 407."""

logger = logging.getLogger(__name__)


class NoWayThrough(Exception):
    """It carries a sentence for a person of the school."""


def tunnel(proxy: Proxy, host: str, port: int, *, timeout_s: float) -> socket.socket:
    """A connection to the host, by CONNECT: TLS if the proxy itself is spoken to by TLS. Raises
    NoWayThrough."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
    if authorization := proxy.authorization:
        head += f"Proxy-Authorization: {authorization}\r\n"
    connection = None
    try:
        connection = socket.create_connection((proxy.host, proxy.port), timeout=timeout_s)
        if proxy.tls:
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=proxy.host)
        connection.sendall(f"{head}\r\n".encode("latin-1"))
        status = _status(connection)
    except (OSError, UnicodeError) as error:
        if connection is not None:
            connection.close()
        logger.warning("the school's proxy %s:%d does not answer: %s", proxy.host, proxy.port, error)
        raise NoWayThrough("The school's proxy does not answer. Try again later, or tell an admin.") from None
    if status == HTTPStatus.OK:
        return connection
    connection.close()
    logger.warning("the school's proxy %s refuses %s with status %d", proxy.host, target, status)
    if status in WRONG_PASSWORD:
        raise NoWayThrough("The school's proxy refuses this server's user and password. Tell an admin.")
    raise NoWayThrough(f"The school's proxy does not lead to {host} (status {status}). Ask an admin to allow it there.")


def _status(connection: socket.socket) -> int:
    """Of its answer. Raises OSError. Nothing follows the head: with TLS it is we who speak
    first."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        if not more or len(head) > HEAD_MAX_BYTES:
            raise ConnectionError("its answer is not whole")
        head += more
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    return int(words[1]) if len(words) > 1 and words[0].startswith("HTTP/") and words[1].isdecimal() else 0
