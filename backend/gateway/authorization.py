"""`/_authz`: Envoy asks, for each request to a workspace, whether it may pass and where to.

Every request waits for it, so it is raw ASGI and answers from memory when it can. Envoy sends the
method, the host and a few headers of the original request (gateway/envoy.yaml names them).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from backend.gateway.access import OF_A_VISIT, Access, AccessReader, digest
from backend.gateway.answers import Answer, Headers, Scope, problem, redirect, redirect_in_frame
from backend.gateway.decision import Asked, Verdict, decide, is_from_sibling
from backend.gateway.endpoints import WorkspaceViews
from backend.gateway.identity import IdentitySigner
from backend.gateway.site import Place, Site
from contract.door import restarts
from contract.manager import WorkspaceView
from contract.names import IDENTITY_HEADER, LAUNCH_SECRET_HEADER, PORT_HEADER, VISIT_HEADER

AUTHORIZATION_PATH = "/_authz"
"""Before the path that the browser asked for."""
ACCESS_FRESH_S = 2.0
ACCESSES_KEPT_MAX = 4096
VISIT_CONNECTION_MAX_S = 900
"""Then a visitor's WebSocket or event stream ends and is authorized again. The end of a share, of a
session or of a membership closes it at once, unless manager or agent did not hear of it."""
CLEAR_COOKIES = (b"clear-site-data", b'"cookies"')

_OUR_COOKIES = (b"apranova_", b"__host-apranova_", b"__secure-apranova_")
# Envoy joins several Cookie headers by commas. An application's cookie may hold a comma, so only a
# comma next to a cookie of ours separates (values of ours have none).
_COMMA_BEFORE_OURS = re.compile(rb",(?=\s*(?:__host-|__secure-)?apranova_)", re.IGNORECASE)
_FIELDS = {
    b"origin": "origin",
    b"accept": "accept",
    b"upgrade": "upgrade",
    b"sec-fetch-site": "fetch_site",
    b"sec-fetch-mode": "fetch_mode",
    b"sec-fetch-dest": "fetch_dest",
    b"referer": "referer",
    b"access-control-request-method": "preflight_method",
    b"access-control-request-headers": "preflight_headers",
}


class Authorization:
    def __init__(
        self,
        site: Site,
        reader: AccessReader,
        views: WorkspaceViews,
        signer: IdentitySigner,
        *,
        strangers: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`strangers`: the school lets people who are not signed in visit what is shared so."""
        self._site = site
        self._reader = reader
        self._signer = signer
        self._views = views
        self._strangers = strangers
        self._clock = clock
        self._wall_clock = wall_clock
        self._cookie_name = site.workspace_cookie.encode()
        self._kept: dict[str, tuple[Access, float]] = {}
        self._revocations = 0

    async def answer(self, scope: Scope) -> Answer:
        """Raises `redis.RedisError` or `ApraNovaError`; Envoy then answers 503."""
        asked, cookie = _read(scope)
        place = self._site.find_place(asked.host)
        page = self._find_page(asked) if place is not None and place.port else None
        access = view = None
        by_visit = False
        application_cookies = b""
        if place is not None:
            tokens, application_cookies = split_cookies(cookie, self._cookie_name)
            if len(tokens) > 1:
                return self._several_cookies(asked, place)
            access = await self._find_access(tokens[0], place) if tokens else None
            if access is not None:
                view = self._views.peek(place.workspace_id) or await self._views.find(place.workspace_id)
                if access.launch and not _is_of(access, view):
                    access = None
            by_visit = bool(tokens) and tokens[0].startswith(OF_A_VISIT)
        own_origin = self._site.origin_of(place).encode() if place else b""
        verdict = decide(asked, place=place, own_origin=own_origin, page=page, access=access, view=view)
        if verdict is Verdict.ALLOW and access is not None and view is not None:
            return Answer(200, self._way_to(view, access, application_cookies))
        if verdict is Verdict.NO_ACCESS and place is not None and asked.is_frame and page == Place(place.workspace_id):
            return redirect_in_frame(self._site.enter_url(place, to=asked.target))
        if by_visit and verdict in (Verdict.NO_ACCESS, Verdict.NOT_RUNNING) and place is not None:
            return self._visit_ended(asked, place)
        answer = self._refusal(verdict, asked, place, view)
        if place is not None and asked.origin and is_from_sibling(place, page):
            answer.headers += _readable_by(asked)
        return answer

    async def is_good(self, token: str, place: Place) -> bool:
        """Whether a cookie still opens its place. That of a visit whose time or launch is over does
        not, although Redis has it until the visit is ended. Raises as `answer`."""
        access = await self._find_access(token, place)
        if access is None or not access.launch:
            return access is not None
        return _is_of(access, self._views.peek(place.workspace_id) or await self._views.find(place.workspace_id))

    def _find_page(self, asked: Asked) -> Place | None:
        """A page chooses whether its requests have a Referer, but not what it says."""
        reads = asked.method in ("GET", "HEAD") and not asked.upgrade  # anything else has an Origin
        page = asked.origin or (asked.referer if reads else b"")
        return self._site.find_place_of_page(page.decode("latin-1")) if page else None

    def revoked(self, token_digest: str) -> None:
        self._revocations += 1
        self._kept.pop(token_digest, None)

    def forget_all(self) -> None:
        self._revocations += 1
        self._kept.clear()

    async def _find_access(self, token: str, place: Place) -> Access | None:
        access = await self._find_one(digest(token))
        if access is None or access.place != place:
            return None
        return access if not access.share or self._may_visit(access) else None

    def _may_visit(self, access: Access) -> bool:
        return self._wall_clock() < access.ends_at and (bool(access.user_id) or self._strangers())

    def _way_to(self, view: WorkspaceView, access: Access, cookies: bytes) -> Headers:
        """Headers that Envoy sets on the request, replacing any that the browser sent."""
        endpoint = view.endpoint
        assert endpoint is not None  # noqa: S101  decide() allows no other
        headers = [
            (b"x-apranova-cluster", (endpoint.cluster or "original_dst").encode()),
            (LAUNCH_SECRET_HEADER.encode(), endpoint.launch_secret.encode()),
            (b"x-user", access.user_id.encode() or b"-"),
            (b"x-workspace", access.workspace_id.encode()),
            # Without one of these two Envoy would leave the browser's cookies as they were.
            (b"cookie", cookies) if cookies else (b"x-envoy-auth-headers-to-remove", b"cookie"),
        ]
        if access.share:
            left_s = min(VISIT_CONNECTION_MAX_S, access.ends_at - self._wall_clock())
            headers.append((VISIT_HEADER.encode(), b"%d" % max(1, left_s)))
        if access.port:
            headers.append((PORT_HEADER.encode(), str(access.port).encode()))
        elif not access.share:  # to an application a visitor is nobody: it may have accounts of its own
            headers.append((IDENTITY_HEADER.encode(), self._signer.token(access)))
        if endpoint.address:
            headers.append((b"x-envoy-original-dst-host", endpoint.address.encode()))
        return headers

    async def _find_one(self, token_digest: str) -> Access | None:
        now = self._clock()
        kept = self._kept.get(token_digest)
        if kept is not None and now < kept[1]:
            return kept[0]
        revocations = self._revocations
        access = await self._reader.find(token_digest)
        self._kept.pop(token_digest, None)
        if access is not None and revocations == self._revocations:  # not revoked while Redis was being asked
            while len(self._kept) >= ACCESSES_KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[token_digest] = (access, now + ACCESS_FRESH_S)
        return access

    def _several_cookies(self, asked: Asked, place: Place) -> Answer:
        """A sibling host has planted one, and nobody can tell which. The browser forgets them."""
        if not asked.is_navigation:
            return problem(401, "several_cookies", "The browser sent several cookies of one name.")
        answer = redirect(self._site.door_url(place, asked.target))
        answer.headers.append(CLEAR_COOKIES)
        return answer

    def _visit_ended(self, asked: Asked, place: Place) -> Answer:
        if asked.is_navigation:
            return redirect(self._site.visit_url(place.workspace_id))
        return problem(401, "visit_ended", "The visit has ended.")

    def _refusal(self, verdict: Verdict, asked: Asked, place: Place | None, view: WorkspaceView | None) -> Answer:
        door = self._site.door_url(place, asked.target)
        match verdict:
            case Verdict.UNKNOWN_HOST:
                return problem(404, "not_found", "No workspace has this address.")
            case Verdict.FOREIGN_ORIGIN:
                return problem(403, "foreign_origin", "A workspace takes requests from its own pages only.")
            case Verdict.SERVICE_WORKER:
                return problem(403, "no_service_worker", "A workspace's own address takes no service worker.")
            case Verdict.PREFLIGHT:
                return Answer(204)
            case Verdict.NO_ACCESS if not asked.is_navigation:
                return problem(401, "not_entered", f"Enter the workspace through {door}.")
            case Verdict.NOT_RUNNING if not asked.is_navigation and view is not None and restarts(view, time.time()):
                return problem(409, "task_ended", f"The workspace's task died. It starts again at {door}.")
            case Verdict.NOT_RUNNING if not asked.is_navigation:
                return problem(409, "not_running", f"The workspace is not running. Launch it at {door}.")
            case _:
                return redirect(door)


def _is_of(access: Access, view: WorkspaceView | None) -> bool:
    """Whether the workspace still runs as it did when the visit began."""
    endpoint = view.endpoint if view is not None else None
    return endpoint is not None and digest(endpoint.launch_secret) == access.launch


def split_cookies(cookie: bytes, name: bytes) -> tuple[list[str], bytes]:
    """The values of the cookie `name`, and the header without any cookie of ours."""
    tokens: list[str] = []
    kept: list[bytes] = []
    if b"," in cookie:
        cookie = _COMMA_BEFORE_OURS.sub(b";", cookie)
    for part in cookie.split(b";"):
        pair = part.strip()
        if not pair:
            continue
        if not pair.lower().startswith(_OUR_COOKIES):
            kept.append(pair)
            continue
        ours, _, rest = pair.partition(b",")
        if rest:
            kept.append(rest.strip())
        if ours.startswith(name + b"="):
            tokens.append(ours[len(name) + 1 :].decode("latin-1"))
    return tokens, b"; ".join(kept)


def _read(scope: Scope) -> tuple[Asked, bytes]:
    asked = Asked(method=scope["method"], host="", target=_target(scope))
    cookies: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies.append(value)
        elif name == b"host":
            asked.host = value.decode("latin-1")
        elif (field := _FIELDS.get(name)) is not None:
            setattr(asked, field, value)
    return asked, cookies[0] if len(cookies) == 1 else b"; ".join(cookies)


def _target(scope: Scope) -> str:
    """Path and query that the browser asked for."""
    path = scope.get("raw_path", b"").decode("latin-1").removeprefix(AUTHORIZATION_PATH) or "/"
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path


def _readable_by(asked: Asked) -> Headers:
    """Lets a page of another port of the workspace read our answer. What the student's program
    lets it read, the program says itself."""
    headers = [
        (b"access-control-allow-origin", asked.origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    ]
    if asked.preflight_method:
        headers.append((b"access-control-allow-methods", asked.preflight_method))
    if asked.preflight_headers:
        headers.append((b"access-control-allow-headers", asked.preflight_headers))
    return headers
