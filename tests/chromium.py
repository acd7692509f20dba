"""The one way in which tests and benchmarks start Debian's Chromium."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

_FEATURES_OFF = (
    # The pages behind the browser's address bar: 0.6 s of a core for each new window.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # The switch replaces Playwright's own list, of which these matter here.
    "AimEnabled",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PreconnectToSearch",
)
_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_FEATURES_OFF)}",
]

# What a test expects of a screen, unless it says how soon: a busy machine is no fault of ours.
expect.set_options(timeout=20_000)


@contextmanager
def running_chromium(*more: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**_debian(*more))
        yield browser
        browser.close()


def another_chromium(browser: Browser, *more: str) -> Browser:
    """Beside one that runs, for another person: one browser opens its WebSockets to one address one
    after the other, however many tabs want them. The caller closes it."""
    return browser.browser_type.launch(**_debian(*more))


@contextmanager
def running_profile() -> Iterator[BrowserContext]:
    """Chromium with a profile on the disk, as people use it. A context of `running_chromium` is
    incognito, so V8 never keeps compiled code there."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        context = playwright.chromium.launch_persistent_context(
            folder, viewport={"width": 1280, "height": 800}, **_debian()
        )
        yield context
        context.close()


def _debian(*more: str) -> dict[str, Any]:
    sandbox = [] if os.getuid() else ["--no-sandbox"]  # Chromium refuses its own sandbox to root
    return {"executable_path": shutil.which("chromium"), "args": [*_ARGUMENTS, *more, *sandbox]}
