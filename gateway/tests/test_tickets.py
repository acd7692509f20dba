"""Getting in by a ticket, and being put out again."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable

import pytest
import redis

from backend.gateway.access import digest
from backend.gateway.site import Place
from contract.names import WorkspaceState
from gateway.tests.client import HTML, Answer
from gateway.tests.stack import ME, MINE, TCP, THEIRS, Stack


def _ticket(stack: Stack, browser: str, workspace_id: str = MINE, session_key: str = "session-1") -> str:
    return stack.book.mint_ticket(Place(workspace_id), user_id=ME, session_key=session_key, browser=browser)


def _enter(stack: Stack, ticket: str, cookie: str = "", *, host: str = MINE, **more: str) -> Answer:
    headers = {**HTML, **({"Cookie": cookie} if cookie else {}), **more}
    return stack.client.ask(stack.host(host), f"/_apranova/enter?ticket={ticket}", headers=headers)


def _becomes(status: int, ask: Callable[[], int], *, within_s: float = 1.5) -> bool:
    """A revocation travels through Redis, far faster than the two seconds that caches keep."""
    ends_at = time.monotonic() + within_s
    while ask() != status:
        if time.monotonic() > ends_at:
            return False
    return True


def test_a_ticket_becomes_a_cookie_of_that_host_alone(stack: Stack) -> None:
    cookie, browser = stack.browser()
    answer = _enter(stack, _ticket(stack, browser), cookie)
    assert (answer.status, answer.header("location")) == (302, "/")
    cookie = answer.header("set-cookie") or ""
    assert [part.strip() for part in cookie.split(";")[1:]] == ["Path=/", "HttpOnly", "SameSite=Lax"]
    assert answer.header("cache-control") == "no-store"
    assert answer.header("referrer-policy") == "no-referrer"


def test_a_ticket_works_once_even_when_used_twenty_times_at_once(stack: Stack) -> None:
    cookie, browser = stack.browser()
    ticket = _ticket(stack, browser)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(_enter(stack, ticket, cookie).status)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302] + [410] * 19


def test_a_stolen_ticket_opens_nothing_in_another_browser_and_is_used_up(stack: Stack) -> None:
    own, browser = stack.browser()
    for thief in ("", stack.browser()[0], "apranova_browser=", "apranova_browser=guess", f"apranova_browser={browser}"):
        ticket = _ticket(stack, browser)
        answer = _enter(stack, ticket, thief)
        assert "apranova_workspace" not in (answer.header("set-cookie") or "")
        assert answer.status == 403 or (answer.header("location") or "").startswith(
            f"{stack.settings.public_url}/api/door/{MINE}/?browser="
        )
        assert _enter(stack, ticket, own).status == 410


def test_a_planted_ticket_leads_the_victim_to_the_door_and_not_into_the_attackers_workspace(stack: Stack) -> None:
    """The attacker knows only what a browser without a nonce, or with one of theirs, would hash."""
    victim, of_victim = stack.browser()
    _, of_attacker = stack.browser()
    for browser in (of_attacker, digest(""), ""):
        for cookie in ("", victim, "apranova_browser="):
            answer = _enter(stack, _ticket(stack, browser), cookie)
            assert "apranova_workspace" not in (answer.header("set-cookie") or "")
            expected = f"{stack.settings.public_url}/api/door/{MINE}/?browser={of_victim}" if cookie == victim else None
            assert (answer.status, answer.header("location")) == (302 if expected else 403, expected)


def test_two_tabs_that_enter_at_once_both_get_in(stack: Stack) -> None:
    (_, of_first), (second, of_second) = stack.browser(), stack.browser()  # each was given a nonce; the later one stays
    tickets = [_ticket(stack, of_first), _ticket(stack, of_second)]
    assert _enter(stack, tickets[1], second).header("location") == "/"
    again = _enter(stack, tickets[0], second)
    assert (again.header("location") or "").endswith(f"?browser={of_second}")
    assert (again.header("set-cookie") or "").startswith(second)
    assert _enter(stack, _ticket(stack, of_second), second).header("location") == "/"


def test_a_browser_keeps_its_nonce_while_it_is_fresh(stack: Stack) -> None:
    cookie, browser = stack.browser()
    answer = stack.client.ask(stack.host(MINE), "/_apranova/enter", headers={"Cookie": cookie})
    assert (answer.header("location") or "").endswith(f"/api/door/{MINE}/?browser={browser}")
    parts = [part.strip() for part in (answer.header("set-cookie") or "").split(";")]
    assert parts == [cookie, "Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=60"]


def test_a_browser_that_keeps_no_cookies_gets_a_page_that_explains_and_no_circle(stack: Stack) -> None:
    _, browser = stack.browser()
    answer = _enter(stack, _ticket(stack, browser))
    assert (answer.status, answer.header("location"), answer.header("refresh")) == (403, None, None)
    page = answer.body.decode()
    assert f"allow cookies for {stack.origin(MINE)}" in page
    assert f'href="{stack.settings.public_url}/workspace/{MINE}/"' in page
    assert "http-equiv" not in page


def test_two_nonces_are_refused_and_cleared(stack: Stack) -> None:
    cookie, browser = stack.browser()
    planted, _ = stack.browser()
    answer = _enter(stack, _ticket(stack, browser), f"{planted}; {cookie}")
    assert (answer.status, answer.header("clear-site-data")) == (400, '"cookies"')


def test_the_application_never_sees_the_nonce(stack: Stack) -> None:
    nonce, _ = stack.browser()
    answer = stack.client.ask(stack.host(MINE), headers={"Cookie": f"own=1; {nonce}; {stack.enter()}"})
    assert answer.seen_header("cookie") == "own=1"


def test_a_ticket_for_another_workspace_is_used_up_and_opens_nothing(stack: Stack) -> None:
    cookie, browser = stack.browser()
    ticket = _ticket(stack, browser)
    assert _enter(stack, ticket, cookie, host=THEIRS).status == 410
    assert _enter(stack, ticket, cookie).status == 410


@pytest.mark.parametrize(
    "query", ["?ticket=", "?ticket=&ticket=", "?ticket=guess", "?ticket=" + "a" * 5000, "?ticket=%ff%00"]
)
def test_a_bad_ticket_shows_a_page_that_leads_to_the_door(stack: Stack, query: str) -> None:
    answer = stack.client.ask(stack.host(MINE), f"/_apranova/enter{query}", headers=HTML)
    assert answer.status == 410
    assert answer.header("set-cookie") is None
    assert f'href="{stack.settings.public_url}/workspace/{MINE}/"' in answer.body.decode()


def test_a_ticket_lives_a_minute_and_redis_holds_no_ticket_or_token(stack: Stack) -> None:
    nonce, browser = stack.browser()
    ticket = _ticket(stack, browser, session_key="kept-secret")
    cookie = stack.enter(session_key="kept-secret")
    keys = [key.decode() for key in stack.redis.keys("gateway:*")]  # type: ignore[union-attr]
    tickets = [key for key in keys if key.startswith("gateway:ticket:")]
    assert all(0 < stack.redis.ttl(key) <= 60 for key in tickets)  # type: ignore[operator]
    assert all(stack.redis.ttl(key) > 0 for key in keys)  # type: ignore[operator]
    everything = " ".join(keys) + " ".join(
        repr(stack.redis.get(key)) for key in keys if stack.redis.type(key) == b"string"
    )
    for secret in (ticket, cookie.partition("=")[2], nonce.partition("=")[2], "kept-secret"):
        assert secret not in everything


def test_looking_ahead_does_not_use_up_a_ticket(stack: Stack) -> None:
    cookie, browser = stack.browser()
    ticket = _ticket(stack, browser)
    assert _enter(stack, ticket, cookie, **{"Sec-Purpose": "prefetch;prerender"}).status == 405
    assert stack.client.ask(stack.host(MINE), f"/_apranova/enter?ticket={ticket}", method="HEAD").status == 405
    assert _enter(stack, ticket, cookie).status == 302


def test_other_own_paths_are_a_page_too(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(MINE), "/_apranova/nothing", headers=HTML)
    assert answer.status == 404
    assert b"/workspace/" in answer.body


def test_sign_out_ends_that_sessions_access_at_once_and_no_other(stack: Stack) -> None:
    gone, other = stack.enter(session_key="leaving"), stack.enter(session_key="staying")
    cookie, browser = stack.browser()
    unused = _ticket(stack, browser, session_key="leaving")

    def status(cookie: str) -> int:
        return stack.client.ask(stack.host(MINE), headers={"Cookie": cookie}).status

    assert status(gone) == status(other) == 200  # and so in the cache
    stack.book.revoke_session("leaving")
    assert _becomes(401, lambda: status(gone))
    assert status(other) == 200
    assert _enter(stack, unused, cookie).status == 410


def test_a_person_who_is_put_out_loses_every_workspace_in_every_browser(stack: Stack) -> None:
    entered = [(MINE, stack.enter(MINE, session_key="here")), (TCP, stack.enter(TCP, session_key="there"))]
    stack.book.revoke_user(ME)
    for workspace_id, cookie in entered:
        ask = functools.partial(stack.client.ask, stack.host(workspace_id), headers={"Cookie": cookie})
        assert _becomes(401, lambda ask=ask: ask().status)


def test_a_workspace_that_stops_is_refused_at_once_and_open_again_when_it_runs(stack: Stack) -> None:
    cookie = stack.enter()
    before = stack.manager.views[MINE]

    def status(**headers: str) -> int:
        return stack.client.ask(stack.host(MINE), headers={"Cookie": cookie, **headers}).status

    assert status() == 200
    try:
        stack.change(MINE, state=WorkspaceState.STOPPED, endpoint=None)
        assert _becomes(409, status)
        reloaded = stack.client.ask(stack.host(MINE), headers={"Cookie": cookie, **HTML})
        assert (reloaded.status, reloaded.header("location")) == (302, f"{stack.settings.public_url}/workspace/{MINE}/")
    finally:
        stack.change(MINE, state=before.state, endpoint=before.endpoint)
    assert status() == 200  # what is not running is never cached


def test_students_stay_in_while_the_manager_does_not_answer(stack: Stack) -> None:
    cookie = stack.enter()
    assert stack.client.ask(stack.host(MINE), headers={"Cookie": cookie}).status == 200
    stack.manager.answers = False
    try:
        ends_at = time.monotonic() + 2.5  # longer than any view is fresh
        while time.monotonic() < ends_at:
            assert stack.client.ask(stack.host(MINE), headers={"Cookie": cookie}).status == 200
            time.sleep(0.1)
    finally:
        stack.manager.answers = True


def test_a_thousand_requests_ask_the_manager_a_few_times(stack: Stack) -> None:
    cookie = stack.enter()
    before, begun = stack.manager.calls, time.monotonic()
    for _ in range(300):
        assert stack.client.ask(stack.host(MINE), headers={"Cookie": cookie}).status == 200
    assert stack.manager.calls - before <= 2 + (time.monotonic() - begun)


def test_the_access_record_is_renewed_by_use(stack: Stack) -> None:
    cookie = stack.enter(session_key="sliding")
    (key,) = [key for key in stack.redis.smembers("{gateway}:session:" + digest("sliding")) if b":access:" in key]  # type: ignore[union-attr]
    stack.redis.expire(key, 100)
    stack.client.ask(stack.host(MINE), headers={"Cookie": cookie})
    assert stack.redis.ttl(key) > 40_000  # type: ignore[operator]


def test_without_redis_nobody_is_let_in(stack: Stack) -> None:
    """A cookie that is not in the cache cannot be checked, so it does not pass."""
    stack.redis.config_set("maxclients", 1)
    stack.redis.client_kill_filter(_type="normal", skipme=True)
    try:
        answer = stack.client.ask(stack.host(MINE), headers={"Cookie": "apranova_workspace=unchecked", **HTML})
        assert answer.status == 503
        assert b"ApraNova is starting" in answer.body
    finally:
        stack.redis.config_set("maxclients", 1000)
    fresh: list[str] = []

    def enters() -> int:
        try:
            fresh.append(stack.enter())
        except (AssertionError, redis.RedisError):
            return 0
        return 200

    assert _becomes(200, enters, within_s=30)
