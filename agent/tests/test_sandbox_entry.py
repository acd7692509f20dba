"""Entering namespaces and giving up privileges, in forks of the test's own process."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent import sandbox_entry

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = ("mnt", "cgroup", "net", "ipc", "uts", "pid_for_children", "user")
ALLOW = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)  # seccomp: every system call


def forked(work: Callable[[], Any]) -> Any:
    """What `work` returns in a process of its own, or its error in words."""
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            answer = work()
        except BaseException as problem:  # pytest must not go on in the fork
            answer = str(problem)
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = json.loads(pipe.read())
    os.wait()
    return answer


def unshare(flags: int) -> None:
    assert LIBC.unshare(flags) == 0, os.strerror(ctypes.get_errno())


def namespaces() -> dict[str, str]:
    return {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in NAMESPACES}


@pytest.mark.parametrize(("seccomp_filter", "mode"), [(b"", "0"), (ALLOW, "2")])
def test_no_privilege_is_left(seccomp_filter: bytes, mode: str) -> None:
    def work() -> dict[str, Any]:
        unshare(sandbox_entry._USER)  # with all capabilities, whoever runs this
        LIBC.prctl(4, 0, 0, 0, 0)  # not dumpable
        sandbox_entry.give_up_privileges(seccomp_filter, 77)
        lines = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
        capabilities = {name: int(value, 16) for name, value in lines.items() if name.startswith("Cap")}
        limits = [resource.getrlimit(limit) for limit in (resource.RLIMIT_CORE, resource.RLIMIT_NPROC)]
        return {"capabilities": capabilities, "limits": limits, "dumpable": LIBC.prctl(3, 0, 0, 0, 0),
                "status": [lines["NoNewPrivs"], lines["Seccomp"]]}  # fmt: skip

    assert forked(work) == {
        "capabilities": dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), 0),
        "limits": [[0, 0], [77, 77]],
        "dumpable": 1,
        "status": ["1", mode],
    }


def test_a_process_that_may_not_give_up_anything_or_has_a_broken_filter_does_not_go_on() -> None:
    def without_privileges() -> None:
        unshare(sandbox_entry._USER)
        sandbox_entry.give_up_privileges(b"", 0)
        sandbox_entry.give_up_privileges(b"", 0)

    def with_a_broken_filter() -> None:
        unshare(sandbox_entry._USER)
        sandbox_entry.give_up_privileges(b"x" * 8, 0)

    assert "PR_CAPBSET_DROP" in forked(without_privileges)
    assert "prctl(seccomp)" in forked(with_a_broken_filter)


@pytest.mark.parametrize("depth", [1, 2])
def test_a_process_enters_every_namespace_of_another(depth: int, tmp_path: Path) -> None:
    done_read, done_write = os.pipe()
    ready_read, ready_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(done_write)
        try:
            maps = {"setgroups": "deny", "uid_map": f"0 {os.getuid()} 1", "gid_map": f"0 {os.getgid()} 1"}
            unshare(sandbox_entry._USER | sum(sandbox_entry._NAMESPACES.values()))
            if depth == 2:
                for name, text in maps.items():
                    Path(f"/proc/self/{name}").write_text(text)
                unshare(sandbox_entry._USER)
            if os.fork() == 0:  # the PID namespace needs a process
                os.write(ready_write, json.dumps(namespaces()).encode())
                os.read(done_read, 1)
                os._exit(0)
            os.wait()
        finally:
            os._exit(0)
    os.close(ready_write)
    try:
        theirs = json.loads(os.read(ready_read, 4096))
        (init,) = (int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        mount_namespace, procs = Path(f"/proc/{init}/ns/mnt").stat().st_ino, tmp_path / "cgroup.procs"

        def work() -> Any:
            sandbox_entry.enter(init, mount_namespace, [str(procs)])
            return namespaces(), str(Path.cwd())

        assert forked(work) == [theirs, "/"]
        assert procs.read_text().isdecimal()
        assert "not in the sandbox any more" in forked(lambda: sandbox_entry.enter(init, mount_namespace + 1, []))
    finally:
        for descriptor in (done_write, done_read, ready_read):
            os.close(descriptor)
        os.waitpid(pid, 0)


def test_orphans_come_to_the_one_that_inherits_them() -> None:
    def work() -> bool:
        sandbox_entry.inherit_orphans()
        read, write = os.pipe()
        if os.fork() == 0:
            if os.fork() == 0:
                os.read(read, 1)  # until the parent has ended
                os._exit(7)
            os._exit(0)
        os.wait()
        os.write(write, b"x")
        return os.waitstatus_to_exitcode(os.wait()[1]) == 7

    assert forked(work) is True
