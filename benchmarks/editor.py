"""VS Code in a fresh Chromium profile: from a click to a painted workbench with its file tree."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, expect

from tests import school
from tests.product import Account
from tests.student import Student, VSCode

TIMEOUT_MS = 60_000


@contextmanager
def fresh_profile(browser: Browser) -> Iterator[BrowserContext]:
    """No cache, no cookies, no storage: the worst case for the server of the files."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


def at_dashboard(context: BrowserContext, of: school.School, student: school.Student) -> Student:
    """The dashboard of a student who is signed in."""
    context.add_cookies(student.cookies())
    person = Student(context.new_page(), of.product, Account("", ""))
    person.portal.goto(f"{student.url}/dashboard")
    return person


def click_launch(person: Student) -> tuple[float, VSCode]:
    """Milliseconds from the click on *Launch Workspace*, and the tab."""
    expect(person.portal.get_by_role("button", name=re.compile("Launch Workspace"))).to_be_enabled(timeout=TIMEOUT_MS)
    began = time.perf_counter()
    tab = person.launch()
    return (time.perf_counter() - began) * 1e3, tab


def click_open(person: Student) -> float:
    """Milliseconds from the click on *Open Workspace*, which runs already."""
    expect(person.portal.get_by_role("link", name=re.compile("Open Workspace"))).to_be_visible(timeout=TIMEOUT_MS)
    began = time.perf_counter()
    person.open()
    return (time.perf_counter() - began) * 1e3


def click_link(context: BrowserContext, url: str) -> float:
    """The same for a bare address: a page with a link to it that opens a tab."""
    page = context.new_page()
    page.set_content(f'<a href="{url}" target="_blank">open</a>')
    link = page.get_by_role("link")
    link.wait_for()
    began = time.perf_counter()
    with context.expect_page() as opened:
        link.click()
    VSCode(opened.value)
    return (time.perf_counter() - began) * 1e3
