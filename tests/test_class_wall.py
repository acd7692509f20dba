"""An instructor sees the class on one screen, and a student's raised hand at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import LAUNCH_WITHIN_MS, Student, VSCode
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def ask_for_help(editor: VSCode) -> None:
    """By the status bar, which has the button when VS Code's extensions run."""
    editor.page.get_by_role("button", name="I need help", exact=True).click(timeout=LAUNCH_WITHIN_MS)
    asked = editor.page.get_by_role("button", name="Help asked", exact=True)
    expect(asked).to_be_visible(timeout=LAUNCH_WITHIN_MS)


def test_a_student_asks_for_help_and_is_helped(product: Product, new_page: Callable[[], Page]) -> None:
    teacher = Student(new_page(), product, product.accounts()["instructor"])
    teacher.sign_in()
    page = teacher.portal
    eyes = Onlooker(page)
    asked: list[str] = []
    page.on("request", lambda request: request.url.endswith("/wall/") and asked.append(request.url))
    page.get_by_role("link", name="Cohorts").click()
    page.get_by_role("link", name="Berlin-3").click()
    wall = page.get_by_role("region", name="The class right now")
    expect(wall.get_by_role("listitem").filter(has_text="Amira")).to_be_visible()

    amira = Student(new_page(), product, product.accounts()["amira"])
    amira.sign_in()
    asked.clear()
    amira.portal.get_by_role("button", name="I need help").click()
    expect(wall.get_by_role("listitem").first).to_contain_text("Asked for help just now")
    assert asked == [], "the stream tells it; without one the page would have asked again"
    expect(wall.get_by_role("listitem").first).to_contain_text("Amira")
    expect(amira.portal.get_by_text("Your instructors see it.")).to_be_visible()
    eyes.look("the class with a hand raised")
    Onlooker(amira.portal).look("the dashboard with a hand raised")

    page.get_by_role("button", name="Hide names").click()
    expect(wall.get_by_text("Amira")).to_have_count(0)
    page.get_by_role("button", name="Hide names").click()
    page.get_by_role("button", name=re.compile("Amira .* has been helped")).click()
    expect(wall.get_by_text("Asked for help")).to_have_count(0)
    expect(amira.portal.get_by_role("button", name="I need help", exact=True)).to_be_visible(timeout=10_000)


def test_the_instructor_comes_into_the_workspace_to_help_and_the_student_ends_it(
    product: Product, new_page: Callable[[], Page]
) -> None:
    amira = Student(new_page(), product, product.accounts()["amira"])
    amira.sign_in()
    editor = amira.enter()
    ask_for_help(editor)
    expect(amira.portal.get_by_text("Your instructors see it.")).to_be_visible(timeout=10_000)
    sees = Onlooker(amira.portal)

    teacher = Student(new_page(), product, product.accounts()["instructor"])
    teacher.sign_in()
    eyes = Onlooker(teacher.portal)
    teacher.portal.get_by_role("link", name="Cohorts").click()
    teacher.portal.get_by_role("link", name="Berlin-3").click()
    with teacher.context.expect_page() as opened:
        teacher.portal.get_by_role("button", name=re.compile("Open the workspace of Amira")).click()
    inside = VSCode(opened.value)
    assert amira.workspace_id() in inside.page.url
    there = {cookie["name"] for cookie in teacher.context.cookies(inside.page.url)}
    assert "apranova_workspace" in there
    assert not [name for name in there if "session" in name or "csrf" in name], there

    here = editor.page.get_by_label(re.compile("is here$")).first
    expect(here).to_be_visible()
    banner = amira.portal.get_by_text(re.compile("is in your workspace$"))
    expect(banner).to_be_visible()
    expect(teacher.portal.get_by_text(re.compile("is helping$"))).to_be_visible()
    inside.make_file("from-the-instructor.txt", "look here")
    editor.expect_file("from-the-instructor.txt")
    editor.make_file("from-the-student.txt", "I see")
    inside.expect_file("from-the-student.txt")

    teacher.portal.get_by_role("button", name=re.compile("Write to Amira")).click()
    teacher.portal.get_by_label("Message", exact=True).fill("Try it now.")
    eyes.look("a message to one student")
    teacher.portal.get_by_role("button", name="Send", exact=True).click()
    expect(teacher.portal.get_by_text(re.compile("Your message is sent to Amira"))).to_be_visible()
    expect(editor.page.get_by_text(re.compile("Message from .*: Try it now.")).first).to_be_visible()
    expect(amira.portal.get_by_text("Try it now.")).to_be_visible()
    sees.look("the dashboard during a visit")
    eyes.look("the class during a visit")
    amira.portal.get_by_role("button", name=re.compile("^Close the message from")).click()
    expect(amira.portal.get_by_text("Try it now.")).to_have_count(0)

    assert inside.page.get_by_role("button", name="Help asked").count() == 0, "it is not the visitor's to take back"
    amira.portal.get_by_role("button", name="End the visit").click()
    expect(banner).to_have_count(0)
    expect(editor.page.get_by_role("button", name="I need help", exact=True)).to_be_visible()
    expect(inside.page.get_by_role("alert").filter(has_text="Your visit has ended")).to_be_visible()
    expect(here).to_be_hidden()
    inside.page.get_by_role("button", name="Look again").click()
    expect(inside.page.get_by_role("heading", name="You are not in this workspace")).to_be_visible()


def test_the_instructor_looks_at_the_files_as_they_are_and_the_student_ends_it(
    product: Product, new_page: Callable[[], Page]
) -> None:
    amira = Student(new_page(), product, product.accounts()["amira"])
    amira.sign_in()
    editor = amira.enter()
    sees = Onlooker(amira.portal)
    editor.make_file("looked-at.html", "<h1>first</h1>")
    ask_for_help(editor)

    teacher = Student(new_page(), product, product.accounts()["instructor"])
    teacher.sign_in()
    page, eyes = teacher.portal, Onlooker(teacher.portal)
    page.get_by_role("link", name="Cohorts").click()
    page.get_by_role("link", name="Berlin-3").click()
    page.get_by_role("link", name=re.compile("Look at the files of Amira")).click()
    page.get_by_role("button", name="looked-at.html", exact=True).click()
    text = page.get_by_role("region", name="Content of looked-at.html")
    expect(text).to_have_text("<h1>first</h1>")
    expect(editor.page.get_by_label(re.compile("is looking$")).first).to_be_visible()
    banner = amira.portal.get_by_text(re.compile("is looking at your files$"))
    expect(banner).to_be_visible(timeout=10_000)
    eyes.look("a student's file")
    sees.look("the dashboard during a look")

    editor.terminal("echo '<h1>second</h1>' > looked-at.html")
    expect(text).to_have_text("<h1>second</h1>", timeout=10_000)
    refused = teacher.portal.request.get(f"{product.url}/api/door/{amira.workspace_id()}/")
    assert refused.status == 403, "a look opens no editor"
    amira.portal.get_by_role("button", name="End the look").click()
    expect(banner).to_have_count(0)
    expect(page.get_by_text("Your look has ended")).to_be_visible(timeout=10_000)
    expect(text).to_have_count(0)
    eyes.look("a look that has ended", refused=(409,))
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text(re.compile("has not asked for help"))).to_be_visible()
    eyes.look("a look that is not allowed", refused=(409,))
