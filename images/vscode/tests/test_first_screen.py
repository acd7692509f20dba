"""What a student sees first: the workbench's colors, then the README, rendered."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Error, Page

from images.vscode.tests.conftest import Desk
from images.vscode.tests.test_vscode_in_browser import open_file, stored_tabs, tabs
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

BACKGROUND = "getComputedStyle(document.documentElement).background"
EDITOR = "getComputedStyle(document.querySelector('.part.editor')).backgroundColor"


def rendered(page: Page) -> str:
    """The text of all rendered pages, which VS Code shows in frames."""
    text = ""
    for frame in page.frames[1:]:
        try:
            text += frame.locator("body").inner_text(timeout=1_000)
        except Error:
            continue  # it is being replaced
    return text


def test_the_readme_is_the_first_screen_until_there_is_work(desk: Desk) -> None:
    page = desk.open_tab()
    until(lambda: "a computer of your own, in the browser" in rendered(page), lambda: page.frames)
    assert tabs(page) == ["README.md"]
    until(lambda: "README.md" in stored_tabs(desk))
    page.context.close()

    again = desk.open_tab()
    until(lambda: "a computer of your own, in the browser" in rendered(again), "it did not come back rendered")
    (desk.project / "notes.txt").write_text("")
    open_file(again, "notes.txt")
    until(lambda: "notes.txt" in stored_tabs(desk))
    again.context.close()

    fresh = desk.open_tab()
    until(lambda: set(tabs(fresh)) == {"README.md", "notes.txt"})
    assert fresh.locator(".tab.active").get_attribute("data-resource-name") == "notes.txt"


def test_the_page_has_the_workbench_s_colors_before_vs_code_paints_and_remembers_a_theme(desk: Desk) -> None:
    _unstarted_page(desk, "light", "rgb(255, 255, 255)").context.close()
    page = _unstarted_page(desk, "dark", "rgb(18, 19, 20)")
    page.unroute("**/workbench.js")
    page.goto(desk.gateway.url)
    page.wait_for_selector(".explorer-folders-view .monaco-list-row")
    until(lambda: page.evaluate(EDITOR) == "rgb(18, 19, 20)", "VS Code has other colors: adapt page/colors.js")

    settings = desk.home / ".local/share/code-server/User/settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"workbench.colorCustomizations": {"editor.background": "#123456"}}')
    page.goto(desk.gateway.url)
    page.wait_for_selector(".part.editor")
    until(lambda: "#123456" in page.evaluate("localStorage.getItem('monaco-parts-splash')"), ignoring=TypeError)
    page.goto("about:blank")
    page.route("**/workbench.js", lambda route: route.abort())
    page.goto(desk.gateway.url)
    assert "rgb(18, 52, 86)" in page.evaluate(BACKGROUND)


def _unstarted_page(desk: Desk, scheme: Literal["dark", "light"], editor: str) -> Page:
    page = desk.new_context(color_scheme=scheme).new_page()
    page.set_default_timeout(60_000)
    page.route("**/workbench.js", lambda route: route.abort())
    page.goto(desk.gateway.url)
    assert editor in page.evaluate(BACKGROUND)
    painted = page.evaluate("performance.getEntriesByType('paint').length")
    assert painted, f"nothing was painted without VS Code's own scripts ({scheme})"
    return page
