"""Applications forked off a prefork template are as isolated as those that bubblewrap starts."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from manager.adapters.tests.conftest import NewEngine
from manager.adapters.tests.engine_under_test import START_AS, EngineUnderTest, new_task_id
from tests.waiting import until

pytestmark = pytest.mark.sandbox

STATUS = (
    "value = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)"
)
NAMESPACES = "import os; value = {n: os.stat(f'/proc/self/ns/{n}').st_ino for n in ('user', 'mnt', 'net', 'ipc', 'uts', 'pid', 'cgroup')}"


@pytest.fixture(scope="module", params=START_AS)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineUnderTest]:
    engine = EngineUnderTest(as_whom=request.param, prefork="yes")
    yield engine
    engine.close()


@pytest.fixture
def task_id(engine: EngineUnderTest) -> Iterator[str]:
    task_id = engine.start()
    yield task_id
    engine.runner.stop(task_id, grace_s=0)


def templates_of(engine: EngineUnderTest) -> list[psutil.Process]:
    shim = psutil.Process(engine.shim.pid)
    return [child for child in shim.children() if "agent.prefork_template" in child.cmdline()]


def template_of(engine: EngineUnderTest) -> psutil.Process:
    (template,) = templates_of(engine)
    return template


def test_the_child_is_the_templates_copy_and_in_every_namespace_of_its_sandbox(
    engine: EngineUnderTest, task_id: str
) -> None:
    assert engine.forked(task_id, "value = LOADED_BY") == template_of(engine).pid
    assert engine.forked(task_id, NAMESPACES) == engine.python(task_id, NAMESPACES)
    assert engine.forked(task_id, "import os; value = os.getpid()") == engine.python(task_id, "value = FORKED.pid")
    assert engine.forked(task_id, "import os; value = os.getcwd()") == "/"


def test_the_child_has_no_privilege_that_the_agent_has_not(engine: EngineUnderTest, task_id: str) -> None:
    of_child, of_agent = engine.forked(task_id, STATUS), engine.python(task_id, STATUS)
    for line in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Uid", "Gid"):
        assert of_child[line] == of_agent[line], line
    assert int(of_child["CapBnd"], 16) == 0
    assert of_child["Seccomp"] in ("2", of_agent["Seccomp"])
    limit = (
        "import resource; value = [resource.getrlimit(resource.RLIMIT_NPROC), resource.getrlimit(resource.RLIMIT_CORE)]"
    )
    assert engine.forked(task_id, limit) == engine.python(task_id, limit)
    unshare = "import ctypes; value = ctypes.CDLL(None).unshare(0x10000000)"
    assert engine.forked(task_id, unshare) == -1


def test_the_child_keeps_nothing_of_the_templates_but_the_link(engine: EngineUnderTest, task_id: str) -> None:
    code = "import os; value = {n: os.readlink('/proc/self/fd/' + n) for n in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + n)}"
    files = engine.forked(task_id, code)
    assert {files.pop(number) for number in "012"} == {"/dev/null"}
    assert [name.partition(":")[0] for name in files.values()] == ["socket"]
    environment = engine.forked(task_id, "import os; value = dict(os.environ)")
    assert environment["HOME"] == "/home/student"
    assert "PYTHONPATH" not in environment
    first = engine.forked(task_id, "value = open('/proc/self/environ').read()")
    assert str(engine.base) not in first


def test_the_child_sees_its_own_home_alone(engine: EngineUnderTest, task_id: str) -> None:
    home_id, other = engine.new_home(file="mine"), engine.new_home(file="another's")
    engine.runner.attach_home(task_id, home_id)
    assert engine.forked(task_id, "value = open('/home/student/file').read()") == "mine"
    for path in (str(engine.homes / other), str(engine.run_dir), "/root", "/var/lib"):
        assert "Error" in str(engine.forked(task_id, f"import os; value = os.listdir({path!r})")), path
    assert engine.forked(task_id, "import os; value = os.listdir('/home')") == ["student"]


def test_the_child_counts_against_its_own_task(engine: EngineUnderTest, task_id: str) -> None:
    if not engine.cgroups():
        pytest.skip("this machine lets nobody have a cgroup")
    cgroups = "value = open('/proc/self/cgroup').read()"
    assert engine.forked(task_id, cgroups) == engine.python(task_id, cgroups)
    eat = (
        "import os; pid = os.fork()\nif pid == 0:\n    bytearray(400 << 20); os._exit(0)\nvalue = os.waitpid(pid, 0)[1]"
    )
    assert engine.forked(task_id, eat) == signal.SIGKILL


def test_what_one_child_writes_no_other_child_reads(engine: EngineUnderTest, task_id: str) -> None:
    other = engine.start()
    engine.forked(task_id, "SECRET_OF.append('ada'); value = 0")
    assert engine.forked(task_id, "value = SECRET_OF") == ["ada"]
    assert engine.forked(other, "value = SECRET_OF") == []
    connect = "import socket; value = socket.create_connection(('127.0.0.1', {}), 2).getsockname()"
    listen = (
        "import socket, builtins; builtins.kept = socket.create_server(('127.0.0.1', 0)); value = kept.getsockname()[1]"
    )
    port = engine.forked(task_id, listen)
    assert engine.forked(task_id, connect.format(port))[0] == "127.0.0.1"
    assert "ConnectionRefused" in engine.forked(other, connect.format(port))
    engine.runner.stop(other, grace_s=0)


def test_a_stop_ends_the_child_and_leaves_no_zombie(engine: EngineUnderTest) -> None:
    task_id = engine.start()
    engine.forked(task_id, "value = 1")
    children = template_of(engine).children()
    assert children
    engine.runner.stop(task_id, grace_s=0)
    until(lambda: not any(child.is_running() for child in children), "the template to collect its child")


def test_a_dead_template_ends_no_child_and_the_next_task_gets_a_new_one(engine: EngineUnderTest, task_id: str) -> None:
    engine.forked(task_id, "value = 1")
    template = template_of(engine)
    template.kill()
    until(lambda: not template.is_running(), "the template's end")
    assert engine.forked(task_id, "value = 2") == 2
    after = engine.start()
    assert engine.forked(after, "value = LOADED_BY") == template_of(engine).pid != template.pid
    engine.runner.stop(after, grace_s=0)


def test_after_a_dead_template_hurried_tasks_alone_start_a_new_one(new_engine: NewEngine) -> None:
    """Once, only the first hurried task did; every later one was started plainly."""
    engine = new_engine(as_whom="ordinary user", prefork="yes")
    engine.start()
    template = template_of(engine)
    template.kill()
    until(lambda: not template.is_running(), "the template's end")
    hurried = new_task_id()
    engine.runner.start(engine.spec(hurried, wanted_now=True))
    until(lambda: engine.observed(hurried).control_address, "the hurried task")
    assert engine.python(hurried, "value = CONFIG['preforked']") is False
    until(lambda: templates_of(engine), "a new template, some seconds later")


def test_forking_is_fast(engine: EngineUnderTest, record_property: pytest.RecordProperty) -> None:
    """A generous limit, for a busy machine."""
    began = time.monotonic()
    tasks = [engine.start() for _ in range(5)]
    took_ms = (time.monotonic() - began) * 1000 / len(tasks)
    record_property("start_ms_mean", took_ms)
    for task_id in tasks:
        engine.runner.stop(task_id, grace_s=0)
    assert took_ms < 1500


@pytest.mark.parametrize("as_whom", START_AS)
def test_the_template_sees_no_student_and_no_network(new_engine: NewEngine, as_whom: str) -> None:
    engine = new_engine(as_whom=as_whom, prefork="yes")
    engine.start()
    template = template_of(engine)
    process = Path(f"/proc/{template.pid}")
    engine.new_home()
    homes = process / "root" / engine.homes.relative_to("/")
    assert not homes.exists() or not list(homes.iterdir())
    assert not (process / "root" / engine.run_dir.relative_to("/") / "engine.sock").exists()
    assert sorted(path.name for path in (process / "root/opt").iterdir()) == ["agent", "apranova"]
    interfaces = (process / "net/dev").read_text()
    assert [line.split(":")[0].strip() for line in interfaces.splitlines()[2:]] == ["lo"]
    daemon = engine.daemon
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    engine.start_daemon()
    until(lambda: not template.is_running(), "the template to end with its engine")


@pytest.mark.parametrize("as_whom", START_AS)
def test_without_a_prefork_template_those_who_wait_get_a_plain_start(new_engine: NewEngine, as_whom: str) -> None:
    engine = new_engine(as_whom=as_whom, prefork="yes")
    hurried = new_task_id()
    engine.runner.start(engine.spec(hurried, wanted_now=True))
    until(lambda: engine.observed(hurried).control_address, "the hurried task")
    assert engine.python(hurried, "value = CONFIG['preforked']") is False
    patient = engine.start()
    assert engine.python(patient, "value = CONFIG['preforked']") is True
    hurried = new_task_id()
    engine.runner.start(engine.spec(hurried, wanted_now=True))
    until(lambda: engine.observed(hurried).control_address, "the second hurried task")
    assert engine.forked(hurried, "value = 3") == 3


def test_a_template_that_cannot_warm_up_costs_one_task_and_says_why(new_engine: NewEngine) -> None:
    engine = new_engine(as_whom="ordinary user", prefork="broken")
    first = engine.start(ready=False)
    until(lambda: not engine.observed(first).alive, "the first task to fail")
    assert "the sample data is broken" in engine.observed(first).ended_because
    assert "the sample data is broken" in engine.log.read_text()
    second = engine.start()
    assert engine.python(second, "value = CONFIG['preforked']") is False
