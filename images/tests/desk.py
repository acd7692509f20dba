"""A student's workspace around a real image: a home and a running task, without a sandbox."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from agent.tests.task_process import TaskProcess
from images.building import Kind, build
from images.conftest import images_folder


def built(kind: Kind) -> dict[str, Any]:
    """The image.json of this very source, built when it is not there yet."""
    return json.loads((build(kind, images_folder()) / "image.json").read_text())


def on_host(image: dict[str, Any], word: str) -> str:
    """Where a path of the image really is: nothing is mounted here."""
    for inside, outside in image["mounts"].items():
        if word == inside or word.startswith(f"{inside}/"):
            return outside + word[len(inside) :]
    return word


@contextmanager
def short_folder() -> Iterator[Path]:
    """The path of a socket below it has 107 bytes at most."""
    folder = Path(tempfile.mkdtemp(prefix="ws-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Desk:
    task: TaskProcess
    before: tuple[str, ...] = ()
    """Words before the task's command."""

    def __init__(self, image: dict[str, Any], folder: Path) -> None:
        self.image = image
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()

    def start_task(self, **config: Any) -> TaskProcess:
        """Another task of the same home."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        own = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "TMPDIR": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        variables = {name: on_host(self.image, value) for name, value in self.image["environment"].items()}
        command = [*self.before, *(on_host(self.image, word) for word in self.image["command"])]
        self.task = TaskProcess(command, folder, environment={**own, **variables}, **config)
        return self.task

    def kill(self) -> None:
        """Like a power cut for this task."""
        agent = psutil.Process(self.task.process.pid)
        for process in (*agent.children(recursive=True), agent):
            with contextlib.suppress(psutil.NoSuchProcess):  # its sandbox ends with its first process
                process.kill()
        self.task.process.wait(10)

    def close(self) -> None:
        self.task.end()
