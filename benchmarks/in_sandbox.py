"""Runs a command in a running workspace's sandbox, as a terminal of its VS Code would.

    python -m benchmarks.in_sandbox <pid> <folder> <command> ...

<pid>: of VS Code's server, whose environment the command gets. It joins the sandbox's cgroup and
namespaces by the steps of `agent.sandbox_entry`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agent.sandbox_entry import enter, give_up_privileges

_NOT_IN_TERMINALS = ("MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "APRANOVA_EXTENSION_SOCKET")
"""images/vscode/defaults.json takes them away."""


def main() -> int:
    pid, folder, *command = sys.argv[1:]
    process = Path("/proc") / pid
    pairs = (line.partition("=") for line in (process / "environ").read_text().split("\0") if "=" in line)
    environment = {name: value for name, _, value in pairs if name not in _NOT_IN_TERMINALS}
    enter(int(pid), (process / "ns/mnt").stat().st_ino, _cgroups(process))
    child = os.fork()  # only a child is in the sandbox's PID namespace
    if child == 0:
        os.setsid()
        student = os.stat(environment["HOME"])  # noqa: PTH116  the ids as they are in there
        os.setresgid(*[student.st_gid] * 3)
        os.setresuid(*[student.st_uid] * 3)
        give_up_privileges(b"", 0)
        os.chdir(folder)
        os.execve(command[0], command, environment)  # noqa: S606  there is none between
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _cgroups(process: Path) -> list[str]:
    """The task's own, in each hierarchy where it has one."""
    lines = (line.split(":", 2) for line in (process / "cgroup").read_text().splitlines())
    found = (Path("/sys/fs/cgroup") / controllers / path.strip("/") / "cgroup.procs" for _, controllers, path in lines)
    return [str(file) for file in found if file.parent.name.startswith("task-") and os.access(file, os.W_OK)]


if __name__ == "__main__":
    sys.exit(main())
