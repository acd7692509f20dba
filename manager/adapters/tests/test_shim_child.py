"""The engine's view of a program that the shim started."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
from typing import cast

import pytest

from manager.adapters.sandbox_shim.client import Child, ShimClient
from manager.adapters.sandbox_shim.wire import Collected

SELECT_MAX = 1023


class Shim:
    def collect(self, name: str) -> Collected:
        return Collected(-signal.SIGKILL, "")


async def test_an_engine_with_thousands_of_files_sees_whether_a_child_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] <= 2 * SELECT_MAX:
        pytest.skip("this machine allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    process = subprocess.Popen(["sleep", "60"])  # noqa: ASYNC220  short
    try:
        low = os.pidfd_open(process.pid)
        high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, SELECT_MAX + 1)
        os.close(low)
        monkeypatch.setattr("os.pidfd_open", lambda _: high)
        child = Child(cast("ShimClient", Shim()), "task-a", process.pid)
        assert not child.ended
        child.kill()
        process.wait()
        assert child.ended, "also before the loop has looked"
        assert await child.wait() == -signal.SIGKILL
        assert child.ended
    finally:
        process.kill()
        process.wait()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
