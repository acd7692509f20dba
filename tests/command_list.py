"""VS Code's list of commands (F1), as people use it."""

from __future__ import annotations

from playwright.sync_api import Page


def run_command(page: Page, name: str) -> None:
    """`name` as the list shows it: 'View: Close Editor'. Enter would run whatever is first."""
    page.keyboard.press("F1")
    box = page.locator(".quick-input-widget input")
    box.wait_for(state="visible")
    box.fill(f">{name}")
    row = '.quick-input-list .monaco-list-row[aria-label{}="{}{}"]'
    # Its keys, if it has some, follow.
    page.locator(f"{row.format('', name, '')}, {row.format('^', name, ', ')}").first.click()
