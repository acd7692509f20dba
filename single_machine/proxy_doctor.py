"""Whether what a workspace needs arrives through the school's own web server in front."""

from __future__ import annotations

import http.client
import secrets
import ssl
from collections.abc import Iterator

from single_machine.answers import Answer, Verdict
from single_machine.running import find_running
from single_machine.settings import Settings, Tls

TIMEOUT_S = 5.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""Of a workspace's id."""
_CHECK = "web server in front"
_ADVICE = "docs/guides/one-server.md, “A web server in front”, has what it must pass on."
_PAGE = {"Accept": "text/html"}
_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "YXByYW5vdmEgZG9jdG9yIQ==",
}


def proxy_in_front(settings: Settings) -> Iterator[Answer]:
    """Nobody is signed in, so a page leads to the door at the portal's name, and a WebSocket is
    refused: each only if its host and its headers arrive as they were sent."""
    if settings.tls is not Tls.PROXY or find_running(settings) is None:
        return
    workspace = "ws-" + "".join(secrets.choice(_LETTERS) for _ in range(10))  # nobody's
    host = f"{workspace}.{settings.workspaces_domain}"
    try:
        page_status, leads_to = _ask(host, _PAGE)
        socket_status, socket_leads_to = _ask(host, {**_PAGE, **_WEBSOCKET})
    except (OSError, http.client.HTTPException) as error:
        yield Answer(_CHECK, Verdict.NO, f"{host} cannot be opened ({error})", _ADVICE)
        return
    if workspace not in leads_to:  # another name leads to the portal
        text = f"{host} answers with {page_status} and not with its door: Host does not arrive as it was sent"
        yield Answer(_CHECK, Verdict.NO, text, _ADVICE)
    elif socket_leads_to:
        text = f"a WebSocket arrives as a page ({socket_status}): Upgrade and Connection are not passed on"
        yield Answer(_CHECK, Verdict.NO, text, _ADVICE)
    else:
        yield Answer(_CHECK, Verdict.YES, "host names and WebSockets arrive")


def _ask(host: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status, and where it leads."""
    connection = http.client.HTTPSConnection(host, timeout=TIMEOUT_S, context=ssl.create_default_context())
    try:
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or ""
    finally:
        connection.close()
