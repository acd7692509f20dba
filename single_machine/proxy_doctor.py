"""Whether what the school needs arrives through its own web server in front."""

from __future__ import annotations

import http.client
import ipaddress
import secrets
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from contract.names import ARRIVED_ADDRESS, ARRIVED_PATH, ARRIVED_SCHEME
from single_machine.answers import Answer, Verdict
from single_machine.running import find_running
from single_machine.settings import Settings, Tls

TIMEOUT_S = 5.0
FORGED = "192.0.2.1"
"""An address that no visitor has (RFC 5737)."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""Of a workspace's id."""
_CHECK = "web server in front"
_PAGE = {"Accept": "text/html"}
_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "YXByYW5vdmEgZG9jdG9yIQ==",
}
_ELSEWHERE = "Others: docs/guides/one-server.md, “A web server in front”."
_HOST = f"nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost On. {_ELSEWHERE}"
_UPGRADE = (
    "nginx: proxy_set_header Upgrade $http_upgrade; and proxy_set_header Connection $connection_upgrade; "
    f"Apache: upgrade=websocket at the end of ProxyPass. {_ELSEWHERE}"
)
_SCHEME = (
    f"nginx: proxy_set_header X-Forwarded-Proto https; Apache: RequestHeader set X-Forwarded-Proto https. {_ELSEWHERE}"
)
_ADDRESS = (
    "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; "
    "If that line is there, tls.trusted_hops is too high: it is the number of web servers in front."
)


def proxy_in_front(settings: Settings) -> Iterator[Answer]:
    if settings.tls is not Tls.PROXY:
        return
    if not _is_loopback(settings.host):
        text = f"ApraNova listens on {settings.host}: who comes by it past the web server chooses their own address"
        advice = f"Let only the web server reach port {settings.port} (firewall), or take listen.address = 127.0.0.1"
        yield Answer(_CHECK, Verdict.LOOK, text, advice)
    if find_running(settings) is None:
        return
    try:
        troubles = [*_workspace_troubles(settings), *_portal_troubles(settings)]
    except (OSError, http.client.HTTPException) as error:
        host = urlsplit(settings.public_url).netloc
        yield Answer(_CHECK, Verdict.NO, f"{host} or a workspace's name cannot be opened ({error})", _ELSEWHERE)
        return
    for text, remedy in troubles:
        yield Answer(_CHECK, Verdict.NO, text, remedy)
    if not troubles:
        yield Answer(_CHECK, Verdict.YES, "host names, WebSockets, the scheme and visitors' addresses arrive")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _workspace_troubles(settings: Settings) -> Iterator[tuple[str, str]]:
    """Nobody is signed in, so a page leads to the door at the portal's name, and a WebSocket is
    refused: each only if its host and its headers arrive as they were sent."""
    workspace = "ws-" + "".join(secrets.choice(_LETTERS) for _ in range(10))  # nobody's
    host = f"{workspace}.{settings.workspaces_domain}"
    page = _ask(host, "/", _PAGE)
    if workspace not in (page.getheader("Location") or ""):  # another name leads to the portal
        yield f"{host} answers with {page.status} and not with its door: Host does not arrive as it was sent", _HOST
        return
    socket = _ask(host, "/", {**_PAGE, **_WEBSOCKET})
    if socket.getheader("Location"):
        yield f"a WebSocket arrives as a page ({socket.status}): Upgrade and Connection are not passed on", _UPGRADE


def _portal_troubles(settings: Settings) -> Iterator[tuple[str, str]]:
    """The gateway tells who asked it, and how, as it understood what arrived."""
    host = urlsplit(settings.public_url).netloc
    told = _ask(host, ARRIVED_PATH, {"X-Forwarded-For": FORGED})
    scheme, address = told.getheader(ARRIVED_SCHEME), told.getheader(ARRIVED_ADDRESS)
    if told.status != HTTPStatus.NO_CONTENT or scheme is None:
        yield f"{host} answers with {told.status} and not as the school: Host does not arrive as it was sent", _HOST
        return
    if scheme != "https":
        yield f"the scheme arrives as {scheme}: X-Forwarded-Proto is not https", _SCHEME
    if address == FORGED:
        text = "visitors can choose the address that the school sees: X-Forwarded-For arrives as they sent it"
        yield text, _ADDRESS


def connect_to(host: str) -> http.client.HTTPConnection:
    return http.client.HTTPSConnection(host, timeout=TIMEOUT_S, context=ssl.create_default_context())


def _ask(host: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    """Status and headers are of interest."""
    connection = connect_to(host)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse()
    finally:
        connection.close()
