"""A student's own web apps in a real browser: theirs alone, and as they are on localhost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from single_machine.portal_build import node_environment, npm_command
from tests.conftest import fresh_profiles
from tests.homes import home_of, put
from tests.product import SOURCE, Product
from tests.school import Student as Caller
from tests.student import Student, VSCode
from tests.test_students_apart import assert_closed, get
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

APP = Path(__file__).parent / "preview_app"
NOTICE_WITHIN_S = 2.0
HOT_RELOAD_WITHIN_S = 1.0
HOT_RELOAD_OF_NEXT_WITHIN_S = 3.0
"""Its server component is made again, after a compilation."""
STATIC, VITE, API = 5180, 5173, 8000
EXPRESS, FLASK, FASTAPI, DJANGO, NEXT = 3000, 5500, 8600, 8500, 3100


@dataclass
class Class:
    """Amira, whose programs run; Ben, who would like to see them."""

    amira: Student
    code: VSCode
    ben: Student
    workspace_id: str

    def address(self, port: int, path: str = "/") -> str:
        return f"http://p{port}--{self.workspace_id}.ws.localhost:{self.amira.product.port}{path}"

    @property
    def editor(self) -> str:
        return f"http://{self.workspace_id}.ws.localhost:{self.amira.product.port}"

    @property
    def home(self) -> Path:
        return home_of(self.amira.product, self.workspace_id)

    def put(self, source: Path, name: str) -> None:
        put(source, self.home, name)

    def open(self, port: int, path: str = "/", *, within_s: float = 20) -> Page:
        page = self.amira.context.new_page()
        page.goto(self.address(port, path), timeout=within_s * 1000)
        return page

    def serves(self, port: int) -> None:
        until(
            lambda: port in self.listening(),
            lambda: f"nothing listens on {port}: {self.listening()}",
            within_s=60,
            every_s=0.3,
        )

    def listening(self) -> list[int]:
        apps = self.amira.portal.get_by_role("region", name="Your apps").get_by_role("link")
        return [int(text.split()[1]) for text in apps.all_inner_texts()]


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student's terminal would install, by npm and pip."""
    folder = tmp_path_factory.mktemp("preview") / "app"
    shutil.copytree(APP, folder)
    subprocess.run([*npm_command(), "ci", "--silent"], cwd=folder, env=node_environment(), check=True, timeout=180)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", "packages", "-r", "requirements.txt"]
    subprocess.run(install, cwd=folder, check=True, timeout=180)
    copy_next(SOURCE / "portal", folder / "frameworks/next_app")
    return folder


def copy_next(source: Path, into: Path) -> None:
    """Next.js as another project has installed it, with all that it needs, and no download."""
    wanted = {"next", "react", "react-dom"}
    lock = json.loads((source / "package-lock.json").read_text())["packages"]
    copied: set[str] = set()
    while wanted:
        name = wanted.pop()
        copied.add(name)
        folder = Path("node_modules") / name
        if not (source / folder).is_dir():
            continue  # another machine's binary
        shutil.copytree(source / folder, into / folder, symlinks=True)
        needs = lock[str(folder)]
        wanted |= ({*needs.get("dependencies", {}), *needs.get("optionalDependencies", {})}) - copied - {"sharp"}
    (into / "node_modules/.bin").mkdir()
    (into / "node_modules/.bin/next").symlink_to("../next/dist/bin/next")


@pytest.fixture(scope="module")
def school(product: Product, chromium: Browser, apps: Path) -> Iterator[Class]:
    accounts = product.accounts()
    with fresh_profiles(chromium) as new_page:
        amira, ben = (Student(new_page(), product, accounts[name]) for name in ("amira", "ben"))
        for student in (amira, ben):
            student.sign_in()
        _give_room(product, amira)
        made = Class(amira, amira.launch(), ben, amira.workspace_id())
        made.put(apps, "app")
        made.code.terminal(
            f"(cd ~/app && python3 -m http.server {STATIC} > /tmp/static.log 2>&1 &); "
            "export PYTHONPATH=~/app/packages; "
            f"(cd ~/app && python3 -m uvicorn server:app --port {API} > /tmp/api.log 2>&1 &); "
            "(cd ~/app && npm run dev > /tmp/vite.log 2>&1 &)"
        )
        made.code.terminal(
            "cd ~/app/frameworks; "
            "(node express_api.js > /tmp/express.log 2>&1 &); "
            f"(python3 -m flask --app flask_app run --port {FLASK} > /tmp/flask.log 2>&1 &); "
            f"(python3 -m uvicorn fastapi_app:app --port {FASTAPI} > /tmp/fastapi.log 2>&1 &); "
            f"(python3 django_site.py {DJANGO} > /tmp/django.log 2>&1 &); "
            "(cd next_app && npm run dev > ~/next.log 2>&1 &); cd"
        )
        for port in (STATIC, API, VITE, EXPRESS, FLASK, FASTAPI, DJANGO, NEXT):
            made.serves(port)
        yield made
        amira.stop(within_s=60)


def _give_room(product: Product, student: Student) -> None:
    """`next dev` beside the others does not fit in a small workspace."""
    instructor = Caller(product.url)
    account = product.accounts()["instructor"]
    instructor.sign_in(account.email, account.password)
    (cohort,) = (one for one in instructor.http.get("/api/cohorts/").json()["items"] if one["name"] == "Berlin-3")
    assert instructor.patch(f"/api/cohorts/{cohort['id']}/", {"size": "medium"}).status_code == 200
    stop = student.portal.get_by_role("button", name="Stop", exact=True)
    launch = student.portal.get_by_role("button", name="Launch Workspace")
    stop.or_(launch).first.wait_for()
    if stop.count():  # another test left it running
        student.stop(within_s=60)


def test_a_new_server_is_announced_and_its_button_opens_the_app(school: Class) -> None:
    """The story: VS Code announced the port, and the link answered 403."""
    page = school.code.page
    school.code.terminal("date +%s.%N > ~/started; python3 -m http.server 5190 &")
    notice = page.locator(".notifications-toasts .notification-list-item", has_text="port 5190")
    notice.first.wait_for()
    took_s = time.time() - float((school.home / "started").read_text())
    assert took_s <= NOTICE_WITHIN_S
    with school.amira.context.expect_page() as opened:
        notice.get_by_role("button", name="Open in Browser").click()
    expect(opened.value.get_by_role("heading", name="Directory listing for /")).to_be_visible()
    assert opened.value.url == school.address(5190)
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()


def test_terminals_know_the_address_of_a_port(school: Class) -> None:
    school.code.terminal("echo $VSCODE_PROXY_URI > ~/uri")
    until(lambda: (school.home / "uri").exists() and (school.home / "uri").read_text())
    assert (school.home / "uri").read_text().strip() == school.address(0).replace("p0--", "p{{port}}--")


def test_a_change_in_a_vite_app_shows_without_a_reload(school: Class) -> None:
    """Vite listens on ::1 alone and refuses foreign hosts. React keeps its state."""
    page = school.open(VITE)
    page.get_by_role("button", name="Clicked 0 times").click()
    expect(page.get_by_role("button", name="Clicked 1 times")).to_be_visible()
    source = school.home / "app/src/App.jsx"
    page.evaluate("window.notReloaded = true")
    source.write_text(source.read_text().replace("First words", "Second words"))
    changed_at = time.monotonic()
    page.get_by_role("heading", name="Second words").wait_for()
    took_s = time.monotonic() - changed_at
    assert page.evaluate("window.notReloaded") is True
    expect(page.get_by_role("button", name="Clicked 1 times")).to_be_visible()
    assert took_s <= HOT_RELOAD_WITHIN_S
    page.close()


def test_websocket_events_redirect_and_headers_are_as_on_localhost(school: Class) -> None:
    page = school.open(API, "/page")
    assert page.evaluate(
        """() => new Promise((done, fail) => {
            const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
            socket.onopen = () => socket.send("hello");
            socket.onmessage = ({ data }) => done(data);
            socket.onerror = fail;
        })"""
    ) == "hello"  # fmt: skip
    apart_ms = page.evaluate(
        """() => new Promise((done) => {
            const at = [], events = new EventSource("/events");
            events.onmessage = () => { at.push(performance.now()); if (at.length === 3) { events.close(); done(at[2] - at[0]); } };
        })"""
    )
    assert apart_ms > 300  # one by one, not all at the end
    page.goto(school.address(API, "/moved"))
    assert page.url == school.address(API, "/where")
    seen = json.loads(page.inner_text("body"))["headers"]
    assert seen["host"] == f"localhost:{API}"
    assert "apranova" not in json.dumps(seen)
    assert not {"x-user", "x-workspace", "x-forwarded-for", "x-forwarded-proto"} & set(seen)
    assert [
        (cookie["name"], cookie["domain"]) for cookie in page.context.cookies(page.url) if cookie["name"] == "api"
    ] == [("api", page.url.split("/")[2].split(":")[0])]
    page.close()


def test_a_front_end_asks_its_api_on_another_port_with_credentials(school: Class) -> None:
    school.open(API, "/page").close()  # the person opens each port once
    page = school.open(VITE)
    ask = """async ([url, options]) => {
        const answer = await fetch(url, { credentials: "include", ...options });
        return [answer.status, await answer.json()];
    }"""
    status, told = page.evaluate(
        ask, [school.address(API, "/x"), {"method": "PUT", "body": "abc", "headers": {"x-own": "1"}}]
    )
    assert (status, told["method"], told["bytes"]) == (200, "PUT", 3)
    assert told["headers"]["origin"] == f"http://localhost:{VITE}"
    status, told = page.evaluate(ask, [school.address(STATIC + 1, "/"), {}])
    assert (status, told["reason"]) == (401, "not_entered")  # not opened yet: the page can read why
    page.close()


def test_a_change_in_a_next_app_shows_without_a_reload(school: Class) -> None:
    """Next.js refuses foreign hosts for its hot reload and for server actions."""
    page = school.open(NEXT, within_s=90)  # it compiles its first page now
    page.get_by_role("button", name="Clicked 0 times").click()
    expect(page.get_by_role("button", name="Clicked 1 times")).to_be_visible()
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_text("Hello Ada")).to_be_visible()
    source = school.home / "app/frameworks/next_app/app/page.jsx"
    page.evaluate("window.notReloaded = true")
    source.write_text(source.read_text().replace("First words", "Second words"))
    changed_at = time.monotonic()
    expect(page.get_by_role("heading", name=f"Second words from localhost:{NEXT}")).to_be_visible()
    took_s = time.monotonic() - changed_at
    assert page.evaluate("window.notReloaded") is True
    expect(page.get_by_role("button", name="Clicked 1 times")).to_be_visible()
    assert "cross origin" not in (school.home / "next.log").read_text().lower()
    assert took_s <= HOT_RELOAD_OF_NEXT_WITHIN_S
    page.close()


def test_express_answers_a_front_end_on_another_port_with_its_cookie(school: Class) -> None:
    opened = school.open(EXPRESS, "/old")
    assert opened.url == school.address(EXPRESS)
    opened.close()
    page = school.open(VITE)
    visit = """async (url) => {
        const answer = await fetch(url, { method: "POST", credentials: "include" });
        return answer.json();
    }"""
    for count in (1, 2):
        told = page.evaluate(visit, school.address(EXPRESS, "/visits"))
        assert told == {"visits": count, "origin": f"http://localhost:{VITE}"}
    page.close()


def test_flask_keeps_a_session_and_redirects_to_its_own_address(school: Class) -> None:
    page = school.open(FLASK)
    page.get_by_role("textbox").fill("Ada")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Hello Ada")).to_be_visible()
    assert page.url == school.address(FLASK)
    page.close()


def test_django_signs_in_with_its_csrf_check_and_serves_its_static_files(school: Class) -> None:
    page = school.open(DJANGO, "/admin/")
    styled = "[...document.styleSheets].some(({ href, cssRules }) => href.includes('/static/') && cssRules.length > 0)"
    assert page.evaluate(styled)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("a-long-password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()
    assert page.url == school.address(DJANGO, "/admin/")
    page.close()


def test_fastapi_has_a_websocket_and_an_event_stream(school: Class) -> None:
    page = school.open(FASTAPI)
    assert page.evaluate(
        """() => new Promise((done, fail) => {
            const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
            socket.onopen = () => socket.send("hello");
            socket.onmessage = ({ data }) => done(data);
            socket.onerror = fail;
        })"""
    ) == "echo hello"  # fmt: skip
    apart_ms = page.evaluate(
        """() => new Promise((done) => {
            const at = [], events = new EventSource("/events");
            events.onmessage = () => { at.push(performance.now()); if (at.length === 3) { events.close(); done(at[2] - at[0]); } };
        })"""
    )
    assert apart_ms > 300
    page.close()


def test_a_port_on_which_nothing_listens_says_so_and_comes_back_by_itself(school: Class) -> None:
    page = school.open(5195, "/index.html?x=1")
    expect(page.get_by_role("heading", name="Nothing answers on port 5195")).to_be_visible()
    school.code.terminal("(cd ~/app && python3 -m http.server 5195 > /dev/null 2>&1 &)")
    expect(page).to_have_title("Preview", timeout=20_000)
    assert page.url == school.address(5195, "/index.html?x=1")
    page.close()


def test_another_student_a_stranger_and_a_foreign_page_are_refused(school: Class, chromium: Browser) -> None:
    closed = school.address(STATIC)
    assert_closed(get(closed))
    page = school.ben.context.new_page()
    page.goto(closed)
    expect(page.get_by_role("heading", name="This app is not shared with you")).to_be_visible()
    with fresh_profiles(chromium) as new_page:
        stranger = new_page()
        stranger.goto(closed)
        expect(stranger).to_have_url(
            f"{school.amira.product.url}/signin?next=/api/door/{school.workspace_id}/port/{STATIC}/"
        )
    own = school.open(STATIC)
    (cookie,) = (one for one in own.context.cookies(own.url) if one["name"] == "apranova_workspace")
    own.close()
    mine = {"Cookie": f"apranova_workspace={cookie['value']}"}
    assert get(closed, mine).status == 200
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
    bens = school.address(STATIC).replace(school.workspace_id, "ws-bbbbbbbbbb").rstrip("/")
    for foreign in (bens, bens.replace(f"p{STATIC}--", ""), school.amira.product.url):
        assert get(closed, {**mine, "Origin": foreign, "Sec-Fetch-Site": "same-site"}).status == 403
        assert get(closed, {**mine, **upgrade, "Origin": foreign}).status == 403
    for other in (school.editor, school.address(VITE), bens):
        assert_closed(get(f"{other}/", mine))


def test_a_shared_app_is_seen_until_its_owner_ends_that_also_by_an_open_socket(
    school: Class, chromium: Browser
) -> None:
    portal = school.amira.portal
    portal.get_by_role("button", name=f"Share port {API} …").click()
    dialog = portal.get_by_role("dialog", name=f"Share port {API}")
    dialog.get_by_label("Everybody at this school").check()
    dialog.get_by_role("button", name="Share", exact=True).click()
    link = dialog.get_by_label("Link").input_value()
    assert link == school.address(API)
    dialog.get_by_role("button", name="Close").click()

    visitor = school.ben.context.new_page()
    visitor.goto(f"{link}page")
    expect(visitor.get_by_role("heading", name="A student's page")).to_be_visible()
    told = visitor.evaluate("fetch('/who').then((answer) => answer.text())")
    assert school.ben.account.email not in told
    assert "apranova" not in told
    assert "x-user" not in told
    visitor.evaluate(
        """() => new Promise((done, fail) => {
            const socket = window.socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
            socket.onmessage = done;
            socket.onerror = fail;
            socket.onopen = () => socket.send("hello");
        })"""
    )
    (cookie,) = (one for one in school.ben.context.cookies(link) if one["name"] == "apranova_workspace")
    for other in (f"{school.editor}/", school.address(VITE)):
        assert_closed(get(other, {"Cookie": f"apranova_workspace={cookie['value']}"}))
    with fresh_profiles(chromium) as new_page:
        stranger = new_page()
        stranger.goto(link)
        assert "/signin?" in stranger.url

    portal.get_by_role("button", name=f"Sharing of port {API} …").click()
    dialog.get_by_role("button", name="Stop sharing").click()
    visitor.wait_for_function("window.socket.readyState === WebSocket.CLOSED")
    assert visitor.evaluate("fetch('/who').then(({ status }) => status)") == 401
    visitor.reload()
    expect(visitor.get_by_role("heading", name="This app is not shared with you")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    visitor.close()


def test_a_hostile_app_reaches_neither_editor_nor_portal_nor_another_student(school: Class) -> None:
    """What a package that a student installed could try from the student's own page."""
    (school.home / "app/worker.js").write_text(
        "self.onfetch = (event) => event.respondWith(new Response('owned', { headers: { 'content-type': 'text/html' } }));"
    )
    page = school.open(STATIC, "/index.html")
    portal = school.amira.product.url
    read = """async (url) => { try { return (await fetch(url, { credentials: "include" })).status } catch { return "refused" } }"""
    for target in (f"{school.editor}/", f"{portal}/api/workspace/", f"{portal}/dashboard"):
        assert page.evaluate(read, target) == "refused"
    socket = """(url) => new Promise((done) => { const one = new WebSocket(url); one.onopen = () => done("open"); one.onerror = () => done("refused"); })"""
    assert page.evaluate(socket, f"{school.editor}/stable?skipWebSocketFrames=false".replace("http", "ws")) == "refused"
    framed = """(url) => new Promise((done) => {
        const frame = document.createElement("iframe");
        frame.onload = () => { try { done(frame.contentDocument?.body.innerText ?? "closed") } catch { done("closed") } };
        frame.src = url; document.body.append(frame);
    })"""
    for target in (f"{school.editor}/", f"{portal}/dashboard"):
        assert page.evaluate(framed, target) in ("closed", "")
    # A worker owns its own origin, and nothing else; not even the way in.
    page.evaluate(
        "navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(() => 1)"
    )
    page.reload()
    assert page.inner_text("body") == "owned"
    for other in (school.address(VITE), school.editor):
        visited = school.amira.context.new_page()
        visited.goto(other)
        assert visited.locator("body", has_text="owned").count() == 0
        visited.close()
    # A cookie for the parent domain cannot take another host's place: both are forgotten.
    page.evaluate("document.cookie = 'apranova_workspace=planted; domain=ws.localhost; path=/'")
    visited = school.amira.context.new_page()
    visited.goto(school.editor)
    visited.wait_for_selector(".monaco-workbench", timeout=60_000)
    assert "planted" not in json.dumps(school.amira.context.cookies(school.editor))
    visited.close()
    page.close()
