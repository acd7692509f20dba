"""Stop names the programs that would end, and stays one click where none runs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_nobody_ends_a_job_by_mistake(product: Product, new_page: Callable[[], Page]) -> None:
    student = Student(new_page(), product, product.accounts()["chloe"])
    student.sign_in()
    eyes = Onlooker(student.portal)
    page, dialog = student.portal, student.portal.get_by_role("dialog")
    code = student.enter()
    programs = "(sleep 76543 > /dev/null 2>&1 &); python3 -m http.server 4567 > /tmp/log 2>&1 &"
    code.run_for_file(f"{programs} touch begun.txt", "begun.txt")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(dialog).to_contain_text("Still running, and will end:")
    expect(dialog).to_contain_text("sleep 76543")
    expect(dialog).to_contain_text("python3")
    eyes.look("dashboard, stopping with programs")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    student.expect_state("Running")
    page.get_by_role("button", name="Stop", exact=True).click()
    dialog.get_by_role("button", name="Save and stop").click()
    student.expect_state("Stopped", within_s=60)

    student.launch().expect_file("begun.txt")  # VS Code and its helpers are no programs of the student
    page.get_by_role("button", name="Stop", exact=True).click()
    student.expect_state("Stopped", within_s=60)
