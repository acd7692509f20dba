"""A prefork template and its children (with sandboxes: manager/adapters/tests)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
A_THREAD = "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"


STAND_IN = """
import __main__, json, os, signal, threading, time

def warm():
    {warm}

def enter(pid, mount_namespace, cgroup_procs):
    assert (mount_namespace, cgroup_procs) == (1, [])
    if pid == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if pid in (2, 3):
        raise OSError("there is no such sandbox" if pid == 2 else "")

def give_up_privileges(seccomp_filter, processes_max):
    if processes_max != 7 or seccomp_filter != b"filter":
        raise ValueError(processes_max)

__main__.enter, __main__.give_up_privileges, __main__._LINK_WITHIN_S = enter, give_up_privileges, 0.1

def serve(link):
    umask, descriptors = os.umask(0), [int(name) for name in os.listdir("/proc/self/fd")]
    seen = dict(environment=dict(os.environ), umask=umask, descriptors=sorted(descriptors), nothing=[os.readlink("/proc/self/fd/%d" % n) for n in (0, 1, 2)], leads=os.getsid(0) == os.getpid())
    link.send(json.dumps(seen).encode())
"""


def _run(folder: Path, warm: str, *orders: int) -> tuple[int, str, list[bytes]]:
    """Give a template its orders: its exit code, its last words, and what it told the engine.

    An order's number is what happens to its child: 0 is nothing, see STAND_IN."""
    (folder / "stand_in.py").write_text(STAND_IN.format(warm=warm))
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    configuration = {
        "orders_fd": its.fileno(),
        "module": "stand_in",
        "link": str(folder / "link.sock"),
        "environment": {"HOME": "/home/student"},
        "seccomp_filter": "ZmlsdGVy",
        "processes_max": 7,
    }
    with ours, its:
        template = subprocess.Popen(
            [sys.executable, "-m", "agent.prefork_template"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": f"{ROOT}:{folder}"},
            pass_fds=[its.fileno()],
        )
        its.close()
        assert template.stdin is not None
        template.stdin.write(json.dumps(configuration).encode() + b"\n")
        template.stdin.flush()
        ours.settimeout(30)
        told = [ours.recv(1024)]
        for order in orders:
            ours.send(json.dumps({"pid": order, "mount_namespace": 1, "cgroup_procs": []}).encode())
            told.append(ours.recv(1024))
    _, words = template.communicate(timeout=30)
    return template.returncode, words.decode(), told


def test_a_fork_that_fails_says_why_also_when_its_process_dies_without_a_word(tmp_path: Path) -> None:
    *_, told = _run(tmp_path, "pass", 1, 2, 3, 0)  # at last nobody listens on the link
    failures = [json.loads(answer)["failure"] for answer in told[1:]]
    assert failures[:3] == ["the forked process died on its way in", "there is no such sandbox", "failed"]
    assert "FileNotFoundError" in failures[3]


def test_a_child_serves_with_nothing_of_its_template_but_the_application(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "link.sock"))
        listener.listen()
        _, words, told = _run(tmp_path, "pass", 0)
        listener.settimeout(30)
        link, _ = listener.accept()
        with link:
            seen = json.loads(link.recv(4096))
            assert link.recv(1) == b""  # a child that has served ends
    assert (words, json.loads(told[1])) == ("", {"failure": ""})
    assert (seen["environment"], seen["umask"], seen["leads"]) == ({"HOME": "/home/student"}, 0o077, True)
    assert seen["nothing"] == [os.devnull] * 3
    assert seen["descriptors"] == [0, 1, 2, 3, 4]  # 3: the listing itself; 4: the link


def test_a_prefork_template_says_so_and_ends_with_its_engine(tmp_path: Path) -> None:
    code, words, told = _run(tmp_path, "pass")
    assert (code, words) == (0, "")
    assert 0.0 <= json.loads(told[0])["warm_s"] < 30.0


def test_a_second_thread_after_warming_ends_the_parent_before_it_can_fork(tmp_path: Path) -> None:
    code, words, told = _run(tmp_path, A_THREAD)
    assert code == 1
    assert "2 threads after warm()" in words
    assert told == [b""]
