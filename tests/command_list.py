"""VS Code's lists (F1: commands; Ctrl+P: files), as people use them."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as NeverShown

TRIES, SHOWN_WITHIN_MS = 6, 4_000


def run_command(page: Page, name: str) -> None:
    """`name` as the list shows it: 'View: Close Editor'. Enter would run whatever is first."""
    open_list(page, "F1").fill(f">{name}")
    row = '.quick-input-list .monaco-list-row[aria-label{}="{}{}"]'
    # Its keys, if it has some, follow.
    page.locator(f"{row.format('', name, '')}, {row.format('^', name, ', ')}").first.click()


def open_list(page: Page, key: str) -> Locator:
    """The list's input. A key that comes while a page inside VS Code loads or takes the keyboard is
    lost, and people press it again."""
    box = page.locator(".quick-input-widget input")
    for _ in range(TRIES - 1):
        page.keyboard.press(key)
        with contextlib.suppress(NeverShown):
            box.wait_for(state="visible", timeout=SHOWN_WITHIN_MS)
            return box
    page.keyboard.press(key)
    box.wait_for(state="visible", timeout=SHOWN_WITHIN_MS)
    return box
