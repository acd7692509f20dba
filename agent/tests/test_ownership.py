"""Whose a process is, with real shells, terminals and orphans; and whose the agent's memory is."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.tests.task_process import TaskProcess
from tests.waiting import until

Start = Callable[..., TaskProcess]
JOBS = {
    "in the foreground": "python3 busy.py",
    "nohup, then the terminal is closed": "nohup python3 busy.py >/dev/null 2>&1 & sleep 1; exit",
    "a session of its own": "setsid python3 busy.py & sleep 1; exit",
    "a daemon": "(setsid sh -c 'python3 busy.py & exit' &); sleep 1; exit",
    "without an environment": "env -i PATH=$PATH setsid python3 busy.py & sleep 1; exit",
}

WITHOUT_PTRACE = ("setpriv", "--bounding-set=-sys_ptrace,-perfmon,-sys_admin") if os.geteuid() == 0 else ()
"""Root may read everything otherwise."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "busy.py").write_text("import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass\n")
    return tmp_path


def start(start_task: Start, whose: str, folder: Path, job: str) -> TaskProcess:
    task = start_task(job=(whose, str(folder), job))
    task.wait_for("ready")
    assert task.claim()[0] == 200
    return task


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS.keys())
def test_a_job_without_a_terminal_counts_as_work(start_task: Start, folder: Path, job: str) -> None:
    task = start(start_task, "student", folder, job)
    until(lambda: task.status()["busy"], task.status, within_s=30)


@pytest.mark.parametrize("job", ["python3 busy.py", "python3 busy.py & sleep 2; exit"], ids=["child", "orphan"])
def test_what_the_application_starts_itself_is_nobodys_job(start_task: Start, folder: Path, job: str) -> None:
    task = start(start_task, "application", folder, job)
    for _ in range(14):
        time.sleep(0.5)
        assert task.status()["busy"] == ""


def test_the_agents_memory_cannot_be_read_by_another_process_of_its_uid(start_task: Start) -> None:
    """Its application's can: both are read by a process with the same uid and capabilities."""
    task = start_task(prefix=WITHOUT_PTRACE)
    task.wait_for("ready")
    children = Path(f"/proc/{task.process.pid}/task/{task.process.pid}/children").read_text().split()
    for pid, readable in ((task.process.pid, False), (int(children[0]), True)):
        command = [*WITHOUT_PTRACE, "head", "-c", "1", f"/proc/{pid}/environ"]
        assert (subprocess.run(command, capture_output=True, check=False).returncode == 0) is readable
