"""What all kinds' tests share: the built images, and one browser (Playwright starts only once)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.chromium import running_chromium


def images_folder() -> Path:
    """Where built images are kept between runs."""
    cache = os.environ.get("APRANOVA_TEST_CACHE")
    return Path(cache) if cache else Path.home() / ".cache/apranova-test"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_chromium() as chromium:
        yield chromium
