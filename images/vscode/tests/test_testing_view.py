"""Tests run from VS Code's Testing view, in a real Chromium, by the real runners."""

from __future__ import annotations

import sys

import pytest

from images.vscode.tests.conftest import Desk
from images.vscode.tests.test_vscode_in_browser import open_file
from tests.command_list import run_command

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PYTHON = """\
import pytest

def test_adds():
    assert 1 + 1 == 2

class TestShop:
    def test_price(self):
        price = 40
        assert price == 42

@pytest.mark.parametrize("number", [1, 2])
def test_many(number):
    assert number == 1
"""
NODE = """\
const { describe, it, test } = require("node:test");
const assert = require("node:assert");

test("adds", () => assert.equal(1 + 1, 2));
describe("shop", () => {
  it("has a price", () => {
    assert.equal(40, 42);
  });
});
"""


def give_pytest(desk: Desk) -> None:
    """As a student's own environment has it."""
    python = desk.project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("test_shop.py", PYTHON, "assert 40 == 42"),
        ("shop.test.js", NODE, "40 == 42"),
    ],
)
def test_the_testing_view_lists_tests_runs_them_and_shows_what_failed(
    desk: Desk, name: str, text: str, message: str
) -> None:
    (desk.project / name).write_text(text)
    give_pytest(desk)
    page = desk.open_tab()
    open_file(page, name)
    page.get_by_role("tab", name="Testing").click()
    page.get_by_role("treeitem", name=name).first.wait_for()
    run_command(page, "Test: Run All Tests")
    page.get_by_role("treeitem", name=message, exact=True).wait_for(timeout=120_000)
    page.get_by_role("treeitem", name=f"{name} (Failed)").wait_for()
    page.locator(".glyph-margin-widgets .codicon-testing-failed-icon").first.wait_for()
