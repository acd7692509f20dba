from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.tests.task_process import TaskProcess

ROOT = Path(__file__).parents[2]


@contextmanager
def running_tasks() -> Iterator[Callable[..., TaskProcess]]:
    """Starts tasks around the fake application; ends them all."""
    tasks: list[TaskProcess] = []
    folders: list[str] = []

    def start(
        behavior: str = "", *, job: tuple[str, ...] = (), prefix: tuple[str, ...] = (), **config: Any
    ) -> TaskProcess:
        folders.append(tempfile.mkdtemp(prefix="ag-", dir="/tmp"))
        folder = Path(folders[-1])
        command = [*prefix, sys.executable, "-m", "agent.tests.fake_task", str(folder), behavior, *job]
        environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        tasks.append(TaskProcess(command, folder, environment=environment, **config))
        return tasks[-1]

    try:
        yield start
    finally:
        for task in tasks:
            task.end()
        for path in folders:
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start_task() -> Iterator[Callable[..., TaskProcess]]:
    with running_tasks() as start:
        yield start


@pytest.fixture
def ready(start_task: Callable[..., TaskProcess]) -> TaskProcess:
    task = start_task()
    task.wait_for("ready")
    return task


@pytest.fixture
def claimed(ready: TaskProcess) -> TaskProcess:
    status, answer = ready.claim()
    assert (status, answer["phase"]) == (200, "claimed")
    return ready
