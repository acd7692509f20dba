"""An admin runs the school from the portal: each tab of the console, looked at in every look."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_an_admin_walks_through_the_console(product: Product, new_page: Callable[[], Page]) -> None:
    student = Student(new_page(), product, product.accounts()["ben"])
    student.sign_in()
    student.enter().page.close()

    admin = Student(new_page(), product, product.accounts()["admin"])
    admin.sign_in()
    page = admin.portal
    eyes = Onlooker(page)
    page.get_by_role("link", name="Administration").click()
    expect(page).to_have_title("Workspaces · Administration · ApraNova")
    workspaces(page, eyes, student)


def workspaces(page: Page, eyes: Onlooker, student: Student) -> None:
    page.get_by_label("Search").fill(student.account.email)
    row = page.get_by_role("listitem").filter(has_text=student.account.email)
    expect(row).to_contain_text("Running")
    row.get_by_role("checkbox").check()
    eyes.look("administration, workspaces")
    page.get_by_role("button", name="Save and stop 1").click()
    eyes.look("administration, stopping a workspace")
    page.get_by_role("button", name="Save and stop", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("1 workspace is being saved and stopped.")
    expect(row).to_contain_text("Stopped")
    student.expect_state("Stopped")
