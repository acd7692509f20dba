from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from images.tests import desk as desks
from images.vscode.build import KIND
from images.vscode.tests.gateway import Gateway


@pytest.fixture(scope="session")
def image() -> dict[str, Any]:
    return desks.built(KIND)


class Desk(desks.Desk):
    """One student's workspace, with the address under which browsers see it."""

    def __init__(self, image: dict[str, Any], folder: Path, browser: Browser) -> None:
        super().__init__(image, folder)
        self._browser = browser
        self.project = self.home / "project"
        self._start()
        self.gateway = Gateway(self.task.socket_path, image["static"])

    def _start(self) -> None:
        self.start_task().wait_for("ready")
        status, answer = self.task.claim()
        assert status == 200, answer

    def restart(self) -> None:
        """As a stop and a resume: another task, the same home and the same address."""
        assert self.task.end() == 0
        self._start()
        self.gateway.lead_to(self.task.socket_path)

    def new_context(self, **options: Any) -> BrowserContext:
        return self._browser.new_context(viewport={"width": 1200, "height": 800}, **options)

    def open_tab(self) -> Page:
        """A browser that has never been here."""
        page = self.new_context().new_page()
        page.set_default_timeout(60_000)
        page.goto(self.gateway.url)
        page.wait_for_selector(".explorer-folders-view .monaco-list-row")
        return page

    def close(self) -> None:
        super().close()
        self.gateway.close()


@pytest.fixture
def desk(image: dict[str, Any], browser: Browser) -> Iterator[Desk]:
    with desks.short_folder() as folder:
        desk = Desk(image, folder, browser)
        yield desk
        desk.close()
        for context in browser.contexts:
            context.close()
