"""Hosts of ports, through real Envoy: who gets in, and what reaches the student's program."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from backend.gateway.access import digest
from backend.gateway.site import Place
from gateway.tests.client import HTML, Answer
from gateway.tests.stack import ME, MINE, TCP, THEIRS, THEM, Stack
from tests.waiting import until


def test_a_port_is_asked_for_with_its_number_and_without_who_asks(stack: Stack) -> None:
    for workspace_id in (MINE, TCP):
        cookie = stack.enter(workspace_id, port=5173)
        answer = stack.client.ask(
            stack.host(workspace_id, 5173), "/a/b?c=%2F", headers={"Cookie": f"theirs=1; {cookie}; apranova_session=x"}
        )
        assert answer.seen["server"] == workspace_id
        assert answer.seen["path"] == "/a/b?c=%2F"
        assert answer.seen_header("x-apranova-port") == "5173"
        assert answer.seen_header("x-apranova-launch-secret") == f"secret-of-{workspace_id}"
        assert answer.seen_header("x-apranova-identity") is None
        assert answer.seen_header("cookie") == "theirs=1"


def test_a_browser_cannot_name_the_port_itself(stack: Stack) -> None:
    spoofed = {"X-ApraNova-Port": "22"}
    own = stack.client.ask(stack.host(MINE), headers={"Cookie": stack.enter(), **spoofed})
    assert own.seen_header("x-apranova-port") is None
    port = stack.client.ask(stack.host(MINE, 3000), headers={"Cookie": stack.enter(port=3000), **spoofed})
    assert port.seen_header("x-apranova-port") == "3000"


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Place(MINE, 3000), Place(MINE)), (Place(MINE), Place(MINE, 3000)), (Place(MINE, 3000), Place(MINE, 3001)),
        (Place(THEIRS, 3000), Place(MINE, 3000)),
    ],
)  # fmt: skip
def test_a_cookie_or_a_ticket_opens_one_place_alone(stack: Stack, held: Place, wanted: Place) -> None:
    user = ME if held.workspace_id == MINE else THEM
    cookie = stack.enter(held.workspace_id, port=held.port, user_id=user)
    assert stack.client.ask(stack.host(*wanted), headers={"Cookie": cookie}).status == 401
    nonce, browser = stack.browser(*wanted)
    ticket = stack.book.mint_ticket(held, user_id=user, session_key="session-1", browser=browser)
    entered = stack.client.ask(stack.host(*wanted), f"/_apranova/enter?ticket={ticket}", headers={"Cookie": nonce})
    assert entered.status == 410


def test_a_sign_out_closes_ports_as_well(stack: Stack) -> None:
    cookie = stack.enter(port=3000, session_key="session-of-ports")
    assert stack.client.ask(stack.host(MINE, 3000), headers={"Cookie": cookie}).status == 200
    stack.book.revoke_session("session-of-ports")
    fresh = stack.enter(port=3000, session_key="session-of-ports-2")
    stack.book.revoke_session("session-of-ports-2")
    assert stack.client.ask(stack.host(MINE, 3000), headers={"Cookie": fresh}).status == 401


def test_a_person_who_has_to_enter_first_comes_back_to_the_page_that_they_wanted(stack: Stack) -> None:
    sent = stack.client.ask(stack.host(MINE, 3000), "/admin/?tab=2", headers=HTML)
    assert sent.status == 302
    door = urlsplit(sent.header("location") or "")
    assert f"{door.scheme}://{door.netloc}" == stack.settings.public_url
    assert door.path == f"/api/door/{MINE}/port/3000/"
    assert parse_qs(door.query) == {"to": ["/admin/?tab=2"]}
    place, host = Place(MINE, 3000), stack.host(MINE, 3000)
    first = urlsplit(stack.site.enter_url(place, to="/admin/?tab=2"))
    given = stack.client.ask(host, f"{first.path}?{first.query}", headers=HTML)
    nonce = (given.header("set-cookie") or "").partition(";")[0]
    back = parse_qs(urlsplit(given.header("location") or "").query)
    assert back["to"] == ["/admin/?tab=2"]
    ticket = stack.book.mint_ticket(place, user_id=ME, session_key="session-1", browser=back["browser"][0])
    enter = urlsplit(stack.site.enter_url(place, ticket, back["to"][0]))
    entered = stack.client.ask(host, f"{enter.path}?{enter.query}", headers={**HTML, "Cookie": nonce})
    assert (entered.status, entered.header("location")) == (302, "/admin/?tab=2")


FRAME = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-site"}


def follow(stack: Stack, url: str, headers: dict[str, str]) -> tuple[Answer, str]:
    """One step of a redirect, as the frame of a browser takes it; and the host that was asked."""
    to = urlsplit(url)
    path = f"{to.path}?{to.query}" if to.query else to.path
    return stack.client.ask(to.netloc, path, headers={**FRAME, **headers}), to.netloc


def test_the_editor_shows_an_app_in_a_frame_before_anybody_has_opened_its_port(stack: Stack) -> None:
    """The story: the preview beside the editor said "not_entered" until a tab had been opened."""
    editor, referer = stack.enter(session_key="of-frames"), {"Referer": f"{stack.origin(MINE)}/"}
    sent = stack.client.ask(stack.host(MINE, 3000), "/shop?id=1", headers={**FRAME, **referer})
    given, host = follow(stack, sent.header("location") or "", referer)
    assert host == stack.host(MINE, 3000)
    nonce = (given.header("set-cookie") or "").partition(";")[0]
    allowed, host = follow(stack, given.header("location") or "", {**referer, "Cookie": editor})
    assert host == stack.host(MINE)
    entered, _ = follow(stack, allowed.header("location") or "", {**referer, "Cookie": nonce})
    cookie = (entered.header("set-cookie") or "").partition(";")[0]
    assert (entered.status, entered.header("location")) == (302, "/shop?id=1")
    shown = stack.client.ask(stack.host(MINE, 3000), "/shop?id=1", headers={**FRAME, **referer, "Cookie": cookie})
    assert shown.seen_header("x-apranova-port") == "3000"
    for answer in (sent, given, allowed, entered):
        assert answer.header("referrer-policy") == "origin", "without a Referer the next host refuses a frame"
    stack.book.revoke_session("of-frames")
    signed_out = {**FRAME, **referer, "Cookie": cookie}  # it has to enter again, as soon as Redis has told
    until(lambda: stack.client.ask(stack.host(MINE, 3000), headers=signed_out).status == 302)
    refused, _ = follow(stack, allowed.header("location") or "", {**referer, "Cookie": nonce})
    assert refused.status == 410
    assert follow(stack, given.header("location") or "", {**referer, "Cookie": editor})[0].status == 401


def test_no_other_page_gets_a_port_s_cookie_by_a_frame(stack: Stack) -> None:
    mine = {"Referer": f"{stack.origin(MINE)}/"}
    for place in (Place(THEIRS), Place(THEIRS, 3000), Place(MINE, 5173)):
        page = {**FRAME, "Referer": f"{stack.origin(*place)}/"}
        assert stack.client.ask(stack.host(MINE, 3000), headers=page).status in (401, 403)
    browser, editor = "a" * 64, stack.enter()
    wanted = f"/_apranova/frame?port=3000&browser={browser}"

    def ask(path: str = wanted, workspace: str = MINE, **headers: str) -> int:
        return stack.client.ask(
            stack.host(workspace), path, headers={**FRAME, **mine, "Cookie": editor, **headers}
        ).status

    assert ask() == 302
    assert ask(Cookie="") == 401
    assert ask(Cookie=f"{editor}; {editor}x") == 401, "one of them was planted"
    assert ask(workspace=THEIRS, Referer=f"{stack.origin(THEIRS)}/") == 401
    assert ask(Referer=f"{stack.origin(MINE, 5173)}/") == 403
    assert ask(Referer=f"{stack.origin(THEIRS)}/") == 403
    assert ask(Referer="") == 403
    assert ask(**{"Sec-Fetch-Dest": "document"}) == 403
    assert ask(**{"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}) == 403
    for port in ("80", "0", "99999", "x", ""):
        assert ask(f"/_apranova/frame?port={port}&browser={browser}") == 403
    assert ask("/_apranova/frame?port=3000&browser=x") == 403
    for other in (stack.enter(port=3000), stack.enter(THEIRS, user_id=THEM)):
        assert ask(Cookie=other) == 401, "not the cookie of this editor"
    assert stack.client.ask(stack.host(MINE, 3000), wanted, headers={**FRAME, **mine, "Cookie": editor}).status == 404


def enter_editor_by(stack: Stack, share: str, launch: str = "") -> str:
    """The Cookie header of somebody else than the owner."""
    nonce, browser = stack.browser()
    ticket = stack.book.mint_ticket(
        Place(MINE), user_id=THEM, session_key="of-them", browser=browser, share=share, ends_at=time.time() + 60,
        launch=launch,
    )  # fmt: skip
    entered = stack.client.ask(stack.host(MINE), f"/_apranova/enter?ticket={ticket}", headers={"Cookie": nonce})
    cookie = (entered.header("set-cookie") or "").partition(";")[0]
    assert cookie
    return cookie


def test_a_visitor_gets_no_port_by_a_frame(stack: Stack) -> None:
    headers = {**FRAME, "Referer": f"{stack.origin(MINE)}/", "Cookie": enter_editor_by(stack, "visitor")}
    wanted = f"/_apranova/frame?port=3000&browser={'a' * 64}"
    assert stack.client.ask(stack.host(MINE), wanted, headers=headers).status == 401


def test_an_instructor_who_helps_sees_the_app_in_the_editor_until_the_visit_ends(stack: Stack) -> None:
    """The story: the preview in a student's editor said 401 to the instructor."""
    referer = {"Referer": f"{stack.origin(MINE)}/"}

    def ask_editor(editor: str, kept: str = "") -> tuple[Answer, str]:
        """What the editor's host answers a port's frame, and the nonce."""
        sent = stack.client.ask(stack.host(MINE, 3000), "/", headers={**FRAME, **referer, "Cookie": kept})
        given, _ = follow(stack, sent.header("location") or "", referer)
        nonce = (given.header("set-cookie") or "").partition(";")[0]
        return follow(stack, given.header("location") or "", {**referer, "Cookie": editor})[0], nonce

    def show(editor: str, kept: str = "") -> str:
        """The port's Cookie header, by the steps of a frame."""
        allowed, nonce = ask_editor(editor, kept)
        assert allowed.status == 302, allowed
        entered, _ = follow(stack, allowed.header("location") or "", {**referer, "Cookie": nonce})
        return (entered.header("set-cookie") or "").partition(";")[0]

    def ask(cookie: str, port: int = 3000, **headers: str) -> Answer:
        return stack.client.ask(stack.host(MINE, port), headers={"Cookie": cookie, **headers})

    launch = digest(f"secret-of-{MINE}")
    cookie = show(enter_editor_by(stack, "visit-1", launch))
    seen = ask(cookie)
    assert seen.seen_header("x-apranova-port") == "3000"
    assert 0 < int(seen.seen_header("x-apranova-visit") or 0) <= 60
    assert seen.seen_header("x-apranova-identity") is None
    assert ask(cookie, 3001).status == 401
    stack.book.revoke_share("visit-1")
    until(lambda: ask(cookie).status == 401)
    assert b"visit_ended" in ask(cookie).body
    again = show(enter_editor_by(stack, "visit-2", launch), kept=cookie)
    assert ask(again).status == 200, "another visit, in a browser that still has the cookie of the first"
    refused, _ = ask_editor(enter_editor_by(stack, "visit-3", digest("the launch before")))
    assert (refused.status, b"visit_ended" in refused.body) == (401, True)


def test_a_front_end_asks_its_api_on_another_port_and_no_other_page_does(stack: Stack) -> None:
    api, cookie = stack.host(MINE, 3000), stack.enter(port=3000)
    front = {"Origin": stack.origin(MINE, 5173), "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    preflight = {**front, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    asked = stack.client.ask(api, "/api/x", method="OPTIONS", headers=preflight)
    assert asked.status == 204
    assert asked.header("access-control-allow-origin") == stack.origin(MINE, 5173)
    assert asked.header("access-control-allow-methods") == "PUT"
    assert asked.header("access-control-allow-credentials") == "true"
    assert stack.client.ask(api, "/api/x", method="PUT", headers={**front, "Cookie": cookie}).status == 200
    told = stack.client.ask(api, "/api/x", headers=front)
    assert (told.status, told.header("access-control-allow-origin")) == (401, stack.origin(MINE, 5173))
    for foreign in (stack.origin(THEIRS, 5173), stack.origin(THEIRS), "http://evil.example", "null"):
        headers = {**front, "Origin": foreign, "Cookie": cookie}
        refused = stack.client.ask(api, "/api/x", headers=headers)
        assert (refused.status, refused.header("access-control-allow-origin")) == (403, None)
        assert stack.client.ask(api, "/api/x", method="OPTIONS", headers={**preflight, "Origin": foreign}).status == 403


@pytest.mark.parametrize(
    ("held", "origin_of", "opens"),
    [
        (3000, Place(MINE, 3000), True), (3000, Place(MINE, 5173), True), (None, Place(MINE, 3000), False),
        (3000, Place(THEIRS, 3000), False), (3001, Place(MINE, 3000), False),
    ],
)  # fmt: skip
def test_a_websocket_of_a_port_needs_its_cookie_and_a_page_of_the_workspace(
    stack: Stack, held: int | None, origin_of: Place, opens: bool
) -> None:
    headers = {"Cookie": stack.enter(port=held)} if held else {}
    try:
        with stack.client.websocket(stack.host(MINE, 3000), origin=stack.origin(*origin_of), headers=headers) as socket:
            socket.recv()
            socket.send("hello")
            assert socket.recv() == "hello"
            opened = True
    except InvalidStatus as refused:
        assert refused.response.status_code in (401, 403)  # noqa: PT017
        opened = False
    assert opened is opens


@pytest.mark.parametrize("label", [f"p80--{MINE}", f"p65536--{MINE}", f"p03000--{MINE}", f"p3000-{MINE}"])
def test_a_port_that_no_student_s_program_can_have_is_no_host(stack: Stack, label: str) -> None:
    host = f"{label}.{stack.settings.workspaces_domain}"
    assert stack.client.ask(host, headers={"Cookie": stack.enter(port=3000)}).status == 404


def test_a_program_cannot_set_cookies_for_other_hosts_or_of_our_names(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(MINE, 3000), "/set-cookies", headers={"Cookie": stack.enter(port=3000)})
    assert not any(
        "domain" in cookie.lower() or "apranova" in cookie.lower() for cookie in answer.header_list("set-cookie")
    )
    assert len(answer.header_list("set-cookie")) == 4
