"""Neither of two students reaches the other's workspace from a browser or a terminal."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import fresh_profiles
from tests.product import Product
from tests.student import Student, VSCode
from tests.waiting import until

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


@pytest.fixture(scope="module")
def pair(product: Product, chromium: Browser) -> Iterator[Pair]:
    accounts = product.accounts()
    with fresh_profiles(chromium) as new_page:
        students = [Student(new_page(), product, accounts[name]) for name in ("amira", "ben")]
        for student in students:
            student.sign_in()
        codes = [student.enter() for student in students]
        yield Pair(students[0], codes[0], students[1], codes[1])


def cookies_for(code: VSCode) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in code.page.context.cookies(code.page.url)}


def test_a_foreign_workspace_is_closed_by_url_cookie_ticket_websocket_and_header(pair: Pair) -> None:
    ben_home = f"{pair.ben_host}/"
    request = pair.amira.portal.request

    # By URL, without a cookie for it.
    assert_closed(get(ben_home))
    # By her own cookie, moved to his host.
    mine = cookies_for(pair.amira_code)["apranova_workspace"]
    assert_closed(get(ben_home, {"Cookie": f"apranova_workspace={mine}"}))
    # By headers that only the gateway may set.
    spoofed = {
        "x-workspace": pair.ben.workspace_id(),
        "x-user": "1",
        "x-apranova-cluster": "task-aaaaaaaaaaaaaaaa",
        "x-apranova-launch-secret": "guess",
        "x-envoy-original-dst-host": "127.0.0.1:22",
        "x-forwarded-host": pair.ben_host.removeprefix("http://"),
    }
    assert_closed(get(ben_home, spoofed))
    # By the agent's control path, even with one's own cookie.
    own = pair.amira_code.page.url.split("/?")[0]
    assert get(f"{own}/_agent/status", {"Cookie": f"apranova_workspace={mine}"}).status == 404
    # By API.
    for path in ("", "stop/", "restart/", "events/", "keep-running/"):
        url = f"{pair.amira.product.url}/api/workspace/{pair.ben.workspace_id()}/{path}"
        method = "GET" if path in ("", "events/") else "POST"
        assert request.fetch(url, method=method).status in (403, 404)
    # A WebSocket from her own workspace's page to his origin, with all the browser's cookies.
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
    his = cookies_for(pair.ben_code)["apranova_workspace"]
    own_page = get(f"{ben_home}?folder=/home/student/project", {"Cookie": f"apranova_workspace={his}"})
    assert own_page.status == 200
    assert "vscode" in own_page.text.lower()


def test_a_ticket_opens_once_and_only_its_own_workspace(pair: Pair) -> None:
    seen: list[str] = []
    context = pair.amira.context
    context.on("request", lambda request: seen.append(request.url) if "ticket=" in request.url else None)
    page = context.new_page()
    # Not until it has loaded: a second editor in one browser may wait long for its connections.
    page.goto(f"{pair.amira.product.url}/workspace/{pair.amira.workspace_id()}/", wait_until="commit")
    page.wait_for_url("**.ws.localhost:*/**", wait_until="commit")
    assert len(seen) == 1
    assert_closed(get(seen[0]))
    assert_closed(get(seen[0].replace(pair.amira.workspace_id(), pair.ben.workspace_id())))


def test_a_link_with_a_ticket_works_only_in_the_browser_that_asked_for_it(pair: Pair) -> None:
    """Amira sends Ben a link into her workspace, so that he works in hers without knowing it."""
    inner_door = f"{pair.amira.product.url}/api/door/{pair.amira.workspace_id()}/"
    sent = [
        pair.amira.portal.request.get(f"{inner_door}?browser={'a' * 64}", max_redirects=0).headers["location"]
        for _ in range(2)
    ]
    assert all("/_apranova/enter?ticket=" in url for url in sent)
    ben = pair.ben.context.new_page()
    ben.goto(sent[0])
    expect(ben.get_by_role("heading", name="This browser cannot enter with this link")).to_be_visible()
    ben.goto(sent[0].partition("?")[0])  # his browser gets a nonce on her host; the door does not know him
    expect(ben.get_by_role("heading", name="You have no such workspace")).to_be_visible()
    ben.goto(sent[1])
    expect(ben.get_by_role("heading", name="You have no such workspace")).to_be_visible()
    assert "apranova_workspace" not in {cookie["name"] for cookie in ben.context.cookies(sent[0])}


def test_the_portal_s_cookies_never_reach_a_workspace(pair: Pair) -> None:
    portal_cookies = {cookie["name"] for cookie in pair.amira.context.cookies(pair.amira.product.url)}
    assert "apranova_session" in portal_cookies
    assert "apranova_session" not in cookies_for(pair.amira_code)


def test_from_inside_a_sandbox_nothing_of_others_or_of_the_host_is_in_reach(pair: Pair) -> None:
    product = pair.amira.product
    probe = (
        f"rm -f r.txt; (ls {product.home} /root /home/* 2>&1; ps -e | wc -l; "
        f"curl -s -m 3 --noproxy '*' http://127.0.0.1:{product.port}/ -o /dev/null -w 'direct %{{http_code}}\\n'; "
        f"curl -s -m 3 --noproxy '' -x http://127.0.0.1:3128 http://127.0.0.1:{product.port}/ -o /dev/null "
        "-w 'proxied %{http_code}\\n'; "
        "curl -s -m 3 --noproxy '' -x http://127.0.0.1:3128 http://169.254.169.254/ -o /dev/null "
        "-w 'metadata %{http_code}\\n'; "
        "unshare -Ur true; touch /usr/x /etc/x; echo finished) > r.txt 2>&1"
    )
    pair.amira_code.terminal(probe)
    pair.amira_code.expect_file("r.txt")
    homes = product.home / "h/data/homes"
    until(lambda: any("finished" in path.read_text() for path in homes.glob("*/project/r.txt")))
    (text,) = (path.read_text() for path in homes.glob("*/project/r.txt"))
    assert "direct 000" in text
    assert "proxied 403" in text
    assert "metadata 403" in text
    assert f"cannot access '{product.home}'" in text
    assert "Read-only file system" in text
    assert "unshare" in text


@dataclass
class Answer:
    status: int
    location: str
    cookies: list[str]
    text: str


def get(url: str, headers: dict[str, str] | None = None) -> Answer:
    """One request to this machine, without redirects: only browsers resolve *.localhost."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("GET", target, headers={"Host": parts.netloc, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        cookies = answer.headers.get_all("set-cookie") or []
        return Answer(answer.status, answer.headers.get("location", ""), cookies, text)
    finally:
        connection.close()


def assert_closed(answer: Answer) -> None:
    """Refused, or sent to the door or sign-in page; never VS Code, never a workspace's cookie."""
    assert not any(cookie.startswith("apranova_workspace=") and "Max-Age=0" not in cookie for cookie in answer.cookies)
    if answer.status in (302, 303):
        assert "/workspace/" in answer.location or "/signin" in answer.location
        return
    assert "vscode" not in answer.text.lower()
    assert answer.status in (400, 401, 403, 404, 410), answer.status
