"""The workspace host's side of getting in: a nonce first, then a ticket becomes a cookie.

    door ─► /_apranova/enter ─► door ?browser=<digest> ─► /_apranova/enter?ticket=… ─► /
                sets a nonce        binds a ticket to it       needs the nonce

A port that the editor shows in a frame enters without the door: a frame of another site gets no
cookie of the portal's host. The editor's own cookie stands for it.

    frame ─► /_apranova/enter ─► editor's host /_apranova/frame ─► /_apranova/enter?ticket=… ─► /

A ticket that was stolen, or planted by somebody who wants a person to work in their workspace, thus
opens nothing in another browser.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from redis.exceptions import RedisError

from backend.gateway.access import OF_A_VISIT, TICKET_TTL_S, AccessReader, Refused, digest
from backend.gateway.answers import Answer, Scope, page, problem, redirect, redirect_in_frame
from backend.gateway.authorization import CLEAR_COOKIES, split_cookies
from backend.gateway.decision import Asked
from backend.gateway.site import ENTER_PATH, FRAME_PATH, Place, Site, own_path
from contract.door import Link, Page
from contract.door_page import content_security_policy, render
from contract.errors import ApraNovaError
from contract.names import PREVIEW_PORTS

TICKET_LENGTH_MAX = 64  # with OF_A_VISIT
_NONCE_BYTES = 32
_NONCE = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PORT = re.compile(r"[0-9]{1,5}")

logger = logging.getLogger(__name__)


class Entrance:
    """Answers all paths of the gateway's own on the workspaces' hosts."""

    def __init__(
        self,
        site: Site,
        reader: AccessReader,
        *,
        entered: Callable[[str], None],
        is_good: Callable[[str, Place], Awaitable[bool]],
    ) -> None:
        """`entered` hears the id of a workspace that somebody enters. `is_good`: whether a cookie
        opens its place (Authorization.is_good)."""
        self._site = site
        self._reader = reader
        self._entered = entered
        self._is_good = is_good

    async def answer(self, scope: Scope) -> Answer:
        headers = dict(scope["headers"])
        place = self._site.find_place(headers.get(b"host", b"").decode("latin-1"))
        if place is not None and not place.port and scope["path"] == FRAME_PATH:
            return await self._ticket_for_frame(scope, place)
        if place is None or scope["path"] != ENTER_PATH:
            return self._page(404, "Nothing is here", ("The address may be mistyped.",), place)
        if scope["method"] != "GET" or headers.get(b"sec-purpose", b"").startswith(b"prefetch"):
            text = "Open it in a browser's tab."
            return self._page(405, "This link works by opening it", (text,), place)
        nonces, _ = split_cookies(_cookies(scope), self._site.browser_cookie.encode())
        if len(nonces) > 1:
            return self._several_nonces(place)
        nonce = nonces[0] if nonces and _NONCE.fullmatch(nonces[0]) else ""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        to = own_path(query.get("to", ["/"])[0])
        if "ticket" not in query:
            return self._fetch_ticket(
                place, nonce or secrets.token_urlsafe(_NONCE_BYTES), to, _is_framed_port(scope, place)
            )
        return await self._enter(place, query["ticket"][0], nonce, to, _is_framed_port(scope, place))

    def _fetch_ticket(self, place: Place, nonce: str, to: str, framed: bool) -> Answer:
        """Tabs that enter at the same time share one nonce, so the browser's own is kept."""
        if framed:
            answer = redirect_in_frame(self._site.frame_url(place, digest(nonce), to))
        else:
            answer = redirect(self._site.ticket_url(place, digest(nonce), to))
        self._set_cookie(answer, self._site.browser_cookie, nonce, f"; Max-Age={TICKET_TTL_S}")
        return answer

    async def _ticket_for_frame(self, scope: Scope, editor: Place) -> Answer:
        """On the editor's host: its cookie becomes a ticket for a port of the same workspace, for
        whoever may be in the editor, and only in a frame of the editor's own page."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        port, browser = query.get("port", [""])[0], query.get("browser", [""])[0]
        known = bool(_PORT.fullmatch(port)) and int(port) in PREVIEW_PORTS and bool(_DIGEST.fullmatch(browser))
        asked = _asked(scope)
        if not known or not asked.is_frame or self._site.find_place_of_page(asked.referer.decode("latin-1")) != editor:
            return problem(403, "no_frame", "Only the editor shows an app in this way.")
        tokens, _ = split_cookies(_cookies(scope), self._site.workspace_cookie.encode())
        place = Place(editor.workspace_id, int(port))
        ticket = None
        try:
            # Else the port would send a frame of a visit that is over back here, again and again.
            if len(tokens) == 1 and await self._is_good(tokens[0], editor):
                ticket = await self._reader.ticket_for_frame(tokens[0], place, browser=browser)
        except (RedisError, ApraNovaError, OSError) as error:
            logger.warning("cannot give a ticket now: %s", error)
            return problem(503, "unavailable", "The platform cannot check your access right now.")
        if ticket is None and tokens and tokens[0].startswith(OF_A_VISIT):
            return problem(401, "visit_ended", "The visit has ended.")
        if ticket is None:
            return problem(401, "not_entered", "Open the app in a tab of its own.")
        return redirect_in_frame(self._site.enter_url(place, ticket, query.get("to", ["/"])[0]))

    async def _enter(self, place: Place, ticket: str, nonce: str, to: str, framed: bool) -> Answer:
        traded: str | Refused = Refused.USED_UP
        try:
            if 0 < len(ticket) <= TICKET_LENGTH_MAX:
                traded = await self._reader.trade_ticket(ticket, place, nonce=nonce)
        except (RedisError, OSError) as error:
            logger.warning("cannot trade a ticket now: %s", error)
            text = "The platform cannot check your access right now."
            return self._page(503, "One moment", (text,), place)
        match traded:
            case Refused.USED_UP:
                text = (
                    "Such a link opens the workspace once, within a minute. Open the workspace again to get a new one."
                )
                return self._page(410, "This link is used up", (text,), place)
            case Refused.OTHER_BROWSER if nonce:  # two tabs got a nonce each; or it is not this browser's
                return self._fetch_ticket(place, nonce, to, framed)
            case Refused.OTHER_BROWSER:
                return self._without_nonce(place)
            case token:
                self._entered(place.workspace_id)
                answer = redirect_in_frame(to) if framed else redirect(to)
                self._set_cookie(answer, self._site.workspace_cookie, token)
                return answer

    def _set_cookie(self, answer: Answer, name: str, value: str, lifetime: str = "") -> None:
        secure = "; Secure" if self._site.is_https else ""
        cookie = f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}"
        answer.headers.append((b"set-cookie", cookie.encode()))

    def _without_nonce(self, place: Place) -> Answer:
        """Never sends a browser on by itself: one that keeps no cookies would go in a circle."""
        origin = self._site.origin_of(place)
        texts = (
            "A link into a workspace works only in the browser that asked for it.",
            "Open the workspace again from here.",
            f"If you then see this page again, allow cookies for {origin} in your browser's settings.",
        )
        return self._page(403, "This browser cannot enter with this link", texts, place)

    def _several_nonces(self, place: Place) -> Answer:
        """A sibling host has planted one. The browser forgets all of them."""
        text = "A page that you opened has stored it. It is deleted now; open the workspace again."
        answer = self._page(400, "Your browser sent a cookie twice", (text,), place)
        answer.headers.append(CLEAR_COOKIES)
        return answer

    def _page(self, status: int, title: str, texts: tuple[str, ...], place: Place | None) -> Answer:
        door = Link(self._site.door_url(place), "Open the workspace")
        html = render(Page(HTTPStatus(status), title, texts, link=door), now=0.0)
        return page(status, html, content_security_policy=content_security_policy())


def _cookies(scope: Scope) -> bytes:
    return b"; ".join(value for name, value in scope["headers"] if name == b"cookie")


def _asked(scope: Scope) -> Asked:
    headers = dict(scope["headers"])
    return Asked(
        method=scope["method"],
        host="",
        referer=headers.get(b"referer", b""),
        fetch_mode=headers.get(b"sec-fetch-mode", b""),
        fetch_dest=headers.get(b"sec-fetch-dest", b""),
    )


def _is_framed_port(scope: Scope, place: Place) -> bool:
    return bool(place.port) and _asked(scope).is_frame
