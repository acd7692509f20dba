"""Terminals and jobs, on plain data and a fake clock."""

from __future__ import annotations

import os
import pty
import socket
import subprocess
import time
from dataclasses import replace

from agent.activity import Activity, terminal_read_at
from agent.processes import Process, list_processes, words_for

TERMINAL = os.makedev(136, 0)
SHELL = Process(pid=10, name="bash", parent=1, group=10, session=10, terminal=TERMINAL, cpu_s=0.1)
JOB = Process(pid=11, name="npm", parent=10, group=11, session=10, terminal=TERMINAL, cpu_s=0.0)
SERVER = Process(pid=5, name="node", parent=1, group=5, session=5, terminal=0, cpu_s=100.0)


class World:
    def __init__(self) -> None:
        self.time = 1_000.0
        self.processes = [SERVER, SHELL]
        self.read_at: float | None = None
        self.activity = Activity(
            students=lambda processes: [process for process in processes if process.terminal],
            now=lambda: self.time,
            processes=lambda: self.processes,
            terminal_read_at=lambda _: self.read_at,
        )

    def pass_time(self, seconds: float, *, job_cpu_s: float = 0.0) -> None:
        for _ in range(int(seconds // 15)):
            self.time += 15
            share = job_cpu_s * 15 / seconds
            self.processes = [
                replace(process, cpu_s=process.cpu_s + (share if process.pid == JOB.pid else 0.0))
                for process in self.processes
            ]
            self.activity.sample()


def test_input_in_a_terminal_is_a_person() -> None:
    world = World()
    world.activity.sample()
    assert world.activity.last_at is None
    world.read_at = 996.0
    world.activity.sample()
    assert (world.activity.last_at, world.activity.reason) == (996.0, "used the terminal")


def test_an_open_terminal_without_input_is_no_activity() -> None:
    world = World()
    world.pass_time(3600)
    assert world.activity.last_at is None


def test_a_job_that_computes_is_busy_by_name_and_is_not_the_person() -> None:
    world = World()
    world.processes.append(JOB)
    world.activity.sample()
    world.pass_time(60, job_cpu_s=30)
    assert (world.activity.busy, world.activity.last_at) == ("npm", None)


def test_what_visitors_make_a_shared_program_do_is_no_work_of_the_student() -> None:
    """The story: an app that was shared with a class kept its workspace running all night."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        shared = frozenset({server.getsockname()[1]})
        serves = replace(JOB, pid=os.getpid())
        world = World()
        world.processes += [serves, replace(JOB, pid=12, parent=serves.pid)]
        for visited, busy in ((frozenset[int](), "python"), (shared, "")):
            world.activity.visited = lambda _, visited=visited: visited
            for _ in range(5):
                world.processes = [
                    replace(each, cpu_s=each.cpu_s + 5) if each.pid in (serves.pid, 12) else each
                    for each in world.processes
                ]
                world.pass_time(15)
            assert world.activity.busy.startswith(busy) if busy else world.activity.busy == ""


def test_a_server_that_only_waits_is_not_busy() -> None:
    world = World()
    world.processes.append(JOB)
    world.pass_time(600, job_cpu_s=6)
    assert world.activity.busy == ""


def test_the_applications_own_work_is_nobodys_job() -> None:
    world = World()
    world.activity.sample()
    world.processes[0] = replace(SERVER, cpu_s=10_000.0)
    world.pass_time(60)
    assert world.activity.busy == ""


def test_an_older_sign_never_takes_the_place_of_a_newer_one() -> None:
    world = World()
    world.activity.person("typed in the editor")
    world.activity.person("used the terminal", at=500.0)
    world.activity.person("came from the future", at=9e9)
    assert (world.activity.last_at, world.activity.reason) == (1_000.0, "came from the future")


def test_the_kernel_tells_when_input_was_read_and_output_is_none() -> None:
    controller, terminal = pty.openpty()
    try:
        opened = os.fstat(terminal)
        assert terminal_read_at(opened.st_rdev) is None
        os.write(terminal, b"$ ")
        os.read(controller, 10)
        assert terminal_read_at(opened.st_rdev) is None
        time.sleep(8.1 - opened.st_ctime % 8)  # the kernel moves the time on at multiples of 8 s
        os.write(controller, b"ls\n")
        os.read(terminal, 10)
        read_at = terminal_read_at(opened.st_rdev)
        assert read_at is not None
        assert read_at > opened.st_ctime
        assert terminal_read_at(0) is None
    finally:
        os.close(controller)
        os.close(terminal)


def test_outside_a_sandbox_only_our_own_descendants_are_seen_and_named() -> None:
    with subprocess.Popen(["/bin/sh", "/dev/stdin"], stdin=subprocess.PIPE) as child:
        try:
            pids = {process.pid: process for process in list_processes()}
            assert child.pid in pids
            assert os.getppid() not in pids
            assert words_for(pids[child.pid]) in ("sh stdin", "sh")
        finally:
            child.kill()
