"""Fetches a public web address that a person gave, and nothing that only this machine can reach.

A name is resolved once, every address is checked, and the connection goes to exactly a checked
address, so a name that changes in between (DNS rebinding) gains nothing. Each redirect is checked
in the same way. Where the school has a proxy of its own, that one looks the name up and connects: a
name that leads to a private address here is refused all the same, and what only the proxy knows, it
must refuse. `manager/adapters/sandbox_engine/egress.py` does the same for workspaces.
"""

from __future__ import annotations

import concurrent.futures
import http.client
import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import SplitResult, urljoin, urlsplit

from urllib3.util.ssltransport import SSLTransport

from backend.platform.school_proxy import NoWayThrough, tunnel
from contract.addresses import Address, belongs_to_this_machine, is_public
from contract.network import Network

PORTS = frozenset({443, 8443})
REDIRECTS_MAX = 5
ADDRESS_LENGTH_MAX = 2000
LOOKUP_S = 10.0
LOCAL_LOOKUP_S = 2.0
"""Of a name that only the school's proxy may know."""
CONNECT_S = 10.0
WHOLE_S = 20.0
ADDRESSES_TRIED_MAX = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_INTERNAL = (".local", ".internal", ".localhost", ".home.arpa")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_USER_AGENT = "ApraNova timetable reader"

logger = logging.getLogger(__name__)
_lookups = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="feed look-up")
"""A name that nobody answers holds a thread for long."""


@dataclass(frozen=True)
class FetchLimits:
    bytes_max: int
    loopback: bool = False
    """Tests serve from this machine, there also without TLS and on any port."""
    network: Network = field(default_factory=Network)
    whole_s: float = WHOLE_S
    """For everything, from the first look-up to the last redirect's answer."""


@dataclass(frozen=True)
class Known:
    """What an earlier answer said of its version."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True)
class Fetched:
    body: bytes | None
    """None: it has not changed since the version that was asked with."""
    version: Known = field(default_factory=Known)
    charset: str | None = None


class NotFetched(Exception):
    """It carries a sentence for the person who gave the address."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def web_address(text: str, *, loopback: bool = False) -> str:
    """The address as it is fetched: `webcal:` means `https:`. Raises NotFetched."""
    text = text.strip()
    parts = _split(text)
    if parts.scheme in ("webcal", "webcals"):
        text = f"https{text[len(parts.scheme) :]}"
        parts = _split(text)
    if parts.scheme == "http" and not loopback:
        raise NotFetched("The address begins with http://, which anybody on the way could change. Use https://.")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise NotFetched("This is no calendar's address. It begins with https:// or webcal://.")
    if parts.username or parts.password:
        raise NotFetched(
            "The address has a user name or a password in it. Use the calendar's own public or secret link."
        )
    if len(text) > ADDRESS_LENGTH_MAX or not text.isascii() or not text.isprintable() or " " in text:
        raise NotFetched("The address has characters that no address has, or is too long. Copy it again.")
    return text


def fetch(address: str, limits: FetchLimits, known: Known | None = None) -> Fetched:
    """Ask for the address, with the version that is known. Raises NotFetched."""
    address = web_address(address, loopback=limits.loopback)
    until = time.monotonic() + limits.whole_s
    for _ in range(REDIRECTS_MAX + 1):
        answer = _ask(address, limits, known or Known(), until)
        if isinstance(answer, Fetched):
            return answer
        address = _redirected(address, answer, limits)
    raise NotFetched("The address leads from one address to the next without end.")


def _redirected(address: str, to: str, limits: FetchLimits) -> str:
    try:
        address = urljoin(address, to)
    except ValueError:
        raise NotFetched("The address leads to something that is no address.") from None
    return web_address(address, loopback=limits.loopback)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # parsed only on access
    except ValueError:
        raise NotFetched("This is no calendar's address. It begins with https:// or webcal://.") from None
    return parts


def _ask(address: str, limits: FetchLimits, known: Known, until: float) -> Fetched | str:
    """One request. A text is where it is redirected to."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port, timeout=CONNECT_S)
    connection.sock = _connect(host, port, tls=parts.scheme == "https", limits=limits, until=until)
    try:
        with _ended_at(connection.sock, until):
            connection.request("GET", target, headers=_headers(parts, known))
            answer = _answer(connection.getresponse(), limits)
        if time.monotonic() >= until:  # without a Content-Length, our own end looks like the server's
            raise TimeoutError
    except (OSError, http.client.HTTPException, ValueError):
        raise NotFetched(f"{host} did not send the calendar in time, or broke off.") from None
    finally:
        connection.close()
    return answer


def _headers(parts: SplitResult, known: Known) -> dict[str, str]:
    headers = {
        "Host": parts.netloc,
        "User-Agent": _USER_AGENT,
        "Accept": "text/calendar, */*;q=0.5",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.modified:
        headers["If-Modified-Since"] = known.modified
    return headers


def _answer(response: http.client.HTTPResponse, limits: FetchLimits) -> Fetched | str:
    if response.status in _REDIRECTS and (where := response.getheader("Location")):
        return where
    if response.status == HTTPStatus.NOT_MODIFIED:
        return Fetched(None)
    if response.status != HTTPStatus.OK:
        raise NotFetched(_refusal(response.status))
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise NotFetched("The calendar's server sends it compressed, although it was asked not to.")
    body = response.read(limits.bytes_max + 1)
    if len(body) > limits.bytes_max:
        raise NotFetched("The calendar is larger than a timetable needs. Use the address of this cohort's calendar.")
    if response.length:
        raise NotFetched("The calendar's server broke off in the middle.")
    version = Known(_short(response.getheader("ETag")), _short(response.getheader("Last-Modified")))
    return Fetched(body, version, response.headers.get_content_charset())


def _short(header: str | None) -> str:
    return header if header and len(header) <= 500 and header.isascii() and header.isprintable() else ""


def _refusal(status: int) -> str:
    match status:
        case 401 | 403:
            return "The calendar is not public: its server asks for a password. Use its public or secret link."
        case 404 | 410:
            return "There is no calendar at the address any more. Copy the address again from the calendar."
        case 429:
            return "The calendar's server asks us to come less often."
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return f"The calendar's server has a problem of its own right now (status {status})."
        case _:
            return f"The calendar's server refuses the address (status {status})."


def _connect(host: str, port: int, *, tls: bool, limits: FetchLimits, until: float) -> socket.socket | SSLTransport:
    plain = _through_proxy(host, port, limits, until) or _directly(host, port, limits, until)
    plain.settimeout(_left(CONNECT_S, until))
    return _with_tls(plain, host) if tls else plain


def _through_proxy(host: str, port: int, limits: FetchLimits, until: float) -> socket.socket | None:
    """None: the host is reached without it."""
    proxy = limits.network.proxy
    if proxy is None or limits.network.goes_direct(host):
        return None
    try:
        addresses = _look_up(host, port, min(until, time.monotonic() + LOCAL_LOOKUP_S))
    except NotFetched:  # only the proxy may know it
        addresses = []
    if not all(_is_allowed(it, port, limits) for it in addresses) or _means_inside(host, addresses):
        raise _private(host)
    if port not in PORTS and not limits.loopback:
        raise _wrong_port()
    try:
        return tunnel(proxy, host, port, timeout_s=_left(CONNECT_S, until))
    except NoWayThrough as problem:
        raise NotFetched(str(problem)) from None


def _means_inside(host: str, addresses: list[Address]) -> bool:
    """The proxy may read 010.0.0.1 as 10.0.0.1, and complete a name without a dot."""
    host = host.rstrip(".")
    last = host.rpartition(".")[2]
    if _NUMBER.fullmatch(last):
        return host not in map(str, addresses)
    return not addresses and (last == host or host.endswith(_INTERNAL))


def _directly(host: str, port: int, limits: FetchLimits, until: float) -> socket.socket:
    addresses = _look_up(host, port, until)
    allowed = [it for it in addresses if _is_allowed(it, port, limits)]
    if not allowed:
        logger.info("a feed's address was refused: %s → %s", host, ", ".join(map(str, addresses)))
        if port not in PORTS and any(map(is_public, addresses)):
            raise _wrong_port()
        raise _private(host)
    for address in allowed[:ADDRESSES_TRIED_MAX]:
        with suppress(OSError):
            return socket.create_connection((str(address), port), timeout=_left(CONNECT_S, until))
    raise NotFetched(f"{host} does not answer.")


def _wrong_port() -> NotFetched:
    return NotFetched(f"A calendar's address has no port or one of {', '.join(map(str, sorted(PORTS)))}.")


def _private(host: str) -> NotFetched:
    return NotFetched(f"{host} is inside a private network. A calendar's address must be public.")


def _with_tls(plain: socket.socket, host: str) -> socket.socket | SSLTransport:
    context = ssl.create_default_context()
    try:
        if isinstance(plain, ssl.SSLSocket):  # the way to the proxy is TLS, too
            return SSLTransport(plain, context, host)
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError:
        plain.close()
        raise NotFetched(f"The certificate of {host} is not valid, so it could be anybody.") from None
    except OSError:
        plain.close()
        raise NotFetched(f"{host} does not answer with a secure connection.") from None


def _is_allowed(address: Address, port: int, limits: FetchLimits) -> bool:
    if limits.loopback and address.is_loopback:
        return True
    return port in PORTS and is_public(address) and not belongs_to_this_machine(address)


def _left(most_s: float, until: float) -> float:
    """Never 0, which would mean not to wait."""
    return max(0.01, min(most_s, until - time.monotonic()))


def _look_up(host: str, port: int, until: float) -> list[Address]:
    found = _lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        entries = found.result(_left(LOOKUP_S, until))
    except (OSError, UnicodeError, TimeoutError):
        found.cancel()
        raise NotFetched(f"The name {host} is not known. Check the address.") from None
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in entries))


@contextmanager
def _ended_at(connection: socket.socket | SSLTransport, until: float) -> Iterator[None]:
    """End the connection in the middle of a read: a server may send a byte every few seconds."""
    outermost = connection.socket if isinstance(connection, SSLTransport) else connection

    def end() -> None:
        with suppress(OSError):
            outermost.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_left(WHOLE_S, until), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
