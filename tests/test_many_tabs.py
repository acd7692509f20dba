"""One person keeps many dashboards open in one browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TABS = 9
"""A browser opens six connections to one host over HTTP/1.1, and a person has eight streams."""


def test_the_seventh_dashboard_loads_and_all_of_them_follow_the_workspace(
    product: Product, new_page: Callable[[], Page]
) -> None:
    student = Student(new_page(), product, product.accounts()["amira"])
    student.sign_in()
    student.enter().page.close()
    student.expect_state("Running")
    dashboards = [student.portal]
    for _ in range(TABS - 1):
        page = student.context.new_page()
        page.goto(f"{product.url}/dashboard", timeout=15_000)
        expect(page.get_by_text("Running", exact=True).first).to_be_visible(timeout=15_000)
        dashboards.append(page)

    # Without news each of them would ask only once a minute.
    student.press_stop()
    for page in dashboards:
        expect(page.get_by_text(re.compile("^(Stopping|Stopped)$")).first).to_be_visible(timeout=15_000)
    student.expect_state("Stopped", within_s=90)

    # The tab with the stream is closed; another one takes it over.
    dashboards[0].close()
    dashboards[1].get_by_role("button", name="Launch Workspace").click()
    for page in dashboards[1:]:
        expect(page.get_by_text("Running", exact=True).first).to_be_visible(timeout=30_000)
