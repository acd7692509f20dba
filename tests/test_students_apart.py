"""Two students in parallel: neither reaches the other's workspace, by any way a browser or a terminal offers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Page

from tests.product import Product
from tests.student import Student, VSCode

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@dataclass
class Pair:
    amira: Student
    amira_code: VSCode
    ben: Student
    ben_code: VSCode

    @property
    def ben_host(self) -> str:
        return f"http://{self.ben.workspace_id()}.ws.localhost:{self.ben.product.port}"


@pytest.fixture
def pair(product: Product, new_page: Callable[..., Page]) -> Pair:
    accounts = product.accounts()
    students = [Student(new_page(), product, accounts[name]) for name in ("amira", "ben")]
    for student in students:
        student.sign_in()
    codes = [open_or_launch(student) for student in students]
    return Pair(students[0], codes[0], students[1], codes[1])


def open_or_launch(student: Student) -> VSCode:
    items = student.portal.request.get(f"{student.product.url}/api/workspace/").json()["items"]
    if items and items[0]["state"] == "running":
        return student.open()
    return student.launch()


def cookies_for(code: VSCode) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in code.page.context.cookies(code.page.url)}


def test_a_foreign_workspace_is_closed_by_url_cookie_ticket_websocket_and_header(pair: Pair) -> None:
    ben_home = f"{pair.ben_host}/"
    request = pair.amira.portal.request

    # By URL: the door does not know her there.
    answer = request.get(ben_home, max_redirects=5)
    assert_closed(answer)
    # By her own cookie, moved to his host.
    mine = cookies_for(pair.amira_code)["apranova_workspace"]
    assert_closed(request.get(ben_home, headers={"Cookie": f"apranova_workspace={mine}"}, max_redirects=0))
    # By headers that only the gateway may set.
    spoofed = {
        "x-workspace": pair.ben.workspace_id(),
        "x-user": "1",
        "x-apranova-cluster": "task-aaaaaaaaaaaaaaaa",
        "x-apranova-launch-secret": "guess",
        "x-envoy-original-dst-host": "127.0.0.1:22",
        "x-forwarded-host": pair.ben_host.removeprefix("http://"),
    }
    assert_closed(request.get(ben_home, headers=spoofed, max_redirects=0))
    # By the agent's control path, even with one's own cookie.
    own = pair.amira_code.page.url.split("/?")[0]
    assert pair.amira_code.page.request.get(f"{own}/_agent/status").status == 404
    # By API.
    for path in ("", "stop/", "restart/", "events/", "keep-running/"):
        url = f"{pair.amira.product.url}/api/workspace/{pair.ben.workspace_id()}/{path}"
        method = "GET" if path in ("", "events/") else "POST"
        assert request.fetch(url, method=method).status in (403, 404)
    # By WebSocket, from her own workspace's page to his origin (with whatever cookies the browser has).
    opened = pair.amira_code.page.evaluate(
        """url => new Promise(done => {
            const socket = new WebSocket(url);
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
        })""",
        pair.ben_host.replace("http", "ws") + "/stable?reconnectionToken=x&skipWebSocketFrames=false",
    )
    assert opened is False
    # Through it all his own works.
    assert pair.ben_code.page.request.get(ben_home, max_redirects=0).status in (200, 302)


def test_a_ticket_opens_once_and_only_its_own_workspace(pair: Pair) -> None:
    seen: list[str] = []
    context = pair.amira.context
    context.on("request", lambda request: seen.append(request.url) if "ticket=" in request.url else None)
    page = context.new_page()
    page.goto(f"{pair.amira.product.url}/workspace/{pair.amira.workspace_id()}/")
    page.wait_for_url("**.ws.localhost:*/**")
    assert len(seen) == 1
    thief = pair.ben.portal.request
    assert_closed(thief.get(seen[0], max_redirects=0))
    elsewhere = seen[0].replace(pair.amira.workspace_id(), pair.ben.workspace_id())
    assert_closed(thief.get(elsewhere, max_redirects=0))


def test_the_portal_s_cookies_never_reach_a_workspace(pair: Pair) -> None:
    portal_cookies = {cookie["name"] for cookie in pair.amira.context.cookies(pair.amira.product.url)}
    assert "apranova_session" in portal_cookies
    assert "apranova_session" not in cookies_for(pair.amira_code)


def test_from_inside_a_sandbox_nothing_of_others_or_of_the_host_is_in_reach(pair: Pair) -> None:
    product = pair.amira.product
    probe = (
        f"rm -f r.txt; (ls {product.home} /root /home/* 2>&1; ps -e | wc -l; "
        f"curl -s -m 3 --noproxy '*' http://127.0.0.1:{product.port}/ -o /dev/null -w 'direct %{{http_code}}\\n'; "
        f"curl -s -m 3 http://127.0.0.1:{product.port}/ -o /dev/null -w 'proxied %{{http_code}}\\n'; "
        "curl -s -m 3 http://169.254.169.254/ -o /dev/null -w 'metadata %{http_code}\\n'; "
        "unshare -Ur true; touch /usr/x /etc/x; echo finished) > r.txt 2>&1"
    )
    pair.amira_code.terminal(probe)
    pair.amira_code.expect_file("r.txt")
    home = next(path for path in (product.home / "h/data/homes").glob("*/project/r.txt") if wait_for(path, "finished"))
    text = home.read_text()
    assert "direct 000" in text
    assert "proxied 403" in text
    assert "metadata 403" in text
    assert f"cannot access '{product.home}'" in text
    assert "/home/student" not in text.replace("/home/student:", "") or "/home/student/" not in text
    assert "Read-only file system" in text
    assert "unshare" in text


def wait_for(path: Path, word: str, within_s: float = 30) -> bool:
    deadline = time.monotonic() + within_s
    while word not in path.read_text():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def assert_closed(answer: APIResponse) -> None:
    """Refused, or sent to the door or the sign-in page; never VS Code."""
    if answer.status in (302, 303):
        assert "/workspace/" in answer.headers["location"] or "/signin" in answer.headers["location"]
        return
    text = answer.text()
    assert "vscode" not in text.lower(), answer.url
    assert answer.status in (200, 400, 401, 403, 404, 410), answer.status
