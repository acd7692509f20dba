"""Who reaches which workspace, and what cannot be smuggled past the gateway (real Envoy)."""

from __future__ import annotations

import jwt
import pytest
from websockets.exceptions import InvalidStatus

from gateway.tests.client import HTML
from gateway.tests.stack import DOMAIN, ME, MINE, TCP, THEIRS, THEM, Stack


def test_the_owner_reaches_the_own_workspace_with_the_secret_of_its_launch(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(MINE), "/some/path?q=%2Fetc", headers={"Cookie": stack.enter()})
    assert answer.status == 200
    assert answer.seen["server"] == MINE
    assert answer.seen["path"] == "/some/path?q=%2Fetc"
    assert answer.seen_header("x-apranova-launch-secret") == f"secret-of-{MINE}"
    assert answer.seen_header("x-workspace") == MINE
    assert answer.seen_header("x-user") == ME
    assert answer.seen_header("host") == stack.host(MINE)
    assert answer.seen_header("x-apranova-cluster") is None
    token = answer.seen_header("x-apranova-identity") or ""
    claims = jwt.decode(token, stack.identity_key.public_key(), algorithms=["EdDSA"], audience=MINE)
    assert (claims["sub"], claims["iss"]) == (ME, "apranova")


def test_a_task_known_by_address_is_reached_and_does_not_learn_its_address(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(TCP), headers={"Cookie": stack.enter(TCP)})
    assert answer.seen["server"] == TCP
    assert answer.seen_header("x-apranova-launch-secret") == f"secret-of-{TCP}"
    assert answer.seen_header("x-envoy-original-dst-host") is None


def test_a_cookie_of_one_workspace_opens_no_other(stack: Stack) -> None:
    assert stack.client.ask(stack.host(THEIRS), headers={"Cookie": stack.enter(MINE)}).status == 401


def test_a_planted_cookie_next_to_the_own_one_is_refused_and_both_are_cleared(stack: Stack) -> None:
    planted, own = stack.enter(THEIRS, user_id=THEM), stack.enter(MINE)
    for cookies in (f"{planted}; {own}", f"{own}; {planted}"):
        assert stack.client.ask(stack.host(MINE), headers={"Cookie": cookies}).status == 401
        page = stack.client.ask(stack.host(MINE), headers={"Cookie": cookies, **HTML})
        assert (page.status, page.header("clear-site-data")) == (302, '"cookies"')
        assert (page.header("location") or "").endswith(f"/workspace/{MINE}/")


@pytest.mark.parametrize("cookie", ["", "apranova_workspace=", "apranova_workspace=guess", "apranova_session=x"])
def test_without_a_valid_cookie_a_program_is_refused_and_a_person_is_sent_to_the_door(
    stack: Stack, cookie: str
) -> None:
    headers = {"Cookie": cookie} if cookie else {}
    refused = stack.client.ask(stack.host(MINE), "/x", headers=headers)
    assert refused.status == 401
    assert refused.header("content-type") == "application/problem+json"
    sent = stack.client.ask(stack.host(MINE), "/x", headers={**headers, **HTML})
    assert sent.status == 302
    assert sent.header("location") == f"{stack.settings.public_url}/workspace/{MINE}/"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Apranova-Cluster", "backend"),
        ("X-Apranova-Launch-Secret", "guess"),
        ("X-Apranova-Identity", "guess"),
        ("X-Apranova-Agent-Token", "guess"),
        ("X-Envoy-Original-Dst-Host", "127.0.0.1:1"),
        ("X-Envoy-Upstream-Rq-Timeout-Ms", "1"),
        ("X-Envoy-Retry-On", "5xx"),
        ("X-User", "root"),
        ("X-Workspace", THEIRS),
        ("X_Workspace", THEIRS),
        ("Forwarded", "host=evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-For", "8.8.8.8"),
        ("X-Forwarded-Proto", "https"),
        ("X-Original-URL", "/_agent/status"),
        ("Remote-User", "root"),
    ],
)
def test_what_we_trust_cannot_come_from_a_client(stack: Stack, name: str, value: str) -> None:
    answer = stack.client.ask(stack.host(MINE), headers={"Cookie": stack.enter(), name: value})
    assert answer.seen["server"] == MINE
    assert value not in (answer.seen_header(name.lower()) or "")
    on_main_host = stack.client.ask("localhost", "/api/x", headers={name: value})
    assert value not in (on_main_host.seen_header(name.lower()) or "")


def test_the_backend_sees_the_address_of_the_client_and_no_other(stack: Stack) -> None:
    answer = stack.client.ask("localhost", "/api/x", headers={"X-Forwarded-For": "8.8.8.8, 9.9.9.9"})
    assert answer.seen_header("x-forwarded-for") == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    [
        "/_authz",
        "//_authz",
        "/api/../_authz",
        "/workspace/x/../../_authz",
        "/api/%2e%2e/_authz",
        "/api/..\\_authz",
        "/%5fauthz",
    ],
)
def test_nobody_asks_for_authorization_from_outside(stack: Stack, path: str) -> None:
    assert stack.client.ask("localhost", path).seen["server"] == "portal"
    # On a workspace's host it is a path of the application like any other.
    answer = stack.client.ask(stack.host(MINE), path, headers={"Cookie": stack.enter()})
    assert answer.seen["server"] == MINE


@pytest.mark.parametrize(
    "path", ["/api/..%2f_authz", "/_apranova/%2e%2e%2f_authz", "/x%5c..%5c_agent/status", "/a%2Fb"]
)
def test_escaped_slashes_are_refused(stack: Stack, path: str) -> None:
    for host in ("localhost", stack.host(MINE)):
        assert stack.client.ask(host, path, headers={"Cookie": stack.enter()}).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/_agent/status",
        "/_agent",
        "//_agent/stop",
        "/x/../_agent/claim",
        "/_apranova/../_agent/status",
        "/./_agent/save",
    ],
)
def test_control_paths_of_the_agent_are_not_there_for_browsers(stack: Stack, path: str) -> None:
    headers = {"Cookie": stack.enter(), "X-Apranova-Agent-Token": "x"}
    assert stack.client.ask(stack.host(MINE), path, headers=headers, method="POST", body=b"").status == 404


def test_leaving_the_gateways_own_path_needs_authorization(stack: Stack) -> None:
    assert stack.client.ask(stack.host(MINE), "/_apranova/../private").status == 401
    assert stack.client.ask(stack.host(MINE), "/_apranovaX").status == 401


@pytest.mark.parametrize("prefix", ["evil.", "x.y.", f"{THEIRS}.", "a-", "@"])
def test_a_host_name_that_only_contains_the_workspace_opens_nothing(stack: Stack, prefix: str) -> None:
    answer = stack.client.ask(f"{prefix}{stack.host(MINE)}", headers={"Cookie": stack.enter()})
    assert answer.status in (400, 401, 404)
    assert b'"server"' not in answer.body


@pytest.mark.parametrize(
    "host", [f"{MINE}.{DOMAIN}.evil.example", f"{MINE}.{DOMAIN}.", "evil.example", "127.0.0.1", DOMAIN]
)
def test_unknown_hosts_lead_to_the_portal_or_nowhere(stack: Stack, host: str) -> None:
    cookie = {"Cookie": stack.enter()}
    answer = stack.client.ask(host, "/x?secret=1", headers=cookie)
    assert (answer.status, answer.header("location")) == (302, f"{stack.settings.public_url}/")
    assert stack.client.ask(host, "/x", method="POST", headers=cookie, body=b"").status == 404


def test_the_case_and_the_port_of_the_host_do_not_matter_but_the_cookie_does(stack: Stack) -> None:
    host = f"{MINE.upper()}.WS.LOCALHOST:1"
    assert stack.client.ask(host, headers={"Cookie": stack.enter()}).seen["server"] == MINE
    assert stack.client.ask(host).status == 401


def test_a_host_of_a_workspace_never_reaches_portal_or_api(stack: Stack) -> None:
    for path in ("/", "/api/me/", "/workspace/"):
        assert stack.client.ask(stack.host(MINE), path, headers={"Cookie": stack.enter()}).seen["server"] == MINE


def test_two_host_headers_open_nothing(stack: Stack) -> None:
    cookie = ("Cookie", stack.enter())
    for first, second in ((MINE, THEIRS), (THEIRS, MINE)):
        answer = stack.client.ask(stack.host(first), headers=[("Host", stack.host(second)), cookie])
        assert answer.status == 404


@pytest.mark.parametrize(
    ("cookies", "seen"),
    [
        (["a=1; apranova_session=s; {own}; APRANOVA_csrf=c; __Host-apranova_workspace=w; b=2"], "a=1; b=2"),
        (["apranova_session=s; a=1", "{own}", "b=2; apranova_csrf=c"], "a=1; b=2"),
        (["{own}; apranova_session=s"], None),
    ],
    ids=["one header", "several headers", "only ours"],
)
def test_the_workspace_sees_its_own_cookies_and_never_ours(stack: Stack, cookies: list[str], seen: str | None) -> None:
    headers = [("Cookie", cookie.format(own=stack.enter())) for cookie in cookies]
    assert stack.client.ask(stack.host(MINE), headers=headers).seen_header("cookie") == seen


def test_a_workspace_sets_cookies_for_its_own_host_only_and_none_of_our_names(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(MINE), "/set-cookies", headers={"Cookie": stack.enter()})
    assert answer.header_list("set-cookie") == [
        "plain=1; Path=/; HttpOnly",
        "wide=1; Path=/",
        "wider=1;path=/;Secure",
        "last=1",
    ]


def test_other_pages_may_link_to_a_workspace_but_neither_embed_nor_read_nor_change_it(stack: Stack) -> None:
    cookie = {"Cookie": stack.enter()}

    def status(method: str = "GET", **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return stack.client.ask(
            stack.host(MINE), method=method, headers={**cookie, **named}, body=b"" if method == "POST" else None
        ).status

    own, sibling = stack.origin(MINE), stack.origin(THEIRS)
    assert status(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document") == 200
    assert status(Sec_Fetch_Site="same-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="iframe") == 403
    assert status(Sec_Fetch_Site="same-site", Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="image") == 403
    assert status(Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors", Sec_Fetch_Dest="empty") == 200
    assert status(Origin=sibling) == 403
    assert status("POST", Origin=own) == 200
    assert status("POST", Origin=sibling) == 403
    assert status("POST", Origin="http://localhost") == 403
    assert status("POST") == 403
    assert status("POST", Origin="null", Sec_Fetch_Site="same-origin") == 200
    assert status("POST", Origin="null", Sec_Fetch_Site="cross-site") == 403
    assert status("POST", Origin=sibling, Sec_Fetch_Site="same-origin") == 403


def test_a_websocket_of_the_own_page_reaches_the_own_workspace(stack: Stack) -> None:
    headers = {"Cookie": f"a=1; {stack.enter()}", "X-Apranova-Launch-Secret": "guess"}
    with stack.client.websocket(stack.host(MINE), origin=stack.origin(MINE), headers=headers) as socket:
        seen = str(socket.recv(5))
        assert f"secret-of-{MINE}" in seen
        assert "guess" not in seen
        assert "apranova_workspace" not in seen
        socket.send("hello")
        assert socket.recv(5) == "hello"


@pytest.mark.parametrize(
    "origin", [None, "null", "http://localhost", f"http://{THEIRS}.{DOMAIN}", f"http://{MINE}.{DOMAIN}:1"]
)
def test_a_websocket_of_another_origin_is_refused(stack: Stack, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        stack.client.websocket(stack.host(MINE), origin=origin, headers={"Cookie": stack.enter()})
    assert refused.value.response.status_code == 403


def test_a_websocket_to_a_foreign_workspace_is_refused(stack: Stack) -> None:
    with pytest.raises(InvalidStatus) as refused:
        stack.client.websocket(stack.host(THEIRS), origin=stack.origin(THEIRS), headers={"Cookie": stack.enter(MINE)})
    assert refused.value.response.status_code == 401


def test_the_main_host_takes_no_websockets(stack: Stack) -> None:
    for path in ("/", "/api/x", "/workspace/"):
        with pytest.raises(InvalidStatus) as refused:
            stack.client.websocket(f"localhost:{stack.settings.port}", path, origin=stack.settings.public_url)
        assert refused.value.response.status_code == 403
