"""An instructor sees the class on one screen, and a student's raised hand at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


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
