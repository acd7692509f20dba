"""What the edge does but authorize: big bodies, streams, static files, pages, limits, policies."""

from __future__ import annotations

import dataclasses
import gzip
import http.client
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.render import RateLimit
from gateway.tests.client import HTML, Client
from gateway.tests.stack import COMMIT, MINE, SHARED, Stack
from tests.ports import free_port
from tests.waiting import until

STATIC = f"/stable-{COMMIT}/static"


def test_five_megabytes_pass(stack: Stack) -> None:
    headers = {"Cookie": stack.enter(), "Origin": stack.origin(MINE)}
    answer = stack.client.ask(stack.host(MINE), "/upload", method="POST", headers=headers, body=b"x" * 5_000_000)
    assert answer.seen["bytes"] == 5_000_000


@pytest.mark.parametrize(("host", "path"), [("workspace", "/events"), ("localhost", "/api/events")])
def test_events_arrive_one_by_one(stack: Stack, host: str, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.settings.port, timeout=5)
    name = stack.host(MINE) if host == "workspace" else host
    connection.request("GET", path, headers={"Host": name, "Cookie": stack.enter()})
    response = connection.getresponse()
    arrivals = []
    while line := response.readline():
        if line.startswith(b"data"):
            arrivals.append(time.monotonic())
    connection.close()
    assert len(arrivals) == 3
    assert arrivals[2] - arrivals[0] > 0.2


def test_the_main_host_is_portal_and_backend(stack: Stack) -> None:
    for path, server in (("/", "portal"), ("/dashboard", "portal"), ("/apiary", "portal"), ("/workspaces", "portal"),
                         ("/api/me/", "django"), ("/workspace/", "django"), ("/workspace/ws-x/", "django")):  # fmt: skip
        assert stack.client.ask("localhost", path).seen["server"] == server


def test_the_portal_has_its_policies_and_may_be_stricter_itself(stack: Stack) -> None:
    answer = stack.client.ask("localhost", "/")
    policy = answer.header("content-security-policy") or ""
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "same-origin"
    assert "camera=()" in (answer.header("permissions-policy") or "")
    assert answer.header("strict-transport-security") is None  # not without HTTPS


@pytest.mark.parametrize("folder", [STATIC, f"/{SHARED}/static"])
def test_static_files_come_from_the_edge_without_any_cookie(stack: Stack, folder: str) -> None:
    answer = stack.client.ask(stack.host(MINE), f"{folder}/out/workbench.js?v=1")
    assert (answer.status, len(answer.body)) == (200, 105_000)
    assert answer.header("content-encoding") is None
    assert answer.header("content-type") == "text/javascript; charset=utf-8"
    assert answer.header("cache-control") == "public, max-age=31536000, immutable"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("vary") == "accept-encoding"


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8", "deflate,gzip"])
def test_static_files_are_precompressed_for_browsers_that_accept_it(stack: Stack, accepted: str) -> None:
    answer = stack.client.ask(stack.host(MINE), f"{STATIC}/out/workbench.js", headers={"Accept-Encoding": accepted})
    assert answer.header("content-encoding") == "gzip"
    assert len(answer.body) < 1000
    assert len(gzip.decompress(answer.body)) == 105_000


def test_what_is_compressed_already_is_sent_as_it_is(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(MINE), f"{STATIC}/out/media/logo.png", headers={"Accept-Encoding": "gzip"})
    assert (answer.status, answer.header("content-encoding")) == (200, None)
    assert answer.header("content-type") == "image/png"


def test_a_browser_that_has_a_static_file_gets_304(stack: Stack) -> None:
    path = f"{STATIC}/out/workbench.js"
    etag = stack.client.ask(stack.host(MINE), path).header("etag") or ""
    again = stack.client.ask(stack.host(MINE), path, headers={"If-None-Match": etag})
    assert (again.status, again.body, again.header("etag")) == (304, b"", etag)
    assert stack.client.ask(stack.host(MINE), path, headers={"If-None-Match": '"other"'}).status == 200


def test_a_range_of_a_static_file_can_be_asked_for(stack: Stack) -> None:
    answer = stack.client.ask(stack.host(MINE), f"{STATIC}/out/workbench.js", headers={"Range": "bytes=0-9"})
    assert (answer.status, len(answer.body)) == (206, 10)


@pytest.mark.parametrize(
    "path",
    [
        f"{STATIC}/../../../secret.txt",
        f"{STATIC}/%2e%2e/%2e%2e/secret.txt",
        f"{STATIC}/..%2fsecret.txt",
        f"{STATIC}/%252e%252e/secret.txt",
        f"{STATIC}/out//../../../secret.txt",
        f"{STATIC}/..\\secret.txt",
        f"{STATIC}/out",
        f"{STATIC}/out/",
        f"{STATIC}/nothing.js",
        f"{STATIC}/nothing.png",
        "/stable-0000000/static/out/workbench.js",
        "/_shared/superset-0/static/out/workbench.js",
        "/_shared/../secret.txt",
        f"/{SHARED}/static/../../../../secret.txt",
        f"/stable-{COMMIT}/../../secret.txt",
        f"{STATIC}/out/workbench.js%00.png",
    ],
)
@pytest.mark.parametrize("accepted", ["identity", "gzip"])
def test_nothing_beyond_the_static_files_is_served_nor_cached(stack: Stack, path: str, accepted: str) -> None:
    answer = stack.client.ask(stack.host(MINE), path, headers={"Accept-Encoding": accepted})
    assert answer.status in (400, 401, 403, 404)
    assert b"not for anybody" not in answer.body
    assert "immutable" not in (answer.header("cache-control") or "")


def test_static_files_take_no_post_and_live_on_workspace_hosts_only(stack: Stack) -> None:
    assert stack.client.ask(stack.host(MINE), f"{STATIC}/out/workbench.js", method="POST", body=b"").status == 405
    assert stack.client.ask("localhost", f"{STATIC}/out/workbench.js").seen["server"] == "portal"


def test_a_silent_workspace_is_a_friendly_page_that_tries_again_and_knows_the_door(stack: Stack) -> None:
    cookie = {"Cookie": stack.enter()}
    with stack.without_task(MINE):
        answer = stack.client.ask(stack.host(MINE), headers={**cookie, **HTML})
        assert answer.status == 503
        assert answer.header("content-type") == "text/html; charset=utf-8"
        assert answer.header("cache-control") == "no-store"
        html = answer.body.decode()
        assert 'http-equiv="refresh"' in html
        assert f'href="{stack.settings.public_url}/workspace/{MINE}/"' in html
        assert "%%" not in html
        machine = stack.client.ask(stack.host(MINE), headers=cookie)
        assert (machine.status, machine.header("content-type")) == (503, "application/problem+json")
        assert b'"status":503' in machine.body
        assert b'"reason":"workspace_silent"' in machine.body  # images/vscode/page/lost.js reads it
    assert stack.client.ask(stack.host(MINE), headers=cookie).status == 200


def test_when_the_task_ends_its_websocket_ends(stack: Stack) -> None:
    headers = {"Cookie": stack.enter()}
    with stack.client.websocket(stack.host(MINE), origin=stack.origin(MINE), headers=headers) as socket:
        socket.recv(5)
        with stack.without_task(MINE), pytest.raises(ConnectionClosed):
            socket.recv(5)


@pytest.mark.parametrize("host", ["localhost", "workspace"])
def test_a_silent_platform_is_a_friendly_page_too(stack: Stack, host: str) -> None:
    stack.servers.stop("backend")
    try:
        name = "localhost" if host == "localhost" else stack.host(MINE)
        answer = stack.client.ask(name, "/api/x" if host == "localhost" else "/", headers=HTML)
        assert answer.status == 503
        assert b"ApraNova is starting" in answer.body
        assert stack.client.ask(name, "/api/x").header("content-type") == "application/problem+json"
    finally:
        stack.start_backend()


def test_who_asks_the_portal_while_it_restarts_waits(stack: Stack) -> None:
    stack.servers.stop("portal")
    restart = threading.Timer(1.0, stack.start_portal)
    restart.start()
    try:
        assert stack.client.ask("localhost", "/dashboard").seen["server"] == "portal"
    finally:
        restart.join()


def test_limits_hold_for_each_workspace_and_for_each_address_and_old_websockets_end(stack: Stack) -> None:
    """One Envoy more, with small limits, in front of the same servers."""
    run = stack.folder / "small"
    run.mkdir()
    (run / "backend.sock").symlink_to(stack.settings.backend_socket)
    (run / "clusters").mkdir()
    (run / "clusters" / "clusters.json").write_text(stack.settings.clusters_file.read_text())
    settings = dataclasses.replace(
        stack.settings,
        run_dir=run,
        port=free_port(),
        address_limit=RateLimit(burst=60, per_s=1),
        workspace_limit=RateLimit(burst=10, per_s=1),
        websocket_max_s=1,
    )
    cookie = {"Cookie": stack.enter()}
    process = stack.start_envoy(settings)
    try:
        client = Client(settings.port)
        with client.websocket(stack.host(MINE), origin=stack.origin(MINE), headers=cookie) as socket:
            socket.recv(5)
            with pytest.raises(ConnectionClosed):
                socket.recv(3)
        statuses = [client.ask(stack.host(MINE), headers=cookie).status for _ in range(15)]
        assert statuses[:8] == [200] * 8
        assert statuses[-1] == 429
        page = client.ask(stack.host(MINE), headers={**cookie, **HTML})
        assert b"One moment" in page.body
        assert client.ask("localhost").status == 200  # the workspace's limit is its own
        assert 429 in [client.ask("localhost").status for _ in range(60)]
    finally:
        stack.end(process)


def test_the_log_keeps_no_ticket(stack: Stack) -> None:
    stack.client.ask(stack.host(MINE), "/_apranova/enter?ticket=do-not-log-me")
    log = stack.settings.access_log  # Envoy flushes every ten seconds
    until(lambda: "/_apranova/enter" in log.read_text())
    assert "do-not-log-me" not in log.read_text()


def test_metrics_do_not_grow_with_the_number_of_workspaces(stack: Stack) -> None:
    import socket

    connection = http.client.HTTPConnection("admin")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(stack.settings.admin_socket))
    connection.request("GET", "/stats")
    text = connection.getresponse().read().decode()
    connection.close()
    assert "http.gateway.downstream_rq_total" in text
    assert "task-" not in text
    assert stack.settings.admin_socket.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("many", [12, 200])
def test_cookies_as_a_weapon_get_a_page_that_explains_and_clears(stack: Stack, many: int) -> None:
    planted = "; ".join(f"planted{number}={'x' * 3900}" for number in range(many))
    for host in (stack.host(MINE), "localhost"):
        answer = stack.client.ask(host, headers={"Cookie": planted, **HTML})
        assert answer.status == 431
        assert answer.header("clear-site-data") == '"cookies"'
        assert answer.header("content-type") == "text/html; charset=utf-8"
        assert b"too many cookies" in answer.body
        assert "default-src 'none'" in (answer.header("content-security-policy") or "")
        assert stack.client.ask(host, headers=HTML).status != 431
