"""The project's own ESLint and Prettier in VS Code, in a real Chromium, with the real packages."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NeverShown

from images.vscode.tests.conftest import Desk
from images.vscode.tests.test_vscode_in_browser import open_file
from tests.command_list import run_command
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PORTAL = Path(__file__).parents[3] / "portal/node_modules"
SETTINGS = {
    "editor.defaultFormatter": "apranova.project-tools",
    "editor.codeActionsOnSave": {"source.fixAll.eslint": "explicit"},
}


def make_project(desk: Desk, **files: str) -> None:
    """ESLint and Prettier as the portal's own `npm ci` has installed them."""
    (desk.project / "node_modules").mkdir()
    for name in ("eslint", "prettier"):
        assert (PORTAL / name).is_dir(), "run npm ci in portal/ first"
        (desk.project / "node_modules" / name).symlink_to(PORTAL / name)
    (desk.project / ".vscode").mkdir()
    (desk.project / ".vscode/settings.json").write_text(json.dumps(SETTINGS))
    (desk.project / "package.json").write_text('{"private": true}')
    (desk.project / "eslint.config.mjs").write_text(
        'export default [{ rules: { "prefer-const": "error", "no-unused-vars": "warn" } }];\n'
    )
    (desk.project / ".prettierrc").write_text('{"semi": false}')
    for name, text in files.items():
        (desk.project / f"{name}.js").write_text(text)


def test_eslint_s_problems_are_shown_and_fixed_and_prettier_formats(desk: Desk) -> None:
    """The story: the project has ESLint and Prettier, and VS Code showed nothing of them."""
    make_project(desk, shop="let price=40\nprint( price );\nlet unused;\n")
    shop = desk.project / "shop.js"
    page = desk.open_tab()
    open_file(page, "shop.js")
    page.locator(".squiggly-error").first.wait_for()
    page.locator(".squiggly-warning").first.wait_for()
    choose_fix(page, "Fix this problem (prefer-const)")
    until(lambda: shop.read_text().startswith("const price=40\n"), shop.read_text)
    run_command(page, "Format Document")
    until(lambda: shop.read_text() == "const price = 40\nprint(price)\nlet unused\n", shop.read_text)


def choose_fix(page: Page, title: str) -> None:
    run_command(page, "Go to Next Problem in Files (Error, Warning, Info)")
    problem = page.locator(".marker-widget", has_text="never reassigned")
    problem.wait_for()
    page.keyboard.press("Escape")
    problem.wait_for(state="hidden")
    entry = page.locator(".action-widget").get_by_text(title)

    def offered() -> bool:
        """ESLint may still be asked: then VS Code says for a moment that there is nothing to do."""
        page.keyboard.press("Control+.")
        with contextlib.suppress(NeverShown):
            entry.wait_for(timeout=3_000)
            return True
        page.keyboard.press("Escape")
        return False

    until(offered, f"{title} was not offered", within_s=60)
    entry.click()


def test_saving_fixes_what_eslint_can_fix_where_the_project_says_so(desk: Desk) -> None:
    make_project(desk, shop="let price = 40\nprint(price)\n")
    shop = desk.project / "shop.js"
    page = desk.open_tab()
    open_file(page, "shop.js")
    page.locator(".squiggly-error").first.wait_for()

    def saved_and_fixed() -> bool:
        page.keyboard.press("Control+S")  # VS Code waits 1.75 s for a fix, which a busy machine needs alone
        return shop.read_text() == "const price = 40\nprint(price)\n"

    until(saved_and_fixed, shop.read_text, every_s=2)
    page.locator(".squiggly-error").first.wait_for(state="hidden")
    (desk.project / "eslint.config.mjs").write_text('export default [{ rules: { "no-undef": "error" } }];\n')
    page.locator(".squiggly-error").first.wait_for()  # `print` is nobody's
