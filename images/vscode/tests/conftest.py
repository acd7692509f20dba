from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from agent.tests.task_process import TaskProcess
from images.conftest import images_folder
from images.vscode.build import build
from images.vscode.tests.gateway import Gateway


@pytest.fixture(scope="session")
def image() -> dict[str, Any]:
    """The image of this very source, built when it is not there yet."""
    return json.loads((build(images_folder()) / "image.json").read_text())


def start_task(image: dict[str, Any], folder: Path, home: Path) -> TaskProcess:
    """A task that is warm. There is no sandbox here: the image's paths are named where they really are."""

    def on_host(word: str) -> str:
        for inside, outside in image["mounts"].items():
            if word == inside or word.startswith(f"{inside}/"):
                return outside + word[len(inside) :]
        return word

    environment = {name: on_host(value) for name, value in image["environment"].items()}
    task = TaskProcess(
        [on_host(word) for word in image["command"]],
        folder,
        environment={"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(folder), **environment},
    )
    task.wait_for("ready")
    return task


class Desk:
    """One student's workspace: a home, a running task, the address under which browsers see it."""

    def __init__(self, image: dict[str, Any], folder: Path, browser: Browser) -> None:
        self._image = image
        self._folder = folder
        self._browser = browser
        self.home = folder / "home"
        self.project = self.home / "project"
        self.home.mkdir()
        self.task = self._start()
        self.gateway = Gateway(self.task.socket_path, image["static"])

    def _start(self) -> TaskProcess:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        task = start_task(self._image, folder, self.home)
        status, answer = task.claim()
        assert status == 200, answer
        return task

    def restart(self, *, kill: bool = False) -> None:
        """As a stop and a resume: another task, the same home and the same address."""
        if kill:
            self.end_at_once()
        else:
            assert self.task.end() == 0
        self.task = self._start()
        self.gateway.lead_to(self.task.socket_path)

    def end_at_once(self) -> None:
        """Like a power cut for this task."""
        import psutil

        processes = [
            psutil.Process(self.task.process.pid),
            *psutil.Process(self.task.process.pid).children(recursive=True),
        ]
        for process in processes:
            process.kill()
        self.task.process.wait(10)

    def open_tab(self) -> Page:
        """A browser that has never been here."""
        page = self._browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        page.goto(self.gateway.url)
        page.wait_for_selector(".explorer-folders-view .monaco-list-row")
        return page

    def close(self) -> None:
        self.task.end()
        self.gateway.close()


@pytest.fixture
def new_desk(image: dict[str, Any], browser: Browser) -> Iterator[Callable[[], Desk]]:
    desks: list[Desk] = []
    folders: list[str] = []

    def make() -> Desk:
        folders.append(tempfile.mkdtemp(prefix="vs-", dir="/tmp"))
        desks.append(Desk(image, Path(folders[-1]), browser))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()
    for context in browser.contexts:
        context.close()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(new_desk: Callable[[], Desk]) -> Desk:
    return new_desk()
