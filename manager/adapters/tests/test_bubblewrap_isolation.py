"""What a student inside a sandbox cannot do, and what the engine does with a misbehaving agent."""

from __future__ import annotations

import http.server
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from contract.errors import ApraNovaError, Reason
from contract.sizes import SizeLimits
from manager.adapters.bubblewrap import inotify
from manager.adapters.tests.conftest import NewEngine
from manager.adapters.tests.engine_under_test import MEMORY_MAX, START_AS, EngineUnderTest, new_task_id
from tests.waiting import until

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def inside(engine: EngineUnderTest) -> str:
    """A task with a home, as a student has it."""
    task_id = engine.start()
    engine.runner.attach_home(task_id, engine.new_home(mine="my own"))
    return task_id


@pytest.fixture
def host_service() -> Iterator[int]:
    """A server on the host's loopback, like our own backend."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_it_has_no_capability_and_cannot_get_one(engine: EngineUnderTest, inside: str) -> None:
    status = dict(
        line.split(":\t", 1) for line in engine.shell(inside, "cat /proc/self/status").splitlines() if ":\t" in line
    )
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert status["Uid"].split() == ["1000"] * 4


def test_it_cannot_read_the_memory_of_its_agent(engine: EngineUnderTest, inside: str) -> None:
    agent = engine.python(inside, "import os; value = os.getpid()")
    for file in ("environ", "maps", "mem"):
        assert "Permission denied" in engine.shell(inside, f"head -c 1 /proc/{agent}/{file}")


@pytest.mark.parametrize("kind", ["-U", "-Ur", "-m", "-n", "-p --fork"])
def test_it_cannot_make_namespaces(engine: EngineUnderTest, inside: str, kind: str) -> None:
    assert "unshare failed" in engine.shell(inside, f"unshare {kind} true")


def test_it_sees_only_its_own_processes(engine: EngineUnderTest, inside: str) -> None:
    other = engine.start()
    marker = "sleep 4343"
    engine.python(other, f"import subprocess; subprocess.Popen({marker.split()!r})")
    assert marker in engine.shell(other, "ps -eo args")
    seen = engine.shell(inside, "ps -eo args")
    assert marker not in seen
    assert "stand_in_agent" in seen
    assert str(engine.base) not in seen  # not even in its own bubblewrap's options
    engine.runner.stop(other, grace_s=0)


def test_it_sees_no_file_of_the_host_but_the_distribution(engine: EngineUnderTest, inside: str) -> None:
    assert set(engine.shell(inside, "ls /").split()) <= {
        *(
            "bin",
            "dev",
            "etc",
            "home",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "opt",
            "proc",
            "run",
            "sbin",
            "shared",
            "tmp",
            "usr",
            "var",
        ),
    }
    assert engine.shell(inside, "ls /home").split() == ["student"]
    assert engine.shell(inside, "ls /opt").split() == ["agent"]
    assert engine.shell(inside, "cat /home/student/mine") == "my own"
    for path in (str(engine.base), "/etc/shadow", "/etc/ssh", "/root", "/sys", "/mnt", "/var/lib", "/proc/1/root/root"):
        assert "No such file" in engine.shell(inside, f"ls -d {path}")


def test_it_learns_no_path_of_the_host_that_need_not_be_there(engine: EngineUnderTest, inside: str) -> None:
    """Process 1 shows no checkout and no option; mounts show where they come from, nothing else."""
    first = engine.shell(inside, "cat /proc/1/cmdline; readlink /proc/1/exe; cat /proc/1/maps /proc/1/environ")
    assert "site-packages" not in first
    assert str(Path(__file__).parents[3]) not in first
    assert str(engine.homes) not in first
    roots = {line.split()[3] for line in engine.shell(inside, "cat /proc/self/mountinfo").splitlines()}
    seen = {root for root in roots if root.startswith(str(engine.base))}
    (home,) = (root for root in seen if root.startswith(str(engine.homes)))
    allowed = {home, f"{engine.run_dir}/etc", f"{engine.run_dir}/egress/{inside}.sock"}
    assert seen - allowed == {str(engine.images / "vscode-1.0/agent")}
    devices = {"null", "zero", "full", "random", "urandom", "tty"}
    others = {root for root in roots - seen if not root.startswith(("/usr", "/etc"))}
    assert others <= {"/", "/newroot", *(f"/{name}" for name in devices)}


def test_it_cannot_write_outside_its_home_and_tmp(engine: EngineUnderTest, inside: str) -> None:
    writable = engine.shell(
        inside, "find / -xdev -writable -not -type l 2>/dev/null; for d in / /usr /usr/bin /etc /opt /opt/agent /run /dev /var"
        " /etc/ssl /run/task; do touch $d/x 2>/dev/null && echo WROTE $d; done; touch /home/student/ok /tmp/ok /dev/shm/ok",
    )  # fmt: skip
    assert "WROTE" not in writable
    assert engine.shell(inside, "ls /home/student/ok /tmp/ok /dev/shm/ok | wc -l").strip() == "3"


def test_it_cannot_change_the_kernels_settings(engine: EngineUnderTest, inside: str) -> None:
    for file in ("/proc/sys/kernel/hostname", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/core_pattern"):
        assert engine.python(inside, f"open({file!r}, 'w').write('1')").split(":")[0] in ("PermissionError", "OSError")


def test_its_home_has_neither_suid_programs_nor_devices(engine: EngineUnderTest, inside: str) -> None:
    mount = [
        line for line in engine.shell(inside, "cat /proc/self/mountinfo").splitlines() if " /home/student " in line
    ][-1]
    assert "nosuid" in mount
    assert "nodev" in mount


def test_no_descriptor_of_the_host_is_left_open_inside(engine: EngineUnderTest, inside: str) -> None:
    """A host socket handed in could be disconnected and connected to something else."""
    links = engine.shell(inside, "readlink /proc/1/fd/*").split()
    assert links
    assert {link.split(":")[0] for link in links} <= {"pipe", "anon_inode"}


def test_it_reaches_no_port_of_the_host(engine: EngineUnderTest, inside: str, host_service: int) -> None:
    own_addresses = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in {"127.0.0.1", *own_addresses}:
        outcome = engine.python(
            inside, f"import socket; socket.create_connection(({address!r}, {host_service}), 2); value = 'connected'"
        )
        assert outcome.split(":")[0] in ("ConnectionRefusedError", "OSError", "TimeoutError"), outcome


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"]
)
def test_it_reaches_no_port_of_the_host_through_the_proxy(engine: EngineUnderTest, inside: str, host: str) -> None:
    for request in (f"CONNECT {host}:443 HTTP/1.1", f"GET http://{host}/ HTTP/1.1"):
        answer = through_proxy(engine, inside, request)
        assert answer.startswith("HTTP/1.1 403"), answer
        assert "workspaces do not reach private addresses" in answer


def test_the_proxy_reaches_allowed_ports_only(engine: EngineUnderTest, inside: str, host_service: int) -> None:
    answer = through_proxy(engine, inside, f"CONNECT 93.184.215.14:{host_service} HTTP/1.1")
    assert answer.startswith("HTTP/1.1 403"), answer
    assert "ports" in answer


def test_it_reaches_no_abstract_socket_of_the_host(engine: EngineUnderTest, inside: str) -> None:
    with socket.socket(socket.AF_UNIX) as service:
        name = f"\0apranova-test-{os.getpid()}"
        service.bind(name)
        service.listen()
        outcome = engine.python(
            inside, f"import socket; socket.socket(socket.AF_UNIX).connect({name!r}); value = 'connected'"
        )
    assert outcome.startswith("ConnectionRefusedError"), outcome


def test_it_reaches_no_socket_or_home_of_another_task(engine: EngineUnderTest, inside: str) -> None:
    other = engine.start()
    secret = engine.new_home(secret="hers")
    engine.runner.attach_home(other, secret)
    assert engine.shell(other, "cat /home/student/secret") == "hers"
    everything = engine.shell(inside, "find / -not -path '/usr/*' -not -path '/proc/*' 2>/dev/null")
    assert "secret" not in everything
    sockets = engine.shell(inside, r"find /run /tmp /home /dev /var /opt -exec test -S {} \; -print").split()
    assert sockets == ["/run/egress.sock"]
    engine.runner.stop(other, grace_s=0)


@pytest.mark.parametrize("family", ["AF_VSOCK", "AF_ALG", "AF_PACKET", "AF_BLUETOOTH"])
def test_address_families_that_no_namespace_separates_are_closed(
    engine: EngineUnderTest, inside: str, family: str
) -> None:
    outcome = engine.python(inside, f"import socket; socket.socket(socket.{family}, socket.SOCK_STREAM)")
    assert "not supported" in outcome, outcome


def test_system_calls_that_nobody_needs_are_closed_and_those_of_debuggers_are_not(
    engine: EngineUnderTest, inside: str
) -> None:
    code = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); value = (libc.syscall({0}, 0, 0, 0, 0), ctypes.get_errno())"
    everywhere = {"io_uring_setup": 425, "open_tree": 428}
    machine = {"x86_64": {"bpf": 321, "keyctl": 250, "userfaultfd": 323, "perf_event_open": 298}}.get(
        os.uname().machine, {}
    )
    for name, number in {**everywhere, **machine}.items():
        assert engine.python(inside, code.format(number)) == [-1, 1], name
    ptrace_me = "import ctypes; value = ctypes.CDLL(None).ptrace(0, 0, 0, 0)"
    assert engine.python(inside, f"import subprocess, sys; value = subprocess.check_output([sys.executable, '-c', {ptrace_me + '; print(value)'!r}], text=True)") == "0\n"  # fmt: skip


def test_a_fork_bomb_stays_within_its_limit_and_its_own_sandbox(engine: EngineUnderTest) -> None:
    bomber, neighbour = engine.start(), engine.start()
    started = engine.python(
        bomber,
        "import subprocess\nchildren = []\n"
        "try:\n    while len(children) < 2000: children.append(subprocess.Popen(['/usr/bin/sleep', '60']))\n"
        "except OSError: pass\n"
        "value = len(children)",
    )  # fmt: skip
    assert 10 < started < 100
    assert engine.shell(neighbour, "echo lives") == "lives\n"
    engine.runner.stop(bomber, grace_s=0)
    engine.runner.stop(neighbour, grace_s=0)


def test_a_task_that_computes_without_a_pause_leaves_the_processor_to_others(engine: EngineUnderTest) -> None:
    shares = [path / name for path in engine.cgroups() for name in ("cpu.shares", "cpu.weight")]
    if not any(file.exists() for file in shares):
        pytest.skip("this machine has no cgroup for the CPU")
    hog, neighbor = engine.start(), engine.start()

    def share(task_id: str) -> int:
        (file,) = (own for file in shares if (own := file.parent / task_id / file.name).exists())
        return int(file.read_text())

    equal = share(hog)
    assert share(neighbor) == equal
    busy = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'while True: pass']); value = 0"
    for _ in range(3):
        engine.python(hog, busy)
    until(lambda: share(hog) <= equal // 16 + 1, "it keeps its share", within_s=60)
    assert share(neighbor) == equal
    for task_id in (hog, neighbor):
        engine.runner.stop(task_id, grace_s=0)


def test_a_task_that_starts_gives_way_to_sessions_until_its_claim(engine: EngineUnderTest) -> None:
    def shares() -> list[int]:
        files = (folder / task_id / name for folder in engine.cgroups() for name in ("cpu.shares", "cpu.weight"))
        return [int(file.read_text()) for file in files if file.exists()]

    task_id = engine.start()
    before = shares()
    assert before or engine.runner.enforced()["cpu"].startswith("not enforced")
    engine.runner.attach_home(task_id, engine.new_home(), limits=SizeLimits(MEMORY_MAX >> 20, 1_024))
    assert shares() == [4 * share for share in before]
    engine.runner.stop(task_id, grace_s=0)


def test_a_memory_bomb_ends_its_own_task_alone(engine: EngineUnderTest) -> None:
    if not engine.runner.enforced()["memory"].startswith("cgroup"):
        pytest.skip(f"memory is {engine.runner.enforced()['memory']}")
    bomber, neighbour = engine.start(), engine.start()
    with pytest.raises((ConnectionError, json.JSONDecodeError, http.client.HTTPException)):
        engine.python(bomber, f"data = bytearray({MEMORY_MAX * 2}); data[::4096] = b'x' * len(data[::4096])")
    until(lambda: not engine.observed(bomber).alive, "the end of the bomber")
    assert engine.observed(bomber).ended_because == "killed: out of memory"
    assert engine.shell(neighbour, "echo lives") == "lives\n"
    engine.runner.stop(neighbour, grace_s=0)


HOLD = """
import mmap, subprocess, sys, time
program = '''
import mmap, time
held = mmap.mmap(-1, %d, flags=mmap.MAP_%s | mmap.MAP_ANONYMOUS)
held[::4096] = b"x" * len(held[::4096])
print("held", flush=True)
time.sleep(60)
'''
held = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(%d)]
[process.stdout.readline() for process in held]
until = time.monotonic() + %f
while time.monotonic() < until and not any(process.poll() for process in held): time.sleep(0.1)
value = sorted(process.poll() or 0 for process in held)
[process.kill() for process in held]
"""
LONG_S, TWO_LOOKS_S = 20, 2.2


@pytest.mark.parametrize(("kind", "processes"), [("SHARED", 1), ("PRIVATE", 4)])
def test_shared_memory_and_that_of_many_processes_count(engine: EngineUnderTest, kind: str, processes: int) -> None:
    """Also without a cgroup, where RLIMIT_DATA sees neither: the task lives on without it."""
    hoarder, neighbour = engine.start(), engine.start()
    each = MEMORY_MAX * 5 // 4 // processes
    assert -9 in engine.python(hoarder, HOLD % (each, kind, processes, LONG_S))
    assert engine.observed(hoarder).alive
    assert engine.shell(neighbour, "echo lives") == "lives\n"
    assert engine.python(hoarder, HOLD % (MEMORY_MAX // 2, kind, 1, TWO_LOOKS_S)) == [0]  # what is allowed stays
    for task_id in (hoarder, neighbour):
        engine.runner.stop(task_id, grace_s=0)


def test_the_claim_gives_a_running_task_its_size_and_the_agent_hears_of_what_is_ended(engine: EngineUnderTest) -> None:
    task_id, more = engine.start(), MEMORY_MAX * 5 // 4
    engine.runner.attach_home(task_id, engine.new_home(), limits=SizeLimits(2 * MEMORY_MAX >> 20, 2_048))
    assert engine.python(task_id, HOLD % (more, "SHARED", 1, TWO_LOOKS_S)) == [0]
    assert engine.python(task_id, "value = TOLD") == []
    assert -9 in engine.python(task_id, HOLD % (2 * more, "SHARED", 1, LONG_S))
    until(lambda: engine.python(task_id, "value = TOLD"), "the agent's word")
    engine.runner.stop(task_id, grace_s=0)


def test_memory_that_no_process_maps_is_refused_where_nothing_counts_it(engine: EngineUnderTest, inside: str) -> None:
    counted = "cgroup)" in engine.runner.enforced()["shared memory"]
    assert engine.python(inside, "import os; value = os.memfd_create('x') > 0") == (
        True if counted else "OSError: [Errno 38] Function not implemented"
    )
    shmget = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\nlibc.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]\n"
        "value = [libc.shmget(0, size, 0o1600) >= 0 for size in (56, 65536, 65537, (1 << 32) + 1)]"
    )
    assert engine.python(inside, shmget) == [True, True, counted, counted]


def test_memory_files_count_as_memory_and_are_small(engine: EngineUnderTest, inside: str) -> None:
    sizes = engine.shell(inside, "df --output=size -B1 /tmp /dev/shm /run/user/1000 | tail -n +2").split()
    assert all(int(size) <= MEMORY_MAX // 2 for size in sizes)


INOTIFY = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
opened = []
while len(opened) < 500 and (fd := libc.inotify_init1(0)) >= 0: opened.append(fd)
value = (len(opened), os.strerror(ctypes.get_errno()))
[os.close(fd) for fd in opened]
"""


def test_inotify_instances_of_one_student_leave_those_of_everybody_else(engine: EngineUnderTest) -> None:
    """One process opened 118 of the machine's 128, and nobody else's `fs.watch` worked."""
    hoarder, neighbour = engine.start(), engine.start()
    keeps = INOTIFY.replace("[os.close(fd) for fd in opened]", "import builtins; builtins.kept = opened")
    limit = int(engine.runner.enforced()["inotify"].split()[0])
    assert limit < inotify.machine_limits()["instances"] / 2
    assert engine.python(hoarder, keeps) == [limit, "Too many open files"]
    assert engine.python(hoarder, INOTIFY)[0] == 0
    assert engine.python(neighbour, INOTIFY)[0] == limit
    assert "Permission denied" in engine.shell(hoarder, "echo 999 > /proc/sys/user/max_inotify_instances")
    for task_id in (hoarder, neighbour):
        engine.runner.stop(task_id, grace_s=0)


WATCHES = """
import ctypes, os, pathlib
libc = ctypes.CDLL(None, use_errno=True)
names = [f'/tmp/watched-{number}'.encode() for number in range(4500)]
[pathlib.Path(os.fsdecode(name)).touch() for name in names]
opened = [libc.inotify_init1(0) for _ in range(15)]
value = sum(libc.inotify_add_watch(fd, name, 2) > 0 for fd in opened for name in names)
[os.close(fd) for fd in opened]
"""


def test_inotify_watches_of_one_student_are_limited_too(engine: EngineUnderTest, inside: str) -> None:
    limit = engine.python(inside, WATCHES)
    assert f"{limit} watches" in engine.runner.enforced()["inotify"]


def test_open_files_of_a_process_are_limited_and_the_limit_cannot_be_raised(
    engine: EngineUnderTest, inside: str
) -> None:
    assert engine.shell(inside, "ulimit -Sn; ulimit -Hn; ulimit -n 100000 && echo raised").split()[:2] == ["4096"] * 2
    assert "raised" not in engine.shell(inside, "ulimit -n 100000 && echo raised")


def test_connections_to_the_proxy_that_say_nothing_are_limited(engine: EngineUnderTest) -> None:
    """Each holds a descriptor of the engine, which serves everybody."""
    hoarder, neighbour = engine.start(), engine.start()
    refused = engine.python(
        hoarder,
        "import socket, builtins\nbuiltins.kept = kept = []\nvalue = ''\n"
        "for _ in range(100):\n"
        "    kept.append(socket.socket(socket.AF_UNIX)); kept[-1].connect(CONFIG['egress_socket'])\n"
        "kept[-1].settimeout(20); value = kept[-1].recv(100).decode()",
    )
    assert refused.startswith("HTTP/1.1 503 ")
    assert len(list(Path(f"/proc/{engine.daemon.pid}/fd").iterdir())) < 64 + 60
    assert "403 ApraNova does not allow 127.0.0.1" in through_proxy(engine, neighbour, "CONNECT 127.0.0.1:443 HTTP/1.1")
    for task_id in (hoarder, neighbour):
        engine.runner.stop(task_id, grace_s=0)


def test_a_task_that_only_talks_does_not_keep_the_shim_busy(engine: EngineUnderTest) -> None:
    """Its output comes to the shim, which keeps the last 8 kB and writes nothing."""
    talker, neighbour = engine.start(), engine.start()
    sizes = [path.stat().st_size for path in engine.base.glob("*.log")]
    engine.python(
        talker,
        "import subprocess; subprocess.Popen(['/usr/bin/cat', '/dev/zero'], stdout=open('/proc/1/fd/1', 'wb'))",
    )
    busy = sum(psutil.Process(engine.shim.pid).cpu_times()[:2])
    for _ in range(20):
        assert engine.shell(neighbour, "echo lives; sleep 0.1") == "lives\n"
        engine.runner.list_tasks()
    used = sum(psutil.Process(engine.shim.pid).cpu_times()[:2]) - busy
    assert used < 0.12  # without a pause 0.49 to 0.80
    assert [path.stat().st_size for path in engine.base.glob("*.log")] == sizes
    for task_id in (talker, neighbour):
        engine.runner.stop(task_id, grace_s=0)


def test_the_sockets_directory_is_gone_before_a_home_comes(engine: EngineUnderTest) -> None:
    task_id = engine.start()
    swap = (
        "import os; os.rename('/run/task/http.sock', '/run/task/old'); os.symlink('/run/x.sock', '/run/task/http.sock')"
    )
    assert engine.python(task_id, swap).split(":")[0] in ("FileNotFoundError", "OSError")
    assert engine.shell(task_id, "ls -A /run/task") == ""
    assert "Read-only" in engine.shell(task_id, "touch /run/task/http.sock")
    assert engine.shell(task_id, "grep -c /run/task /proc/self/mountinfo").strip() == "0"
    assert (engine.run_dir / "tasks" / task_id / "http.sock").is_socket()
    engine.runner.stop(task_id, grace_s=0)


@pytest.mark.parametrize("as_whom", START_AS)
def test_an_agent_that_replaces_its_socket_by_a_link_is_ended(new_engine: NewEngine, as_whom: str) -> None:
    engine = new_engine(as_whom=as_whom, agent="links-its-socket")
    task_id = new_task_id()
    engine.runner.start(engine.spec(task_id))
    until(lambda: not engine.observed(task_id).alive, "the end of the liar")
    assert "replaced its socket" in engine.observed(task_id).ended_because
    assert task_id not in (engine.run_dir / "clusters/clusters.json").read_text()
    with pytest.raises(ApraNovaError) as refusal:
        engine.runner.attach_home(task_id, engine.new_home())
    assert refusal.value.reason is Reason.LAUNCH_FAILED


def through_proxy(engine: EngineUnderTest, task_id: str, request: str) -> str:
    return engine.python(
        task_id,
        "import socket; proxy = socket.socket(socket.AF_UNIX); proxy.settimeout(20); proxy.connect(CONFIG['egress_socket'])\n"
        f"proxy.sendall({request!r}.encode() + b'\\r\\nHost: x\\r\\n\\r\\n'); value = ''\n"
        "while data := proxy.recv(4096): value += data.decode()",
    )


def test_a_sparse_file_cannot_be_longer_than_a_home_may_be_large(engine: EngineUnderTest, inside: str) -> None:
    """A file of 4 TB that takes no room kept the snapshots of everybody waiting."""
    assert "File size limit exceeded" in engine.shell(inside, "truncate -s 4T ~/big.bin 2>&1; rm -f ~/big.bin")
    assert engine.shell(inside, "truncate -s 1G ~/small && stat -c %s ~/small; rm ~/small").strip() == "1073741824"
