"""What the tests of all kinds share: where built images are kept, and one browser (Playwright starts once in a process)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright


def images_folder() -> Path:
    """Where built images are kept between runs."""
    cache = os.environ.get("APRANOVA_TEST_CACHE")
    return Path(cache) if cache else Path.home() / ".cache/apranova-test"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield chromium
        chromium.close()
