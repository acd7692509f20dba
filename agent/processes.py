"""Starting children, reaping the dead, and reading /proc."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_CLOCK_TICKS_S = os.sysconf("SC_CLK_TCK")
_INTERPRETERS = ("python", "node", "bash", "sh", "dash", "ruby", "perl")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")


@dataclass(frozen=True)
class Command:
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it: nothing of the agent's own environment is inherited."""


@dataclass(frozen=True)
class Process:
    """One line of /proc/<pid>/stat, as far as we need it."""

    pid: int
    name: str
    parent: int
    group: int
    session: int
    terminal: int
    """Number of the controlling terminal's device; 0: none."""
    cpu_s: float
    """Its own time and that of the children it has waited for."""
    started: float = 0.0
    """When it started, in clock ticks since the boot: tells it from another with the same pid."""


class Children:
    """Starts processes and collects every dead child, also orphans (we may be process 1)."""

    def __init__(self) -> None:
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._for_students: set[int] = set()

    def watch(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(self, command: Command, *, output: int | None = None, for_student: bool = False) -> int:
        """Start a process in its own session, without input.

        Its output goes to the descriptor `output`, or where ours goes. What it does `for_student`
        counts as the student's work.
        """
        targets = () if output is None else (1, 2)
        with Path(os.devnull).open("rb") as nothing:
            pid = os.posix_spawn(
                command.arguments[0],
                command.arguments,
                command.environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                    *((os.POSIX_SPAWN_DUP2, output, target) for target in targets),
                ],
                setsid=True,
                setsigdef=[signal.SIGPIPE],
            )
        self._ends[pid] = asyncio.get_running_loop().create_future()
        if for_student:
            self._for_students.add(pid)
        return pid

    def started(self) -> Collection[int]:
        """The pids of what `start` started for the application, its process above all."""
        return self._ends.keys() - self._for_students

    def for_students(self) -> Collection[int]:
        """The pids of what `start` started for the student."""
        return frozenset(self._for_students)

    async def end_of(self, pid: int) -> int:
        """Wait for a process that `start` started; its exit code, negative for a signal."""
        return await asyncio.shield(self._ends[pid])

    def forget(self, pid: int) -> None:
        """Its end is known: another process may get this pid."""
        self._ends.pop(pid, None)
        self._for_students.discard(pid)

    async def run(self, command: Command) -> int:
        """Start a short process and wait for it."""
        pid = self.start(command)
        try:
            return await self.end_of(pid)
        finally:
            self.forget(pid)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            end = self._ends.get(pid)
            if end is not None and not end.done():
                end.set_result(os.waitstatus_to_exitcode(status))


def list_processes() -> list[Process]:
    """Every process of this task: all in a PID namespace of our own, else our descendants."""
    everything = list(_read_all())
    if is_alone():
        return everything
    return list(_below(os.getpid(), everything))


def is_alone() -> bool:
    """Whether this PID namespace is the task's own: process 1 is us or the sandbox's init."""
    return 1 in (os.getpid(), os.getppid()) and os.getpid() < 10  # the first processes of a namespace


def end_everything_else(signal_number: int) -> None:
    """Signal every process of this task but ourselves (and the sandbox's own init)."""
    for process in list_processes():
        if process.pid not in (1, os.getpid()):
            try:
                os.kill(process.pid, signal_number)
            except ProcessLookupError:
                continue


def words_for(process: Process) -> str:
    """What a person calls this process: 'npm', 'python train.py'. Fit for a terminal and a log."""
    return printable(_words(process))[:60]


def printable(text: str) -> str:
    """A program calls itself what it likes, also what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def job_words_for(process: Process) -> str:
    """The same with what it was told to do: 'npm run dev', 'python train.py', 'git clone'. Others
    than the student may read it, so what may be a secret is left out: options, addresses,
    assignments, and a second word ('vault login TOKEN') but after *run*."""
    arguments = _arguments(process)
    name = _words(process)
    if " " in name or not arguments:
        return printable(name)[:60]
    told = itertools.takewhile(_PLAIN.fullmatch, arguments[1 : 3 if arguments[1:2] == ["run"] else 2])
    return printable(" ".join([name, *told]))[:60]


def _words(process: Process) -> str:
    words = _arguments(process)
    # PostgreSQL's titles begin with "postgres: ".
    program = (words[0] if words else "").rpartition("/")[2].rstrip(":") or process.name
    script = next((word for word in words[1:] if word and not word.startswith("-")), "")
    if program.rstrip("0123456789.") in _INTERPRETERS and script:
        return f"{program} {script.rpartition('/')[2]}"
    return program


def _arguments(process: Process) -> list[str]:
    """Empty when it has ended."""
    try:
        written = Path(f"/proc/{process.pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
    except OSError:
        return []
    # npm and others write a title over their arguments: one string with spaces.
    return written[0].split(" ") if len(written) == 1 else written


def _read_all() -> Iterator[Process]:
    for entry in os.listdir("/proc"):  # noqa: PTH208 — a Path for each process is waste
        if entry.isdecimal():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:  # noqa: PTH123 — the same
                    yield parse_stat(file.read())
            except (OSError, ValueError, IndexError):
                continue  # it ended meanwhile


def parse_stat(line: bytes) -> Process:
    """Parse /proc/<pid>/stat; the name in brackets may itself hold spaces and brackets."""
    start, end = line.index(b"("), line.rindex(b")")
    fields = line[end + 2 :].split()
    return Process(
        pid=int(line[:start]),
        name=line[start + 1 : end].decode(errors="replace"),
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        terminal=int(fields[4]),
        cpu_s=sum(int(ticks) for ticks in fields[11:15]) / _CLOCK_TICKS_S,
        started=float(fields[19]),
    )


def _below(root: int, everything: list[Process]) -> Iterator[Process]:
    children: dict[int, list[Process]] = {}
    for process in everything:
        children.setdefault(process.parent, []).append(process)
    waiting = [process for process in everything if process.pid == root]
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children.get(process.pid, [])
