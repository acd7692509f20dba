"""Which of a student's programs a stop would end, by the words that the student knows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.processes import Process, job_words_for, list_processes
from agent.programs import PROGRAMS_MAX, running_programs

TERMINAL = os.makedev(136, 0)


def process(pid: int, name: str, *, parent: int = 1, group: int = 0, session: int = 10, at: float = 0.0) -> Process:
    return Process(pid, name, parent, group or pid, session, TERMINAL, 0.0, started=at or float(pid))


PROMPT = process(10, "bash")


def named(*students: Process, without: tuple[int, ...] = ()) -> tuple[str, ...]:
    return running_programs(students, without=without, words=lambda it: it.name)


def test_a_prompt_that_waits_is_no_program() -> None:
    assert named(PROMPT, process(11, "zsh", session=11)) == ()


def test_what_a_program_has_started_belongs_to_it() -> None:
    """`npm run dev` is a shell, Vite and esbuild besides npm itself, all of one group."""
    npm = process(20, "npm run dev", parent=10)
    inner = (process(21, "sh", parent=20, group=20), process(22, "node", parent=21, group=20))
    assert named(PROMPT, *inner, npm) == ("npm run dev",)


def test_a_task_of_the_editor_is_named_by_what_its_shell_runs() -> None:
    shell = process(30, "bash", session=30)
    assert named(shell, process(31, "make", parent=30, group=30, session=30)) == ("make",)


def test_a_script_of_the_shell_is_a_program() -> None:
    assert named(PROMPT, process(40, "bash", parent=10)) == ("bash",)


def test_programs_of_one_name_are_counted_the_oldest_first_and_only_a_few_told() -> None:
    python = [process(pid, "python", at=pid) for pid in (51, 52)]
    assert named(*python, process(50, "make", at=50)) == ("make", "python (2)")
    assert len(named(*(process(pid, f"program{pid}") for pid in range(100, 150)))) == PROGRAMS_MAX


def test_databases_end_in_order_and_are_not_told() -> None:
    postgres, worker = process(60, "postgres", session=60), process(61, "postgres", parent=60, session=61)
    assert named(PROMPT, postgres, worker, process(70, "psql", parent=10), without=(60,)) == ("psql",)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{python}", "train.py", "--key=secret"], "train.py"),
        (["{python}", "/home/me/train.py"], "train.py"),
        (["sleep", "60"], "sleep 60"),
        (["sleep", "--", "60"], "sleep"),
        (["sleep", "60", "61"], "sleep 60"),
        (["tail", "-f", "/dev/null"], "tail"),
    ],
)
def test_a_program_is_named_without_what_may_be_a_secret(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "train.py").write_text("import time; print(flush=True); time.sleep(60)")
    command = [sys.executable if it == "{python}" else it.replace("/home/me", str(tmp_path)) for it in arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as started:
        try:
            if started.stdout is not None and command[0] == sys.executable:
                started.stdout.readline()
            [found] = [it for it in list_processes() if it.pid == started.pid]
            assert job_words_for(found).removeprefix(Path(sys.executable).name).strip() == words
            assert "secret" not in job_words_for(found)
        finally:
            started.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["tool", "run", "dev", "TOKEN"], "tool run dev"), (["tool", "login", "TOKEN"], "tool login")],
)
def test_a_second_word_is_told_only_after_run(tmp_path: Path, arguments: list[str], words: str) -> None:
    """The story: `vault login TOKEN` told the token to admins, too."""
    (tmp_path / arguments[1]).write_text("import time; print(flush=True); time.sleep(60)")
    with subprocess.Popen(arguments, executable=sys.executable, cwd=tmp_path, stdout=subprocess.PIPE) as started:
        try:
            assert started.stdout is not None
            started.stdout.readline()
            [found] = [it for it in list_processes() if it.pid == started.pid]
            assert job_words_for(found) == words
        finally:
            started.kill()
