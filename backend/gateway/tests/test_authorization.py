"""Authorization in the test's own process: the policy, what is kept, what Envoy is told."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis.exceptions import RedisError

from backend.gateway import endpoints
from backend.gateway.access import Access, Refused, digest
from backend.gateway.asgi import Gateway
from backend.gateway.authorization import ACCESS_FRESH_S, Authorization
from backend.gateway.decision import Asked, is_from_own_origin
from backend.gateway.door_pass import cookie_name, sign_pass
from backend.gateway.endpoints import WorkspaceViews
from backend.gateway.identity import IdentitySigner
from backend.gateway.site import Place, Site
from backend.gateway.tests.test_decision import ACCESS, OTHER, OWN, WORKSPACE, view
from contract.names import (
    DOOR_AUDIENCE,
    DOOR_COOKIE,
    DOOR_ISSUER,
    IDENTITY_HEADER,
    LAUNCH_SECRET_HEADER,
    StopReason,
    WorkspaceSize,
    WorkspaceState,
)

HOST = f"{WORKSPACE}.ws.localhost:8080"
SITE = Site("http://localhost:8080", "ws.localhost:8080")
KEY = Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("asked", "is_own"),
    [
        (Asked("GET", "h"), True), (Asked("OPTIONS", "h"), True), (Asked("GET", "h", origin=OWN), True), (Asked("GET", "h", origin=b"null"), True),
        (Asked("GET", "h", origin=b"http://x"), False), (Asked("GET", "h", fetch_site=b"none"), True),
        (Asked("GET", "h", fetch_site=b"same-origin", origin=b"http://x"), False),
        (Asked("GET", "h", fetch_site=b"same-site"), False), (Asked("OPTIONS", "h", fetch_site=b"same-site"), False),
        (Asked("GET", "h", fetch_site=b"cross-site", fetch_mode=b"navigate", fetch_dest=b"document"), True),
        (Asked("HEAD", "h", fetch_site=b"cross-site", fetch_mode=b"navigate"), True),
        (Asked("GET", "h", fetch_site=b"cross-site", fetch_mode=b"navigate", fetch_dest=b"iframe"), False),
        (Asked("GET", "h", fetch_site=b"cross-site", fetch_mode=b"cors", accept=b"text/html"), False),
        (Asked("GET", "h", fetch_site=b"cross-site", accept=b"text/html"), True),
        (Asked("GET", "h", upgrade=b"websocket"), False), (Asked("GET", "h", upgrade=b"websocket", origin=OWN), True),
        (Asked("GET", "h", upgrade=b"websocket", fetch_site=b"same-origin"), False),
        (Asked("POST", "h"), False), (Asked("POST", "h", origin=OWN), True),
        (Asked("POST", "h", fetch_site=b"same-origin"), True), (Asked("POST", "h", origin=b"null", fetch_site=b"same-origin"), True),
        (Asked("POST", "h", origin=b"http://x", fetch_site=b"same-origin"), False),
        (Asked("POST", "h", origin=b"null", fetch_site=b"cross-site"), False),
    ],
)  # fmt: skip
def test_what_another_origin_may_cause(asked: Asked, is_own: bool) -> None:
    assert is_from_own_origin(asked, OWN) is is_own


class Reader:
    """The accesses behind tokens, and how often it was asked."""

    def __init__(self) -> None:
        self.known = {digest("mine"): ACCESS, digest("other"): Access(OTHER, "user", "session")}
        self.asked: list[str] = []
        self.meanwhile = lambda: None

    async def find(self, token_digest: str) -> Access | None:
        self.asked.append(token_digest)
        found = self.known.get(token_digest)
        self.meanwhile()
        return found


class World:
    def __init__(self) -> None:
        self.now, self.reader, self.described = 100.0, Reader(), 0
        self.view = view()
        signer = IdentitySigner(KEY, clock=lambda: 1e9)
        self.views = WorkspaceViews(self._describe, clock=lambda: self.now)
        self.authorization = Authorization(SITE, self.reader, self.views, signer, clock=lambda: self.now)  # type: ignore[arg-type]

    async def _describe(self, ids: Any) -> list[Any]:
        self.described += 1
        return [self.view]

    async def ask(
        self, cookie: str = "apranova_workspace=mine; a=1", *, host: str = HOST, method: str = "GET", **headers: str
    ) -> Any:
        listed = [
            (b"cookie", cookie.encode()),
            *((name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()),
        ]
        return await self.authorization.answer({"method": method, "headers": [(b"host", host.encode()), *listed]})


@pytest.mark.parametrize(
    ("left_s", "launch", "good"), [(60.0, "secret", True), (-1.0, "secret", False), (60.0, "before", False)]
)
async def test_a_cookie_of_a_visit_is_good_for_its_time_and_its_launch(left_s: float, launch: str, good: bool) -> None:
    world = World()
    visit = Access(WORKSPACE, "user", "session", share="visit", ends_at=time.time() + left_s, launch=digest(launch))
    world.reader.known[digest("visit.x")] = visit
    place = Place(WORKSPACE)
    assert await world.authorization.is_good("visit.x", place) is good
    assert await world.authorization.is_good("mine", place)
    assert not await world.authorization.is_good("mine", Place(OTHER))
    assert not await world.authorization.is_good("unknown", place)


async def test_envoy_is_told_the_way_and_the_application_who_asks() -> None:
    answer = await World().ask()
    told = {name.decode(): text.decode() for name, text in answer.headers}
    assert answer.status == 200
    assert (told[LAUNCH_SECRET_HEADER], told["cookie"]) == ("secret", "a=1")
    token = jwt.decode(
        told[IDENTITY_HEADER], KEY.public_key(), ["EdDSA"], audience=WORKSPACE, options={"verify_exp": False}
    )
    assert (token["sub"], token["iss"], token["exp"] - token["iat"]) == ("user", "apranova", 300)


@pytest.mark.parametrize(
    ("asked", "status", "location"),
    [
        ({"host": "localhost"}, 404, None), ({"cookie": "apranova_workspace=other"}, 401, None),
        ({"cookie": ""}, 401, None), ({"origin": "http://x"}, 403, None),
        ({"cookie": "", "accept": "text/html"}, 302, f"http://localhost:8080/workspace/{WORKSPACE}/"),
    ],
)  # fmt: skip
async def test_a_refusal_leads_people_to_the_door_and_tells_programs_why(
    asked: dict[str, str], status: int, location: str | None
) -> None:
    answer = await World().ask(**asked)
    told = {name.decode(): text.decode() for name, text in answer.headers}
    assert (answer.status, told.get("location")) == (status, location)
    assert told["cache-control"] == "no-store"
    if location is None:
        assert json.loads(answer.body)["status"] == status
        assert told["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("reason", "told"), [(StopReason.TASK_ENDED, "task_ended"), (StopReason.IDLE, "not_running"), (None, "not_running")]
)
async def test_an_open_editor_is_told_whether_its_task_died_or_was_stopped(
    reason: StopReason | None, told: str
) -> None:
    """The page starts a workspace again whose task died, and never one that somebody stopped."""
    world = World()
    world.view = replace(view(WorkspaceState.STOPPED), stop_reason=reason, stopped_at=time.time() - 1)
    answer = await world.ask()
    assert (answer.status, json.loads(answer.body)["reason"]) == (409, told)


async def test_an_access_is_kept_for_two_seconds_and_never_past_a_revocation() -> None:
    world = World()
    for seconds, asked in ((0.0, 1), (ACCESS_FRESH_S - 0.1, 1), (0.1, 2)):
        world.now += seconds
        assert (await world.ask("apranova_workspace=mine")).status == 200
        assert len(world.reader.asked) == asked
    world.authorization.revoked(digest("mine"))
    await world.ask()
    world.authorization.forget_all()
    await world.ask()
    assert len(world.reader.asked) == 4
    world.now += 9.0
    world.reader.meanwhile = lambda: world.authorization.revoked("x")
    await world.ask()
    world.reader.meanwhile = lambda: None
    await world.ask()
    assert len(world.reader.asked) == 6  # what was read while something was revoked is not kept


@pytest.mark.parametrize("planted", ["wrong", "other", "mine", ""])
async def test_several_cookies_of_our_name_are_refused_and_cleared(planted: str) -> None:
    for cookies in (
        f"apranova_workspace={planted}; apranova_workspace=mine",
        f"apranova_workspace=mine, apranova_workspace={planted}",
    ):
        world = World()
        assert (await world.ask(cookies)).status == 401
        answer = await world.ask(cookies, accept="text/html")
        assert (answer.status, dict(answer.headers)[b"clear-site-data"]) == (302, b'"cookies"')
        assert not world.reader.asked


async def test_a_page_without_an_origin_reads_from_a_sibling_port_and_changes_nothing() -> None:
    """A browser sends Origin with all that may change something: a Referer proves nothing then."""
    world = World()
    world.reader.known[digest("mine")] = Access(WORKSPACE, "user", "session", port=3000)
    headers = {"host": f"p3000--{HOST}", "referer": f"http://p5173--{HOST}/", "sec_fetch_site": "same-site"}
    for method, status in (("GET", 200), ("POST", 403)):
        assert (await world.ask(method=method, **headers)).status == status
    assert (await world.ask(upgrade="websocket", **headers)).status == 403


async def test_a_sibling_port_may_read_why_it_was_refused() -> None:
    page = f"http://p5173--{HOST}"
    answer = await World().ask("", host=f"p3000--{HOST}", origin=page)
    assert (answer.status, dict(answer.headers)[b"access-control-allow-origin"]) == (401, page.encode())


async def test_a_view_in_use_is_asked_for_ahead_and_one_that_changes_is_forgotten() -> None:
    world = World()
    for seconds, described in ((0.0, 1), (0.9, 1), (0.1, 2), (0.9, 2), (2.5, 3)):
        world.now += seconds
        assert (await world.ask()).status == 200
        await asyncio.sleep(0.01)
        assert world.described == described, seconds
    world.views.forget(WORKSPACE)
    await world.ask()
    world.views.forget_all()
    world.view = replace(world.view, endpoint=None)
    assert (await world.ask(accept="text/html")).status == 302
    assert world.views.peek(WORKSPACE) is None
    assert world.described == 5
    await world.views.aclose()


async def test_at_most_a_hundred_views_are_asked_for_at_once_and_the_oldest_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoints, "KEPT_MAX", 100)
    calls: list[int] = []

    async def describe(ids: Any) -> list[Any]:
        calls.append(len(ids))
        return [view(workspace_id=id_) for id_ in ids]

    views = WorkspaceViews(describe, clock=lambda: 0.0)
    names = [f"ws-{number:010}" for number in range(250)]
    await asyncio.gather(*(views.find(name) for name in names))
    assert calls == [100, 100, 50]
    assert sum(views.peek(name) is not None for name in names) == 100
    await views.aclose()


NONCE = "n" * 43


def gateway(trade: Any) -> Gateway:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send("inner")

    made = Gateway(
        inner, site=SITE, client=_NoRedis(), signer=IdentitySigner(KEY), describe=lambda ids: [],  # type: ignore[arg-type]
        calls_for_help=lambda access, method: {},
    )  # fmt: skip
    made._entrance._reader.trade_ticket = trade  # type: ignore[method-assign]
    return made


class _NoRedis:
    def register_script(self, _: str) -> Any:
        async def script(**_: Any) -> None:
            raise RedisError("away")

        return script


@pytest.mark.parametrize(
    ("path", "query", "changes", "status"),
    [
        ("/_apranova/enter", "ticket=t", {}, 302), ("/_apranova/enter", "ticket=used", {}, 410),
        ("/_apranova/enter", "ticket=", {}, 410), ("/_apranova/enter", "ticket=" + "t" * 65, {}, 410),
        ("/_apranova/enter", "ticket=away", {}, 503), ("/_apranova/enter", "ticket=t", {"method": "POST"}, 405),
        ("/_apranova/enter", "ticket=t", {"purpose": b"prefetch;prerender"}, 405),
        ("/_apranova/enter", "ticket=t", {"host": b"localhost"}, 404), ("/_apranova/other", "ticket=t", {}, 404),
        ("/_authz", "", {"cookie": b"apranova_workspace=mine"}, 503), ("/elsewhere", "", {}, None),
    ],
)  # fmt: skip
async def test_the_gateways_own_pages(path: str, query: str, changes: dict[str, Any], status: int | None) -> None:
    async def trade(ticket: str, place: Place, *, nonce: str) -> str | Refused:
        assert (place, nonce) == (Place(WORKSPACE), NONCE)
        if ticket == "away":
            raise RedisError
        return "token" if ticket == "t" else Refused.USED_UP

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", changes.get("host", HOST.encode())), (b"sec-purpose", changes.get("purpose", b"")),
               (b"cookie", changes.get("cookie", f"apranova_browser={NONCE}".encode()))]  # fmt: skip
    scope = {"type": "http", "path": path, "method": changes.get("method", "GET"), "headers": headers,
             "query_string": query.encode()}  # fmt: skip
    await gateway(trade)(scope, None, send)  # type: ignore[arg-type]
    assert (sent == ["inner"]) if status is None else (sent[0]["status"] == status)
    if status == 302:
        told = dict(sent[0]["headers"])
        assert (told[b"location"], told[b"content-length"]) == (b"/", b"0")
        assert told[b"set-cookie"] == b"apranova_workspace=token; Path=/; HttpOnly; SameSite=Lax"
    elif status in (404, 405, 410):
        door = b"/workspace/" if "host" in changes else f"/workspace/{WORKSPACE}/".encode()
        assert b"http://localhost:8080" + door in sent[1]["body"]
        assert dict(sent[0]["headers"])[b"x-content-type-options"] == b"nosniff"


def test_a_pass_for_the_door_is_nobody_elses_and_short() -> None:
    claims = jwt.decode(sign_pass(KEY, "7", size=WorkspaceSize.LARGE, now=1e9), KEY.public_key(), ["EdDSA"], audience=DOOR_AUDIENCE,
                        options={"verify_exp": False})  # fmt: skip
    assert claims == {
        "iss": DOOR_ISSUER,
        "aud": DOOR_AUDIENCE,
        "sub": "7",
        "iat": 1e9,
        "exp": 1e9 + 300,
        "size": "large",
    }
    assert (cookie_name(is_https=True), cookie_name(is_https=False)) == (f"__Host-{DOOR_COOKIE}", DOOR_COOKIE)
