"""Runs the shim in a cgroup of its own if systemd can give an ordinary user one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_MARK = "APRANOVA_SHIM_IN_SCOPE"


def move_into_own_scope() -> None:
    """Replace this process by itself inside a delegated scope of the user's systemd, if there is
    one.

    `systemd-run --scope` registers its own pid and executes the command in the same process. So the
    supervisor still has the right pid, and the parent-death signal stays.
    """
    # The supervisor passes a small environment; this is where systemd puts the directory.
    runtime_directory = os.environ.setdefault("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
    if (
        os.geteuid() == 0
        or _MARK in os.environ
        or not Path("/sys/fs/cgroup/cgroup.controllers").exists()
        or not Path(runtime_directory, "systemd/private").exists()
        or (systemd_run := shutil.which("systemd-run")) is None
    ):
        return
    command = [
        *(systemd_run, "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes"),
        *("--description=ApraNova sandboxes", "--"),
        *(sys.executable, "-m", "manager.entrypoints.sandbox_shim", *sys.argv[1:]),
    ]
    # A refusal must not keep the shim from starting, so a scope that does nothing is tried first.
    if os.spawnv(os.P_WAIT, systemd_run, [*command[: command.index("--") + 1], "true"]) == 0:  # noqa: S606  no shell
        os.execve(systemd_run, command, {**os.environ, _MARK: "1"})  # noqa: S606  the same
