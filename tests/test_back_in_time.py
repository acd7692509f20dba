"""A student breaks a file and brings back the one of before, while the workspace runs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product
from tests.student import Student
from tests.test_accessibility import Onlooker
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LONG_MS = 40_000


def test_a_student_breaks_a_file_and_brings_back_the_one_of_before(
    product: Product, new_page: Callable[[], Page]
) -> None:
    student = Student(new_page(), product, product.accounts()["amira"])
    student.sign_in()
    page = student.portal
    student.enter().make_file("essay.txt", "the good one")
    address = f"{product.url}/api/workspace/{student.workspace_id()}/history/"
    known = len(page.request.get(address).json()["items"])
    student.stop(within_s=60)
    until(
        lambda: len(page.request.get(address).json()["items"]) > known,
        lambda: page.request.get(address).text(),
        within_s=90,
        every_s=0.5,
    )

    editor = student.launch()
    editor.terminal("echo broken > essay.txt")
    homes = product.home / "h/data/homes"
    (essay,) = homes.glob("home-*/project/essay.txt")
    until(lambda: essay.read_text() == "broken\n", essay.read_text)
    eyes = Onlooker(page)
    page.get_by_role("link", name=re.compile("Back in time")).click()
    page.get_by_role("button", name=re.compile("when the workspace stopped")).first.click()
    files = page.get_by_role("region", name=re.compile("Your files"))
    files.get_by_role("button", name=re.compile("^project")).click()
    eyes.look("the history of files")
    files.get_by_role("button", name=re.compile("essay.txt")).click()
    changed = page.get_by_role("region", name="What changed")
    expect(changed).to_contain_text("added: broken", timeout=LONG_MS)
    expect(changed).to_contain_text("removed: the good one")
    eyes.look("a file as it was")
    page.get_by_role("button", name="Put this file back …").click()
    eyes.look("what putting back does")
    page.get_by_role("button", name="Put back", exact=True).click()
    expect(page.get_by_text("One file is back as it was.")).to_be_visible(timeout=LONG_MS)
    assert essay.read_text() == "the good one\n"
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("before files were put back").first).to_be_visible()
    editor.open_file("essay.txt")
    editor.expect_text("the good one")
