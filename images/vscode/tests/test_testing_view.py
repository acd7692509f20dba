"""Tests run from VS Code's Testing view, in a real Chromium, by the real runners."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from images.vscode.tests.conftest import Desk
from images.vscode.tests.test_vscode_in_browser import open_file
from tests.command_list import run_command
from tests.npm_packages import installed

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
UNITTEST = """\
import unittest

class Shop(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(1 + 1, 2)

    def test_price(self):
        self.assertEqual(40, 42)
"""
VITEST = """\
import { describe, expect, it } from "vitest";

describe("shop", () => {
  it("adds", () => expect(1 + 1).toBe(2));
  it("has a price", () => expect(40).toBe(42));
});
"""
JEST = """\
describe("shop", () => {
  it("adds", () => expect(1 + 1).toBe(2));
  it("has a price", () => expect(40).toBe(42));
});
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


PORTAL = Path(__file__).parents[3] / "portal/node_modules"


def give_vitest(desk: Desk) -> None:
    """As the portal's own `npm ci` has installed it, by the image's Node.js."""
    assert (PORTAL / "vitest").is_dir(), "run npm ci in portal/ first"
    packages = desk.project / "node_modules"
    (packages / ".bin").mkdir(parents=True)
    (packages / "vitest").symlink_to(PORTAL / "vitest")
    program = packages / ".bin/vitest"
    program.write_text(f'#!/bin/sh\nexec "$NODE_EXEC_PATH" {PORTAL}/vitest/vitest.mjs "$@"\n')
    program.chmod(0o755)
    (desk.project / "package.json").write_text('{"private": true, "devDependencies": {"vitest": "*"}}')


def give_jest(desk: Desk) -> None:
    """As `npm ci` of a student's project has installed it."""
    packages = installed(Path(__file__).parent / "jest")
    (desk.project / "node_modules").symlink_to(packages / "node_modules")
    shutil.copyfile(packages / "package.json", desk.project / "package.json")


def give_pytest(desk: Desk) -> None:
    """As a student's own environment has it."""
    python = desk.project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "text", "give", "message"),
    [
        ("test_shop.py", PYTHON, give_pytest, "assert 40 == 42"),
        ("test_unit.py", UNITTEST, None, "AssertionError: 40 != 42"),
        ("shop.test.js", NODE, None, "40 == 42"),
        ("shop.test.ts", VITEST, give_vitest, "AssertionError: expected 40 to be 42 // Object.is equality"),
        ("price.test.js", JEST, give_jest, "Error: expect(received).toBe(expected) // Object.is equality"),
    ],
)
def test_the_testing_view_lists_tests_runs_them_and_shows_what_failed(
    desk: Desk, name: str, text: str, give: Callable[[Desk], None] | None, message: str
) -> None:
    (desk.project / name).write_text(text)
    if give is not None:
        give(desk)
    page = desk.open_tab()
    open_file(page, name)
    page.get_by_role("tab", name="Testing").click()
    page.get_by_role("treeitem", name=name).first.wait_for()
    run_command(page, "Test: Run All Tests")
    page.get_by_role("treeitem", name=message, exact=True).wait_for(timeout=120_000)
    page.get_by_role("treeitem", name=f"{name} (Failed)").wait_for()
    page.locator(".glyph-margin-widgets .codicon-testing-failed-icon").first.wait_for()
