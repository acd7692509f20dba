"""Which of the student's programs run now: a stop ends them, and says so before.

A shell runs a command as a process group, so a program is a group: `npm run dev` with all that it
has started. A shell that waits for input is no program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

from agent.processes import Process, job_words_for

PROGRAMS_MAX = 10
_SHELLS = ("bash", "sh", "dash", "zsh", "fish", "tmux", "screen")


def running_programs(
    students: Iterable[Process], *, without: Collection[int] = (), words: Callable[[Process], str] = job_words_for
) -> tuple[str, ...]:
    """'npm run dev', 'python train.py (2)'; the oldest first, at most PROGRAMS_MAX.

    `without`: pids of what ends in order by itself, such as the workspace's databases.
    """
    listed = sorted(students, key=lambda process: (process.started, process.pid))
    ours = set(without)
    while more := {process.pid for process in listed if process.parent in ours} - ours:
        ours |= more
    groups: dict[int, list[Process]] = {}
    for process in listed:
        if process.pid not in ours:
            groups.setdefault(process.group, []).append(process)
    counted = Counter(_named(groups.values(), words))
    told = [name if count == 1 else f"{name} ({count})" for name, count in counted.items()]
    return tuple(told[:PROGRAMS_MAX])


def _named(groups: Iterable[list[Process]], words: Callable[[Process], str]) -> Iterator[str]:
    for group in groups:
        ordered = sorted(group, key=lambda process: process.pid != process.group)  # its leader first
        program = next((process for process in ordered if not _is_shell(process)), None)
        if program is not None:
            yield words(program)
        elif any(process.session != process.group for process in group):  # a script, and no prompt
            yield words(ordered[0])


def _is_shell(process: Process) -> bool:
    return process.name.lstrip("-").split(":")[0] in _SHELLS
