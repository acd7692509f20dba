"""The one way in which tests and benchmarks start Debian's Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_FEATURES_OFF = (
    # The pages behind the browser's own address bar: 400 scripts and 0.6 s of a core for each new window.
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


@contextmanager
def running_chromium() -> Iterator[Browser]:
    sandbox = [] if os.getuid() else ["--no-sandbox"]  # Chromium refuses its own sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*_ARGUMENTS, *sandbox])
        yield browser
        browser.close()
