"""On every screen of the portal axe-core finds nothing, and nothing scrolls sideways."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from tests.product import Product
from tests.student import Student, VSCode

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


# The added rule is experimental: who says "click Save" must reach what reads Save.
_ALL_RULES = "{resultTypes: ['violations'], rules: {'label-content-name-mismatch': {enabled: true}}}"


@dataclass(frozen=True)
class Look:
    name: str
    color_scheme: str
    width: int
    options: str = _ALL_RULES


LOOKS = (
    Look("light", "light", 1280),
    # The same elements as in the light: only their colours can be wrong now.
    Look("dark", "dark", 1280, "{resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']}"),
    Look("phone", "light", 390),
)


class Onlooker:
    """Looks at whatever a page shows, in every look, and listens to its console all the time."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heard: list[str] = []
        # A colour in the middle of an animation has no contrast to speak of.
        page.emulate_media(reduced_motion="reduce")
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.heard.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(f"{message.text} {message.location['url']}")

    def look(self, screen: str, *, refused: tuple[int, ...] = ()) -> None:
        """`refused`: statuses of expected errors, which the browser logs to the console."""
        expect(self.page.locator("main")).to_be_visible()
        found = [text for look in LOOKS for text in self._look(f"{screen}, {look.name}", look)]
        allowed = re.compile(rf"Failed to load resource.*\b({'|'.join(map(str, (401, *refused)))})\b")
        found += [f"{screen}: console: {text}" for text in self.heard if not allowed.search(text)]
        self.heard.clear()
        assert not found, "\n".join(found)

    def _look(self, where: str, look: Look) -> Iterator[str]:
        page = self.page
        page.emulate_media(color_scheme=look.color_scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": look.width, "height": 800})
        page.evaluate("new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))")
        moving = page.evaluate("document.getAnimations().length")
        if moving:
            yield f"{where}: {moving} animations, although less motion was asked for"
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if sideways > 0:
            yield f"{where}: scrolls sideways by {sideways} px"
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        for violation in page.evaluate(f"axe.run({look.options})")["violations"]:
            for node in violation["nodes"]:
                yield f"{where}: {violation['impact']} {violation['id']}: {node['html']} {node['failureSummary']}"


@pytest.fixture(scope="module")
def onlooker(product: Product, chromium: Browser) -> Iterator[Onlooker]:
    """Somebody without an account."""
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    yield Onlooker(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def staff(product: Product, chromium: Browser) -> Iterator[tuple[Student, Onlooker]]:
    """The instructor: sees everything that a student sees, and the choice between kinds."""
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    student = Student(page, product, product.accounts()["instructor"])
    student.sign_in()
    yield student, Onlooker(page)
    context.close()


def invitation_link(student: Student) -> str:
    cookies = {cookie["name"]: cookie["value"] for cookie in student.context.cookies(student.product.url)}
    answer = student.portal.request.post(
        f"{student.product.url}/api/invitations/",
        headers={"x-csrftoken": cookies["apranova_csrf"], "origin": student.product.url},
        data={"email": "newcomer@demo.school.example", "role": "student", "track": "DP"},
    )
    assert answer.status == 201, answer.text()
    link: str = answer.json()["url"]
    return link


def test_the_screens_of_visitors(product: Product, onlooker: Onlooker, staff: tuple[Student, Onlooker]) -> None:
    page = onlooker.page
    page.goto(f"{product.url}/signin")
    page.get_by_label("Email").wait_for()
    onlooker.look("sign-in")
    page.get_by_label("Email").fill("nobody@demo.school.example")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.keyboard.press("Enter")
    page.get_by_text("The email address or the password is wrong.").wait_for()
    onlooker.look("sign-in, refused", refused=(400,))

    page.goto(invitation_link(staff[0]))
    page.get_by_label("Your name").wait_for()
    onlooker.look("sign-up")
    page.goto(f"{product.url}/signup?invitation={'x' * 43}")
    page.get_by_text("no longer works").wait_for()
    onlooker.look("sign-up, bad invitation", refused=(400, 404, 422))

    page.goto(f"{product.url}/password/reset")
    page.get_by_label("Email").fill("nobody@demo.school.example")
    onlooker.look("password reset")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("mail", re.IGNORECASE)).wait_for()
    onlooker.look("password reset, sent")
    page.goto(f"{product.url}/password/reset/1-wrong-key")
    page.get_by_text("no longer works").wait_for()
    onlooker.look("password reset, old link", refused=(400,))

    page.goto(f"{product.url}/nowhere")
    page.get_by_text("Page not found").wait_for()
    onlooker.look("no such page", refused=(404,))


def tab_to(page: Page, role: str, name: str, *, steps_max: int = 40) -> None:
    """Press Tab until that control has the focus. Every control on the way must show its focus."""
    target = page.get_by_role(role, name=re.compile(name))  # type: ignore[arg-type]
    target.wait_for()
    for _ in range(steps_max):
        page.keyboard.press("Tab")
        invisible = page.evaluate(
            """() => {
                for (let element = document.activeElement; element; element = element.parentElement) {
                    const {outlineStyle, outlineWidth} = getComputedStyle(element);
                    if (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) return null;
                    if (element.matches('label, body')) break;
                }
                return document.activeElement.outerHTML.slice(0, 200);
            }"""
        )
        assert invisible is None or invisible.startswith("<body"), f"nothing shows that this has the focus: {invisible}"
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{steps_max} times Tab do not reach {role} “{name}”")


def test_a_launch_by_the_keyboard_alone(product: Product, new_page: Callable[..., Page]) -> None:
    page = new_page(reduced_motion="reduce")
    account = product.accounts()["instructor"]
    page.goto(f"{product.url}/signin")
    tab_to(page, "textbox", "Email")
    page.keyboard.type(account.email)
    tab_to(page, "textbox", "Password")
    page.keyboard.type(account.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard")
    tab_to(page, "radio", "Visual Studio Code")
    tab_to(page, "button", "Launch Workspace")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    VSCode(opened.value).page.close()
    page.bring_to_front()
    tab_to(page, "link", "Open Workspace")  # the launch has not thrown the focus out of the card, nor trapped it
    tab_to(page, "button", "Keep running")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="For 1 hour")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep running")).to_be_focused()


def hold(page: Page, **changes: Any) -> None:
    """Change values in the server's answers: for states that are too short to look at."""

    def answer(route: Route) -> None:
        listed = route.fetch(url=re.sub(r"/api/workspace/.*", "/api/workspace/", route.request.url)).json()
        workspace = listed["items"][0] | changes
        if route.request.url.endswith("/events/"):
            event = f"retry: 600000\nevent: workspace\ndata: {json.dumps(workspace)}\n\n"
            route.fulfill(content_type="text/event-stream", body=event)
        else:
            route.fulfill(json={**listed, "items": [workspace]})

    page.unroute_all(behavior="ignoreErrors")  # an answer that is still on its way has nobody to go to
    page.route("**/api/workspace/**", answer)
    page.reload()


def at(seconds_from_now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds_from_now))


def test_the_dashboard_in_every_state(staff: tuple[Student, Onlooker]) -> None:
    student, onlooker = staff
    page = student.portal
    page.goto(f"{student.product.url}/dashboard")
    launch, opened = (
        page.get_by_role("button", name="Launch Workspace"),
        page.get_by_role("link", name="Open Workspace"),
    )
    launch.or_(opened).wait_for()
    if not opened.count():
        student.launch().page.close()
    student.expect_state("Running")
    onlooker.look("dashboard, running")
    page.get_by_role("button", name="More actions").click()
    onlooker.look("dashboard, menu")
    page.get_by_role("menuitem", name=re.compile("Delete")).click()
    page.get_by_label("Name of the workspace").wait_for()
    onlooker.look("dashboard, delete dialog")

    hold(page, state="starting", steps=[{"name": "requested", "at": at(0), "text": "You asked for your workspace"}])
    student.expect_state("Starting")
    onlooker.look("dashboard, starting")
    hold(page, warned=True, stops_at=at(240), stops_because="no activity for 30 minutes")
    student.expect_state("Stopping soon")
    onlooker.look("dashboard, about to stop")
    hold(page, state="stopping", steps=[{"name": "saving", "at": at(0), "text": "Saving your work"}])
    student.expect_state("Stopping")
    onlooker.look("dashboard, stopping")
    hold(page, state="stopped", stop_reason="launch_failed", stopped_at=at(-60), failure="It did not answer.")
    student.expect_state("Did not start")
    onlooker.look("dashboard, failed launch")
    page.unroute_all(behavior="ignoreErrors")
    page.route("**/api/workspace/", lambda route: route.fulfill(status=503, json={"detail": "Not available."}))
    page.reload()
    page.get_by_role("button", name="Try again").wait_for()
    onlooker.look("dashboard, without the server", refused=(503,))

    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    student.stop()
    onlooker.look("dashboard, stopped")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=re.compile("Delete")).click()
    box = page.get_by_label("Name of the workspace")
    box.fill(page.locator("dialog strong").inner_text())
    box.press("Enter")
    student.expect_state("Deleted")
    onlooker.look("dashboard, deleted")
    page.get_by_role("button", name="Undo delete").click()
    student.expect_state("Stopped")


def test_the_guide_of_a_data_student(product: Product, new_page: Callable[..., Page]) -> None:
    student = Student(new_page(), product, product.accounts()["emil"])
    onlooker = Onlooker(student.portal)
    student.sign_in()
    page = student.portal
    page.get_by_text("Upload CSV").wait_for()
    onlooker.look("dashboard of a data student")
    page.get_by_role("button", name="What is inside").press("Enter")
    page.reload()
    expect(page.get_by_role("button", name="What is inside")).to_have_attribute("aria-expanded", "false")
    onlooker.look("dashboard of a data student, guide closed")


def one_time_code(secret: str) -> str:
    """RFC 6238, as an authenticator app does it; never one that ends while it is being typed."""
    while time.time() % 30 > 27:
        time.sleep(0.2)
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def test_the_account_and_two_step_sign_in(staff: tuple[Student, Onlooker]) -> None:
    student, onlooker = staff
    page = student.portal
    page.goto(f"{student.product.url}/account")
    page.get_by_text("This browser", exact=True).wait_for()
    onlooker.look("account")
    page.get_by_role("button", name="Set up two-step sign-in").click()
    secret = page.locator("p.font-mono").inner_text().replace(" ", "")
    onlooker.look("account, two-step set-up", refused=(404,))
    digits = page.get_by_label("Enter the six digits that the app shows")
    digits.fill("000000")
    digits.press("Enter")
    page.get_by_text("Incorrect code").wait_for()
    onlooker.look("account, wrong code", refused=(400,))
    digits.fill(one_time_code(secret))
    digits.press("Enter")
    proof = page.get_by_role("dialog").get_by_label("Password", exact=True)
    expect(proof).to_be_focused()
    onlooker.look("account, proof of identity")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    digits.fill(one_time_code(secret))
    digits.press("Enter")
    proof.fill(student.account.password)
    proof.press("Enter")
    page.get_by_text("Two-step sign-in is on.").wait_for()
    page.get_by_role("button", name=re.compile("Copy")).wait_for()
    onlooker.look("account, recovery codes")
    page.get_by_role("button", name=re.compile("Turn off")).click()
    onlooker.look("account, dialog")
    page.get_by_role("button", name="Turn off", exact=True).click()
    page.get_by_role("button", name="Set up two-step sign-in").wait_for()
