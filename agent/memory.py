"""How much memory a task's programs hold, and which of them has just been ended for it.

The kernel (or the engine's watch) ends a program without a word, and nobody inside is told. So the
agent remembers who was there a moment ago: when the engine says that a program was ended, the
largest one that is missing is it. In a container of its own (Fargate) no engine is there to say it;
the container's own cgroup counts them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.processes import Process, list_processes, printable, words_for

SAMPLE_INTERVAL_S = 2.0
_IN_MEMORY = ("/tmp", "/dev/shm")  # noqa: S108  files there are memory
_KIBIBYTE = 1024
_OWN_CGROUP = (Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control"))
"""As a container sees it, of version 2 and of version 1."""
_TITLES_OF_RUNNERS = ("npm ", "npx ", "pnpm ", "yarn ")


@dataclass(frozen=True)
class Held:
    process: Process
    used_bytes: int
    name: str
    """As a person calls it: 'npm run dev'."""


@dataclass
class MemoryUse:
    limit_bytes: int = 0
    """0: not known."""
    used_bytes: int = 0
    processes: Callable[[], list[Process]] = field(default=list_processes)
    _seen: dict[int, Held] = field(default_factory=dict)
    _seen_before: dict[int, Held] = field(default_factory=dict)
    """At the sample before: the engine's word may come after the first that misses a program."""
    cgroup_files: tuple[Path, ...] = _OWN_CGROUP
    _ended: int | None = None

    def sample(self) -> None:
        self._seen_before, self._seen = self._seen, {held.process.pid: held for held in self._look()}
        self.used_bytes = sum(held.used_bytes for held in self._seen.values()) + files_in_memory()

    def missing(self) -> Held | None:
        """The largest program that was there at one of the last two samples and is not now."""
        before = self._seen_before | self._seen
        self.sample()
        self._seen_before = {}  # what is told is told once
        gone = [held for pid, held in before.items() if not self._is_there(pid, held.process.started)]
        return max(gone, key=lambda held: held.used_bytes, default=None)

    def another_was_ended(self) -> bool:
        """Since the last call, by the container's own cgroup. False where it cannot be read."""
        before, self._ended = self._ended, ended_by_the_kernel(self.cgroup_files)
        return before is not None and self._ended is not None and self._ended > before

    def _is_there(self, pid: int, started: float) -> bool:
        now = self._seen.get(pid)
        return now is not None and now.process.started == started

    def _look(self) -> list[Held]:
        processes = self.processes()
        by_pid = {process.pid: process for process in processes}
        found = []
        for process in processes:
            used = held_by(process.pid)
            if used:
                found.append(Held(process, used, _called(process, by_pid)))
        return found


def ended_by_the_kernel(files: tuple[Path, ...]) -> int | None:
    """How many programs, because the cgroup's memory, or that of one above it, was full."""
    for file in files:
        try:
            lines = file.read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        except (OSError, StopIteration, ValueError):
            continue
    return None


def held_by(pid: int) -> int:
    """Private memory and what it shares by mapping; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return 0
    wanted = ("RssAnon:", "VmSwap:")
    values = (line.split() for line in text.splitlines() if line.startswith(wanted))
    return sum(int(words[1]) * _KIBIBYTE for words in values)


def files_in_memory() -> int:
    used = 0
    for place in _IN_MEMORY:
        try:
            state = os.statvfs(place)
            own = os.stat(place).st_dev != os.stat("/").st_dev  # noqa: PTH116 — no Path needed
        except OSError:
            continue
        used += (state.f_blocks - state.f_bfree) * state.f_frsize if own and _is_tmpfs(place) else 0
    return used


def _is_tmpfs(place: str) -> bool:
    """A container's /tmp may be a disk."""
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return False
    return any(line.split()[1:3] == [place, "tmpfs"] for line in mounts)


def _called(process: Process, by_pid: dict[int, Process]) -> str:
    """What the person started: `next dev` that `npm run dev` runs is 'npm run dev'."""
    name, parent = words_for(process), by_pid.get(process.parent)
    while parent is not None and parent.pid not in (1, os.getpid()):
        title = _title(parent.pid)
        if title.startswith(_TITLES_OF_RUNNERS):
            return printable(title)[:60]
        parent = by_pid.get(parent.parent)
    return name


def _title(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
    except OSError:
        return ""
    return words[0] if len(words) == 1 else ""


def size_words(size: int) -> str:
    """'1.5 GB', '768 MB': as sizes of workspaces are called."""
    gibibytes = size / 2**30
    return f"{gibibytes:.1f} GB".replace(".0 GB", " GB") if gibibytes >= 1 else f"{size / 2**20:.0f} MB"


def ended_words(held: Held | None, limit_bytes: int) -> str:
    name = held.name if held is not None else "A program"
    full = f"the {size_words(limit_bytes)} of this workspace are full" if limit_bytes else "the memory is full"
    return (
        f"{name} was ended: {full}. Stop other programs, or close VS Code's tabs and terminals that you do not "
        "need, then start it again. If it happens again, ask your instructor for a larger workspace"
    )


def write_to_terminal(terminal: int, text: str) -> None:
    """Below what the program wrote last. `terminal`: as Process.terminal."""
    major, minor = os.major(terminal), os.minor(terminal)
    if not 136 <= major <= 143:  # the kernel's majors for /dev/pts
        return
    try:
        descriptor = os.open(f"/dev/pts/{(major - 136) * 256 + minor}", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        os.write(descriptor, f"\r\n{text}.\r\n".encode())
    except OSError:
        pass  # nobody reads it
    finally:
        os.close(descriptor)
