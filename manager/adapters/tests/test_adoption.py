"""A new engine takes over the living tasks of one that died."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading

import pytest

from contract.errors import ApraNovaError
from manager.adapters.tests.conftest import NewEngine
from manager.adapters.tests.engine_under_test import START_AS, EngineUnderTest, cgroups_named, new_task_id
from tests.waiting import until

pytestmark = pytest.mark.sandbox

THROUGH_THE_PROXY = """
import socket
way_out = socket.socket(socket.AF_UNIX)
way_out.settimeout(20)
way_out.connect(CONFIG["egress_socket"])
way_out.sendall(b"CONNECT near.example:1 HTTP/1.1\\r\\n\\r\\n")
value = way_out.recv(100).decode()
"""
REFUSED = "HTTP/1.1 403 "


def die(engine: EngineUnderTest) -> None:
    engine.daemon.send_signal(signal.SIGKILL)
    engine.daemon.wait()


@pytest.mark.parametrize("as_whom", START_AS)
def test_a_killed_engine_loses_no_task(new_engine: NewEngine, as_whom: str) -> None:
    engine = new_engine(as_whom=as_whom)
    home_id, late = engine.new_home(file="kept"), engine.new_home(file="late")
    used, warm = engine.start(), engine.start()
    engine.runner.attach_home(used, home_id)
    agent = engine.python(used, "import os; value = os.getpid(), os.stat('/proc/self/ns/pid').st_ino")
    before = {task.task_id: task for task in engine.runner.list_tasks()}
    die(engine)
    assert engine.shell(used, "cat /home/student/file") == "kept"
    engine.start_daemon()
    assert {task.task_id: task for task in engine.runner.list_tasks()} == before
    assert engine.python(used, "import os; value = os.getpid(), os.stat('/proc/self/ns/pid').st_ino") == agent
    clusters = json.loads((engine.run_dir / "clusters/clusters.json").read_text())["resources"]
    assert {cluster["name"] for cluster in clusters} == {used, warm}
    with pytest.raises(ApraNovaError):
        engine.runner.attach_home(warm, home_id)
    engine.runner.attach_home(warm, late)
    assert engine.shell(warm, "cat /home/student/file") == "late"
    with pytest.raises((OSError, http.client.HTTPException)):
        engine.ask(warm, "/exit", {"code": 3})
    until(lambda: not engine.observed(warm).alive, "the end of an adopted task")
    assert engine.observed(warm).ended_because == "exited with code 3"
    engine.runner.stop(used, grace_s=5)
    assert engine.observed(used).ended_because == "stopped"
    assert not cgroups_named(used)
    assert not (engine.run_dir / "tasks" / used).exists()


def test_a_task_that_calls_out_while_no_engine_runs_waits_for_the_next_one(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    task_id = engine.start()
    assert engine.python(task_id, THROUGH_THE_PROXY).startswith(REFUSED)
    die(engine)
    answers: list[str] = []
    caller = threading.Thread(target=lambda: answers.append(engine.python(task_id, THROUGH_THE_PROXY)))
    caller.start()
    engine.start_daemon()
    caller.join(20)
    assert answers[0].startswith(REFUSED)


def test_a_task_that_ended_while_no_engine_ran_is_reported_with_its_reason(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    task_id = engine.start()
    die(engine)
    with pytest.raises((OSError, http.client.HTTPException)):
        engine.ask(task_id, "/exit", {"code": 4})
    engine.start_daemon()
    assert engine.observed(task_id).ended_because == "exited with code 4"


def test_a_task_without_a_readable_record_is_ended(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    task_id = engine.start()
    die(engine)
    (engine.run_dir / "records" / f"{task_id}.json").write_text("{")
    engine.start_daemon()
    assert engine.runner.list_tasks() == ()
    with pytest.raises((ConnectionError, FileNotFoundError)):
        engine.ask(task_id, "/python", {"code": ""})
    assert not cgroups_named(task_id)


def test_a_pid_that_was_used_again_is_not_taken_for_the_sandbox(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    task_id = engine.start()
    die(engine)
    file = engine.run_dir / "records" / f"{task_id}.json"
    record = json.loads(file.read_text())
    record["ids"]["first"]["started"] -= 1
    file.write_text(json.dumps(record))
    engine.start_daemon()
    assert engine.observed(task_id).ended_because == "could not be adopted: the sandbox has ended"


def test_a_home_that_was_noted_and_not_mounted_is_mounted_by_the_next_call(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    task_id, home_id = engine.start(), engine.new_home(file="mine")
    die(engine)
    file = engine.run_dir / "records" / f"{task_id}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "home_id": home_id}))
    engine.start_daemon()
    engine.runner.attach_home(task_id, home_id)
    assert engine.shell(task_id, "cat /home/student/file") == "mine"


def test_a_launch_goes_on_with_the_next_engine(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user", agent="listens-late")
    task_id = new_task_id()
    engine.runner.start(engine.spec(task_id))
    die(engine)
    engine.start_daemon()
    until(lambda: engine.observed(task_id).control_address, "the task to be reachable")
    engine.runner.attach_home(task_id, engine.new_home(file="mine"))
    assert engine.shell(task_id, "cat /home/student/file; ls /run/task") == "mine"


def test_a_terminated_engine_leaves_its_tasks_and_an_interrupted_one_ends_them(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    task_id = engine.start()
    engine.daemon.send_signal(signal.SIGTERM)
    assert engine.daemon.wait(10) == 0
    engine.start_daemon()
    assert engine.shell(task_id, "echo alive") == "alive\n"
    engine.daemon.send_signal(signal.SIGINT)
    assert engine.daemon.wait(10) == 0
    with pytest.raises((ConnectionError, FileNotFoundError)):
        engine.shell(task_id, "echo alive")
    engine.start_daemon()
    assert engine.observed(task_id).ended_because == "stopped"


def test_a_task_of_plain_processes_is_adopted_too(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user", isolation="none")
    task_id = engine.start(home_id=engine.new_home())
    die(engine)
    engine.start_daemon()
    assert engine.shell(task_id, "echo alive") == "alive\n"
    engine.runner.stop(task_id, grace_s=0)
    assert engine.observed(task_id).ended_because == "stopped"


def test_a_shim_that_is_asked_nonsense_answers_and_goes_on(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user")
    for line in (b"{}\n", b'{"order": "burn"}\n', b'{"order": "spawn", "arguments": {}}\n', b"no json\n", b"[]\n"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(engine.run_dir / "shim.sock"))
            connection.sendall(line)
            assert connection.recv(1000).startswith(b'{"failure"') or line == b"no json\n"
    engine.start()
