"""The life of the engine and its tasks: start, late homes, stop, crashes, the gateway's file."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from contract.errors import ApraNovaError, Reason
from manager.adapters.tests.conftest import NewEngine
from manager.adapters.tests.engine_under_test import (
    SOURCE,
    START_AS,
    EngineUnderTest,
    cgroups_named,
    new_task_id,
)
from tests.waiting import until

pytestmark = pytest.mark.sandbox


def test_a_home_given_at_the_start_is_there(engine: EngineUnderTest) -> None:
    task_id = engine.start(home_id=engine.new_home(file="kept"))
    assert engine.shell(task_id, "cat /home/student/file; echo new > /home/student/written") == "kept"
    engine.runner.stop(task_id, grace_s=0)


def test_what_is_written_in_a_home_outlives_the_task(engine: EngineUnderTest) -> None:
    home_id = engine.new_home()
    for expected in ("", "once\n"):
        task_id = engine.start()
        engine.runner.attach_home(task_id, home_id)
        assert engine.shell(task_id, "cat /home/student/notes 2>/dev/null; echo once > /home/student/notes") == expected
        engine.runner.stop(task_id, grace_s=0)
    assert (engine.homes / home_id / "notes").stat().st_uid == engine.sandbox_uid


def test_one_home_is_never_in_two_living_tasks(engine: EngineUnderTest) -> None:
    home_id, first, second = engine.new_home(), engine.start(), engine.start()
    engine.runner.attach_home(first, home_id)
    with pytest.raises(ApraNovaError) as refusal:
        engine.runner.attach_home(second, home_id)
    assert refusal.value.reason is Reason.LAUNCH_FAILED
    engine.runner.stop(first, grace_s=0)
    engine.runner.attach_home(second, home_id)
    engine.runner.stop(second, grace_s=0)


@pytest.mark.parametrize("home_id", ["../run", "/etc", "", "nobody-has-it", ".."])
def test_a_path_that_is_no_home_is_refused(engine: EngineUnderTest, home_id: str) -> None:
    task_id = engine.start()
    with pytest.raises(ApraNovaError) as refusal:
        engine.runner.attach_home(task_id, home_id)
    assert refusal.value.reason is Reason.LAUNCH_FAILED
    engine.runner.stop(task_id, grace_s=0)


def test_a_home_that_is_a_link_is_refused(engine: EngineUnderTest) -> None:
    (engine.homes / "home-link").symlink_to("/etc")
    task_id = engine.start()
    with pytest.raises(ApraNovaError):
        engine.runner.attach_home(task_id, "home-link")
    (engine.homes / "home-link").unlink()
    engine.runner.stop(task_id, grace_s=0)


def test_the_images_environment_and_command_are_used(engine: EngineUnderTest) -> None:
    task_id = engine.start()
    environment = engine.shell(task_id, "env")
    assert "FROM_IMAGE=yes" in environment
    assert "HOME=/home/student" in environment
    assert "APRANOVA" not in environment
    assert engine.shell(task_id, "whoami; hostname; git --version | cut -d' ' -f1").split() == [
        "student",
        "workspace",
        "git",
    ]
    engine.runner.stop(task_id, grace_s=0)


def test_a_stop_does_not_wait_for_its_grace_and_leaves_no_process(engine: EngineUnderTest) -> None:
    task_id = engine.start()
    mark = f"sleep 99{os.getpid()}"
    engine.python(task_id, f"import subprocess; subprocess.Popen(['setsid', *{mark.split()!r}])")
    assert mark in host_processes()
    began = time.monotonic()
    engine.runner.stop(task_id, grace_s=60)
    assert time.monotonic() - began < 30
    assert mark not in host_processes()
    assert engine.observed(task_id).ended_because == "stopped"
    assert not (engine.run_dir / "tasks" / task_id).exists()
    assert not cgroups_named(task_id)


def test_a_start_that_comes_after_the_stop_starts_nothing(engine: EngineUnderTest) -> None:
    task_id = new_task_id()
    engine.runner.stop(task_id, grace_s=0)
    engine.runner.start(engine.spec(task_id))
    observed = engine.observed(task_id)
    assert (observed.alive, observed.ended_because) == (False, "stopped before it started")
    assert not (engine.run_dir / "tasks" / task_id).exists()


def test_a_stop_in_the_middle_of_a_start_is_not_lost(engine: EngineUnderTest) -> None:
    task_id = new_task_id()
    with ThreadPoolExecutor(2) as both:
        calls = [
            both.submit(engine.runner.start, engine.spec(task_id)),
            both.submit(lambda: engine.runner.stop(task_id, grace_s=0)),
        ]
        for call in calls:
            call.result()
    assert not engine.observed(task_id).alive
    assert not cgroups_named(task_id)


def test_the_reason_of_an_end_is_reported(engine: EngineUnderTest) -> None:
    for code, words in ((0, "exited with code 0"), (3, "exited with code 3")):
        task_id = engine.start()
        with pytest.raises((OSError, http.client.HTTPException)):
            engine.ask(task_id, "/exit", {"code": code})
        until(lambda task_id=task_id: not engine.observed(task_id).alive, "the end")
        assert engine.observed(task_id).ended_because == words
        assert engine.observed(task_id).control_address == ""


def test_the_gateways_file_names_exactly_the_tasks_that_can_be_reached(engine: EngineUnderTest) -> None:
    file = engine.run_dir / "clusters/clusters.json"
    first, second = engine.start(), engine.start()
    clusters = {cluster["name"]: cluster for cluster in json.loads(file.read_text())["resources"]}
    assert {first, second} <= set(clusters)
    endpoint = clusters[first]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    assert endpoint["address"]["pipe"]["path"] == engine.observed(first).control_address.removeprefix("unix:")
    engine.runner.stop(first, grace_s=0)
    until(lambda: first not in file.read_text(), "the gateway to forget it")
    assert second in file.read_text()
    engine.runner.stop(second, grace_s=0)


def test_envoy_accepts_the_clusters(engine: EngineUnderTest, tmp_path: Path) -> None:
    task_id = engine.start()
    cluster = json.loads((engine.run_dir / "clusters/clusters.json").read_text())["resources"]
    # `--mode validate` does not open a CDS file, so the bootstrap has the same clusters.
    static = [{key: value for key, value in item.items() if key != "@type"} for item in cluster]
    bootstrap = tmp_path / "envoy.json"
    bootstrap.write_text(json.dumps({"static_resources": {"clusters": static}}))
    done = subprocess.run(
        [SOURCE / ".venv/bin/envoy", "--mode", "validate", "-c", bootstrap], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    engine.runner.stop(task_id, grace_s=0)


def test_a_newer_image_is_the_current_one_and_a_broken_one_is_passed_over(engine: EngineUnderTest) -> None:
    for name in ("vscode-2.0", "vscode-3.0"):
        folder = engine.images / name
        (folder / "agent").mkdir(parents=True)
    engine.write_image(engine.images / "vscode-2.0")
    (engine.images / "vscode-3.0/image.json").write_text("{")
    now = time.time()
    os.utime(engine.images / "vscode-2.0", (now + 10, now + 10))
    os.utime(engine.images / "vscode-3.0", (now + 20, now + 20))
    from contract.names import WorkspaceKind

    try:
        assert engine.runner.image(WorkspaceKind.VSCODE) == "vscode-2.0"
    finally:
        for name in ("vscode-2.0", "vscode-3.0"):
            (engine.images / name / "image.json").unlink()
            (engine.images / name / "agent").rmdir()
            (engine.images / name).rmdir()


@pytest.mark.parametrize(
    "line",
    [b"\n", b"no json\n", b"[]\n", b'{"call": 7}\n', b'{"call": "start"}\n', b'{"call": "burn", "arguments": {}}\n'],
)
def test_a_malformed_call_gets_an_error_and_harms_nothing(engine: EngineUnderTest, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(engine.run_dir / "engine.sock"))
        connection.sendall(line)
        answer = json.loads(connection.makefile("rb").readline())
    assert answer["failure"]["reason"] == "bad_request"
    engine.runner.list_tasks()


def test_a_second_engine_in_the_same_folder_is_refused(engine: EngineUnderTest) -> None:
    first = engine.daemon
    engine.start_daemon(wait=False)
    second, engine.daemon = engine.daemon, first
    assert second.wait(10) == 2
    assert "another sandbox engine uses" in engine.log.read_text()
    engine.runner.list_tasks()


def test_the_engines_socket_is_for_its_owner_alone(engine: EngineUnderTest) -> None:
    assert (engine.run_dir / "engine.sock").stat().st_mode & 0o777 == 0o600


def test_starting_and_attaching_are_fast(engine: EngineUnderTest, record_property: pytest.RecordProperty) -> None:
    """Generous limits, for a busy machine; `pytest -rA` or the report shows the medians."""
    start_ms, attach_ms = [], []
    for _ in range(9):
        began = time.monotonic()
        task_id = engine.start()
        start_ms.append((time.monotonic() - began) * 1000)
        home_id = engine.new_home()
        began = time.monotonic()
        engine.runner.attach_home(task_id, home_id)
        attach_ms.append((time.monotonic() - began) * 1000)
        engine.runner.stop(task_id, grace_s=0)
    print(
        f"start → reachable {statistics.median(start_ms):.0f} ms, attach {statistics.median(attach_ms):.1f} ms (medians)"
    )
    record_property("start_ms_median", statistics.median(start_ms))
    record_property("attach_ms_median", statistics.median(attach_ms))
    assert statistics.median(start_ms) < 1500
    assert statistics.median(attach_ms) < 100


@pytest.mark.parametrize("as_whom", START_AS)
def test_killing_the_shim_ends_all_sandboxes_and_the_engine_and_the_next_one_says_so(
    new_engine: NewEngine, as_whom: str
) -> None:
    engine = new_engine(as_whom=as_whom)
    mark = f"sleep 88{os.getpid()}"
    home_id = engine.new_home()
    tasks = [engine.start() for _ in range(3)]
    engine.runner.attach_home(tasks[0], home_id)
    for task_id in tasks:
        engine.python(task_id, f"import subprocess; subprocess.Popen({mark.split()!r}, start_new_session=True)")
    assert host_processes().count(mark) == 3
    below = psutil.Process(engine.shim.pid).children(recursive=True)
    engine.shim.send_signal(signal.SIGKILL)
    engine.shim.wait()
    until(lambda: mark not in host_processes(), "the kernel to end the sandboxes", within_s=30)
    until(lambda: not any(process.is_running() for process in below), "bubblewrap itself", within_s=30)
    assert engine.daemon.wait(5) == 0
    assert str(engine.homes) not in Path("/proc/self/mountinfo").read_text()
    assert all(str(engine.homes) not in text for text in all_mount_tables())
    engine.shim = engine.start_shim()
    engine.start_daemon()
    assert {task.ended_because for task in engine.runner.list_tasks()} == {"ended while the engine was away"}
    assert json.loads((engine.run_dir / "clusters/clusters.json").read_text())["resources"] == []
    assert not any((engine.run_dir / "tasks").iterdir())
    assert not [group for task_id in tasks for group in cgroups_named(task_id)]
    engine.runner.attach_home(engine.start(), home_id)


@pytest.mark.root  # only root has cgroups of version 1, and can remove them
def test_an_engine_whose_cgroup_was_taken_away_ends_so_that_the_next_one_can_start_tasks(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="root")
    groups = engine.cgroups()
    if not groups:
        pytest.skip("this machine lets nobody have a cgroup")
    for group in groups:
        group.rmdir()
    with pytest.raises(ApraNovaError):
        engine.runner.start(engine.spec(new_task_id()))
    assert engine.daemon.wait(10) == 0
    assert "the cgroup of all tasks is gone" in engine.log.read_text()
    assert engine.shim.wait(10) == 0
    engine.shim = engine.start_shim()
    engine.start_daemon()
    engine.start()


@pytest.mark.parametrize("as_whom", START_AS)
def test_an_agent_that_cannot_start_leaves_its_reason(new_engine: NewEngine, as_whom: str) -> None:
    engine = new_engine(as_whom=as_whom, agent="exits-at-once")
    task_id = new_task_id()
    engine.runner.start(engine.spec(task_id))
    until(lambda: not engine.observed(task_id).alive, "the end")
    assert engine.observed(task_id).ended_because == "exited with code 1"
    assert "this agent cannot start" in engine.log.read_text()


def test_an_agent_that_ignores_sigterm_is_killed_after_the_grace(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user", agent="ignores-sigterm")
    task_id = engine.start()
    began = time.monotonic()
    engine.runner.stop(task_id, grace_s=0.5)
    assert 0.4 < time.monotonic() - began < 20


def host_processes() -> str:
    return subprocess.check_output(["ps", "-eo", "args"], text=True)


def all_mount_tables() -> list[str]:
    tables = []
    for file in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            tables.append(file.read_text())
        except OSError:
            continue
    return tables
