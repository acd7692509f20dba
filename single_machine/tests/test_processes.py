"""Every process that the supervisor starts ends with it, whatever ends it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from single_machine.preflight import free_port
from single_machine.processes import ASK_EVERY_S, SILENT_MAX_S, STEADY_AFTER_S, STOPPED_MAX_S, DidNotStart, Processes
from single_machine.spawning import LISTEN_FD, ProcessSpec
from tests.waiting import until

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


def spec(name: str, command: tuple[str, ...], **more: object) -> ProcessSpec:
    return ProcessSpec(name=name, command=command, environment=dict(os.environ), ready=lambda: True, **more)  # type: ignore[arg-type]


@pytest.fixture
def processes(tmp_path: Path):
    running = Processes(tmp_path)
    yield running
    running.stop_all()


def test_a_process_that_ends_at_once_shows_the_end_of_its_log(processes: Processes) -> None:
    processes.start(
        ProcessSpec(
            "broken", (sys.executable, "-c", "raise SystemExit('no database')"), dict(os.environ), ready=lambda: False
        )
    )
    with pytest.raises(DidNotStart, match=r"broken ended at once \(exit code 1\)(.|\n)*no database"):
        processes.wait_ready("broken")


def test_a_process_that_never_answers_is_given_up(processes: Processes) -> None:
    processes.start(ProcessSpec("mute", SLEEPER, dict(os.environ), ready=lambda: False, ready_within_s=0.1))
    with pytest.raises(DidNotStart, match="mute did not answer within"):
        processes.wait_ready("mute")


def test_a_stopped_process_that_others_live_below_continues(processes: Processes) -> None:
    processes.start(spec("shim", SLEEPER, resume_when_stopped=True))
    shim = psutil.Process(processes.pids()["shim"])
    shim.suspend()
    until(lambda: shim.status() == psutil.STATUS_STOPPED, "the stop")
    now = time.monotonic()
    processes.tend(now)
    assert "letting it continue" in processes.tend(now + 2 * STOPPED_MAX_S)[0]
    until(lambda: shim.status() != psutil.STATUS_STOPPED, "the process to go on")


def test_a_killed_process_is_started_again_after_a_growing_pause(processes: Processes) -> None:
    processes.start(spec("worker", SLEEPER))
    first = processes.pids()["worker"]
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    now = time.monotonic()
    assert "killed by SIGKILL" in processes.tend(now)[0]
    assert processes.pids()["worker"] == first
    processes.tend(now + 0.25)
    second = processes.pids()["worker"]
    assert second != first
    os.kill(second, signal.SIGKILL)
    os.waitid(os.P_PID, second, os.WEXITED | os.WNOWAIT)
    assert "again in 0.4 s" in processes.tend(now + 1)[0]


def test_nobody_waits_for_the_supervisors_next_look(processes: Processes) -> None:
    """A click met a dead manager for up to a second before anything was done about it."""
    processes.start(spec("manager", SLEEPER))
    first = processes.pids()["manager"]
    os.kill(first, signal.SIGKILL)
    began = time.monotonic()
    while processes.pids()["manager"] == first:
        processes.pause(60)
        processes.tend(time.monotonic())
    assert time.monotonic() - began < 30
    began = time.monotonic()
    processes.pause(0.05)
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize(
    ("answered", "lived_s", "pauses_s"),
    [
        (False, 1.0, [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]),
        (True, 1.0, [0.2, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]),
        (True, STEADY_AFTER_S + 1, [0.2] * 10),
    ],
)
def test_blow_upon_blow_keeps_nobody_waiting_for_what_had_answered(
    processes: Processes, answered: bool, lived_s: float, pauses_s: list[float]
) -> None:
    """Killed nine times in a minute, the engine stayed away for half a minute."""
    processes.start(spec("engine", SLEEPER))
    running = processes._running["engine"]
    running.started_at, running.answered_at = 0.0, 0.5 if answered else None
    assert [running.pause_s(lived_s) for _ in pauses_s] == pytest.approx(pauses_s)


def test_it_is_soon_known_that_a_process_answers_again(processes: Processes) -> None:
    processes.start(spec("engine", SLEEPER))
    processes.watch()
    until(lambda: processes._running["engine"].answered_at is not None, "an answer", within_s=ASK_EVERY_S / 3)


def test_a_process_that_ignores_the_signal_is_killed(processes: Processes, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    deaf = f"import signal, time, pathlib; signal.signal(15, signal.SIG_IGN); pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    processes.start(
        ProcessSpec("deaf", (sys.executable, "-c", deaf), dict(os.environ), ready=ready.exists, stop_within_s=0.2)
    )
    processes.wait_ready("deaf")
    pid = processes.pids()["deaf"]
    processes.stop_all()
    assert not psutil.pid_exists(pid)


def test_what_others_need_ends_after_them(processes: Processes, tmp_path: Path) -> None:
    """A backend finishes its answers, for which it asks the database."""
    log = tmp_path / "ended"
    for name, needed in (("database", True), ("backend", False), ("portal", False)):
        slow = 0 if needed else 0.3
        program = (
            "import pathlib, signal, sys, time\n"
            "def end(*_):\n"
            f"    time.sleep({slow})\n"
            f"    open({str(log)!r}, 'a').write('{name}\\n')\n"
            "    sys.exit()\n"
            "signal.signal(signal.SIGTERM, end)\n"
            f"pathlib.Path({str(tmp_path / name)!r}).touch()\n"
            "time.sleep(600)\n"
        )
        ready = (tmp_path / name).exists
        command = (sys.executable, "-c", program)
        processes.start(ProcessSpec(name, command, dict(os.environ), ready=ready, others_need_it=needed))
        processes.wait_ready(name)
    processes.stop_all()
    ended = log.read_text().split()
    assert sorted(ended[:2]) == ["backend", "portal"]
    assert ended[2:] == ["database"]


def test_a_listener_is_handed_over_private_and_survives_a_restart(processes: Processes, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    answer = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); c, _ = s.accept(); c.sendall(b'hello'); c.recv(1)"
    processes.start(spec("server", (sys.executable, "-c", answer, LISTEN_FD), listen_on=path))
    assert path.stat().st_mode & 0o777 == 0o600
    for _ in range(2):  # the second answer comes from the second process: the first ended after its answer
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            assert client.recv(5) == b"hello"
        os.waitid(os.P_PID, processes.pids()["server"], os.WEXITED | os.WNOWAIT)
        now = time.monotonic()
        processes.tend(now)
        processes.tend(now + 60)


def test_the_kernel_ends_the_processes_of_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys, time\n"
        "from single_machine.processes import Processes\nfrom single_machine.spawning import ProcessSpec\n"
        f"p = Processes(pathlib.Path({str(tmp_path)!r}))\n"
        f"p.start(ProcessSpec('child', {SLEEPER!r}, dict(os.environ), ready=lambda: True))\n"
        "print(p.pids()['child'], flush=True)\n"
        "time.sleep(600)\n"
    )
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.kill()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_is_stopped_by_a_signal_is_started_again(processes: Processes) -> None:
    processes.start(spec("worker", SLEEPER))
    first = processes.pids()["worker"]
    now = time.monotonic()
    os.kill(first, signal.SIGSTOP)
    os.waitid(os.P_PID, first, os.WSTOPPED | os.WNOWAIT)
    assert processes.tend(now) == []
    news = processes.tend(now + 2 * STOPPED_MAX_S)
    assert "worker was stopped by a signal" in news[0]
    assert not psutil.pid_exists(first)
    processes.tend(now + 2 * STOPPED_MAX_S + 0.5)
    assert processes.pids()["worker"] != first


def test_a_process_that_falls_silent_is_started_again(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("single_machine.processes.ASK_EVERY_S", 0.01)
    answers = True
    processes.start(ProcessSpec("worker", SLEEPER, dict(os.environ), ready=lambda: answers))
    first = processes.pids()["worker"]
    processes.watch()
    until(lambda: processes._running["worker"].answered_at is not None)
    answers = False
    assert processes.tend(time.monotonic() + SILENT_MAX_S / 2) == []
    assert "worker has not answered" in processes.tend(time.monotonic() + SILENT_MAX_S + 1)[0]
    assert not psutil.pid_exists(first)


def test_callers_wait_at_a_port_while_its_process_restarts(processes: Processes) -> None:
    port = free_port()
    server = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.accept()[0].sendall(b'hello')"
    processes.start(spec("server", (sys.executable, "-c", server, LISTEN_FD), listen_on=port))
    with socket.create_connection(("127.0.0.1", port)) as first:
        assert first.recv(5) == b"hello"
    os.waitid(os.P_PID, processes.pids()["server"], os.WEXITED | os.WNOWAIT)
    with socket.create_connection(("127.0.0.1", port)) as second:
        now = time.monotonic()
        processes.tend(now)
        processes.tend(now + 1)
        second.settimeout(20)
        assert second.recv(5) == b"hello"
