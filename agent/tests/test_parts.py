"""Parts of the agent in the test's own process: its decisions, and what it reads of processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from agent import egress, limits, listener, probe, processes, task
from agent.activity import Activity
from agent.application import Application, Places
from agent.egress import proxy_environment
from agent.http_head import Head
from agent.processes import Children, Command, Process, parse_stat, words_for
from contract.agent import AgentPhase, ClaimRequest, SaveAnswer, TaskConfig, WarnRequest
from contract.names import AGENT_TOKEN_HEADER, LAUNCH_SECRET_HEADER, WorkspaceKind

NOW = 1_000.0
CLAIM = {"workspace_id": "ws-aaaaaaaaaa", "launch_secret": "s"}


class Stub(Application):
    """Remembers what it was asked, and takes a moment for it."""

    name = "The stub"

    def __init__(self, config: TaskConfig) -> None:
        places = Places(Path("/home"), Path("/run"), Path("/sockets"), {})
        super().__init__(places, Children(), config)
        self.asked: list[str] = []
        self.failing: Exception | None = None

    async def claim(self, request: ClaimRequest) -> None:
        self.asked.append("claim")
        await asyncio.sleep(0.01)
        if self.failing:
            raise self.failing

    async def save(self, sessions: int) -> SaveAnswer:
        self.asked.append("save")
        await asyncio.sleep(0.01)
        return SaveAnswer(saved=True, documents=sessions)

    async def warn(self, request: WarnRequest) -> None:
        self.asked.append(f"warn {request.text}")

    def show_news(self, text: str) -> None:
        self.asked.append(f"news {text}")

    def show_visitors(self, text: str) -> None:
        self.asked.append(f"visitors {text}")

    def help_changed(self) -> None:
        self.asked.append("help changed")

    def busy(self) -> str:
        return "a query"

    def unsaved(self) -> int:
        return 3

    def progress(self) -> str:
        return "Migrating"

    def keep_running_wish_until(self) -> float | None:
        return 7.0

    def reason_of_request(self, method: str, target: str) -> str:
        return "ran a query" if (method, target) == ("POST", "/q") else ""


def made(**config: Any) -> tuple[task.Task, Stub]:
    settings = TaskConfig("task-a", WorkspaceKind.VSCODE, **{"agent_token": "token", "listen": "", **config})
    stub = Stub(settings)
    one = task.Task(settings, stub, children=Children(), now=lambda: NOW)
    one.activity.processes = list
    return one, stub


def ready(**config: Any) -> tuple[task.Task, Stub]:
    one, stub = made(**config)
    one.phase = AgentPhase.READY
    one._ready.set()
    return one, stub


async def ask(one: task.Task, method: str, name: str, body: object = None) -> tuple[int, Any]:
    reply = await one.control(Head(method, f"/_agent/{name}", ()), json.dumps(body).encode())
    return reply.status.value, json.loads(reply.body) if reply.body else None


async def test_a_task_answers_for_its_whole_state() -> None:
    one, _ = ready()
    _, before = await ask(one, "GET", "status?x=y")
    assert (before["phase"], before["workspace_id"], before["last_activity_at"]) == ("ready", None, None)
    status, answer = await ask(one, "POST", "claim", CLAIM)
    assert (status, answer) == (
        200,
        {
            "task_id": "task-a", "phase": "claimed", "workspace_id": "ws-aaaaaaaaaa", "last_activity_at": NOW,
            "activity_reason": "launched it", "busy": "a query", "sessions": 0, "unsaved": 3, "progress": "Migrating",
            "keep_running_wish_until": 7.0, "failure": "", "ports": [], "programs": ["a query"], "memory_bytes": 0,
        },
    )  # fmt: skip


async def test_claims_and_saves_that_come_together_are_done_once() -> None:
    one, stub = ready()
    await asyncio.gather(*(ask(one, "POST", "claim", CLAIM) for _ in range(3)))
    assert (await ask(one, "POST", "claim", CLAIM))[0] == 200
    saved = await asyncio.gather(*(ask(one, "POST", "save") for _ in range(3)))
    assert {status for status, _ in saved} == {200}
    await ask(one, "POST", "save")
    assert stub.asked == ["claim", "save", "save"]
    assert await ask(one, "POST", "warn", {"stops_at": 1.0, "text": "soon"}) == (200, {})
    assert stub.asked[-1] == "warn soon"
    assert await ask(one, "POST", "show", {"news": "Five more minutes"}) == (200, {})
    assert await ask(one, "POST", "show", {"visitors": ""}) == (200, {})
    assert stub.asked[-2:] == ["news Five more minutes", "visitors "]
    assert await ask(one, "POST", "show", {"help_changed": True}) == (200, {})
    assert stub.asked[-2:] == ["visitors ", "help changed"]


@pytest.mark.parametrize(
    ("phase", "change", "status"),
    [
        (AgentPhase.READY, {"workspace_id": ""}, 400), (AgentPhase.READY, {"launch_secret": ""}, 400),
        (AgentPhase.CLAIMED, {"workspace_id": "ws-b"}, 409), (AgentPhase.CLAIMED, {"launch_secret": "x"}, 409),
        (AgentPhase.STOPPING, {}, 409), (AgentPhase.FAILED, {}, 409),
    ],
)  # fmt: skip
async def test_a_claim_that_cannot_be_is_refused(phase: AgentPhase, change: dict[str, str], status: int) -> None:
    one, stub = ready()
    if phase is AgentPhase.CLAIMED:
        await ask(one, "POST", "claim", CLAIM)
    one.phase = phase
    assert (await ask(one, "POST", "claim", {**CLAIM, **change}))[0] == status
    assert stub.asked == ["claim"] * (phase is AgentPhase.CLAIMED)


async def test_a_claim_waits_for_the_warm_up_and_fails_with_it() -> None:
    one, _ = made()
    waiting = asyncio.ensure_future(ask(one, "POST", "claim", CLAIM))
    await asyncio.sleep(0.01)
    one._fail("the disk is full")
    assert await waiting == (500, {"failure": "the disk is full"})
    one._fail("something else")
    assert (one.phase, one.failure) == (AgentPhase.FAILED, "the disk is full")


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("GET", "claim", CLAIM, 404), ("POST", "status", None, 404), ("POST", "claim", {}, 400), ("POST", "warn", [], 400),
        ("POST", "nothing", None, 404),
    ],
)  # fmt: skip
async def test_a_control_request_that_is_none(method: str, name: str, body: object, status: int) -> None:
    one, _ = ready()
    assert (await ask(one, method, name, body))[0] == status


@pytest.mark.parametrize(
    ("config", "token", "target", "status"),
    [
        ({}, "token", "/_agent/status", None), ({}, "tokenx", "/_agent/status", 403), ({}, "", "/_agent/status", 403),
        ({}, "token", "/%5fagent/status", 404), ({"agent_token": ""}, "", "/_agent/status", 403),
        ({"agent_token_digest": sha256(b"other").hexdigest()}, "other", "/_agent/status", None),
        ({"agent_token_digest": sha256(b"other").hexdigest()}, "token", "/_agent/status", 403),
    ],
)  # fmt: skip
async def test_who_may_control(config: dict[str, str], token: str, target: str, status: int | None) -> None:
    one, _ = ready(**config)
    refused = one.refuse_control(Head("GET", target, ((AGENT_TOKEN_HEADER.encode(), token.encode()),)))
    assert (refused and refused.status.value) == status


@pytest.mark.parametrize(
    ("phase", "secret", "status"),
    [("ready", "s", 503), ("claimed", "s", None), ("claimed", "t", 403), ("claimed", "", 403), ("stopping", "s", 503)],
)
async def test_who_may_reach_the_application(phase: str, secret: str, status: int | None) -> None:
    one, _ = ready()
    if phase != "ready":
        await ask(one, "POST", "claim", CLAIM)
        one.activity.last_at = None
    one.phase = AgentPhase(phase)
    refused = one.refuse_data(Head("POST", "/q", ((LAUNCH_SECRET_HEADER.encode(), secret.encode()),)))
    assert (refused and refused.status.value) == status
    assert (one.activity.last_at, one.activity.reason == "ran a query") == ((None, False) if status else (NOW, True))


@pytest.mark.parametrize(
    ("cmdline", "words"),
    [
        (b"/usr/bin/python3.11\0-u\0/home/x/train.py\0--fast\0", "python3.11 train.py"), (b"/bin/bash\0", "bash"),
        (b"node\0server.js\0", "node server.js"), (b"sh\0-c\0\0run", "sh run"), (b"dash\0x", "dash x"), (b"ruby\0a.rb", "ruby a.rb"),
        (b"perl5\0-w\0a.pl", "perl5 a.pl"), (b"/usr/bin/gcc\0main.c\0", "gcc"), (b"npm run dev \0\0", "npm"), (b"", "name"),
        (b"python \xff.py", "python \N{REPLACEMENT CHARACTER}.py"), (b"python\0" + b"x" * 70, "python " + "x" * 53), (b"g" * 70, "g" * 60),
        (b"\x1b]0;x\x07\nagent: lie", "?]0;x??agent"),
    ],
)  # fmt: skip
def test_what_a_person_calls_a_process(cmdline: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.Path, "read_bytes", lambda path: {"/proc/7/cmdline": cmdline}[str(path)])
    assert words_for(Process(7, "name", 1, 7, 7, 0, 0.0)) == words


def test_every_field_of_a_process_is_read() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    line = b"42 (a) \xff) S 1 7 8 34816 7 0 1 2 3 4 10 20 30 40 50 6 7 8 999"
    assert parse_stat(line) == Process(42, "a) \N{REPLACEMENT CHARACTER}", 1, 7, 8, 34816, 100 / ticks, 999.0)


def test_descendants_are_found_at_any_depth() -> None:
    tree = {2: 1, 3: 2, 4: 3, 5: 1, 6: 2}
    everything = [Process(pid, "x", parent, pid, pid, 0, 0.0) for pid, parent in tree.items()]
    assert sorted(process.pid for process in processes._below(2, everything)) == [2, 3, 4, 6]


def test_the_busiest_group_gives_a_job_its_name_over_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.activity.words_for", lambda process: process.name)
    clock, running = [0.0], [Process(10, "make", 1, 10, 1, 9, 0.0), Process(11, "cc", 10, 10, 1, 9, 0.0)]
    activity = Activity(lambda all_: all_, lambda: clock[0], processes=lambda: running, terminal_read_at=lambda _: None)
    told = []
    for second, used in ((0, 0.0), (15, 2.9), (30, 3.0), (60, 3.0), (75, 3.0), (90, 3.0), (91, 3.0), (120, 6.0)):
        clock[0] = float(second)
        running[1] = replace(running[1], cpu_s=used)
        activity.sample()
        told.append(activity.busy)
    assert told == ["", "", "make", "make", "", "", "", "make"]
    running[:] = [Process(12, "ld", 1, 99, 1, 9, 60.0)]  # its group's leader has ended
    activity.sample()
    assert activity.busy == "ld"


def test_the_limits_are_no_looser_than_the_engine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    for hard, own, wanted in (
        (limits.resource.RLIM_INFINITY, True, 512),
        (100, True, 100),
        (900, True, 512),
        (900, False, None),
    ):
        found: dict[int, tuple[int, int]] = {}
        monkeypatch.setattr(limits.resource, "setrlimit", found.__setitem__)
        monkeypatch.setattr(limits.resource, "getrlimit", lambda _, hard=hard: (0, hard))
        monkeypatch.setattr(limits.Path, "read_text", lambda _, own=own: f"0 1000 {1 if own else 4294967295}\n")
        limits.set_limits(512)
        expected = {limits.resource.RLIMIT_CORE: (0, 0)}
        assert found == expected | ({limits.resource.RLIMIT_NPROC: (wanted, wanted)} if wanted else {})


def standard_input_of(pid: int) -> str:
    return str(Path(f"/proc/{pid}/fd/0").readlink())


async def test_a_child_leads_a_session_of_its_own_and_its_end_is_told() -> None:
    children = Children()
    children.watch()
    pid = children.start(Command(("/bin/sleep", "60"), {}))
    assert (os.getsid(pid), standard_input_of(pid)) == (pid, os.devnull)
    os.kill(pid, signal.SIGKILL)
    assert await children.end_of(pid) == -signal.SIGKILL
    assert await children.run(Command(("/bin/sh", "-c", "exit $CODE"), {"CODE": "7"})) == 7
    one, _ = made()
    one.children = children
    assert await one._end_of(pid) == "was ended by signal 9"
    assert await one._end_of(children.start(Command(("/bin/true",), {}))) == "ended with code 0"
    children._ends.popitem()
    assert list(children._ends) == [pid]  # what was only run is not remembered


async def test_the_way_out_takes_so_many_connections_at_once_and_any_number_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "CONNECTIONS_MAX", 2)

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"to " + await reader.readexactly(3))
        await reader.read()
        writer.close()

    async def ask(port: int) -> tuple[bytes, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"you")
        with contextlib.suppress(ConnectionError):
            return await reader.read(100), writer
        return b"", writer

    out = await egress.forward(str(tmp_path / "proxy"), port=0)
    port = out.sockets[0].getsockname()[1]
    assert (await ask(port))[0] == b""  # the proxy is down
    async with await asyncio.start_unix_server(proxy, tmp_path / "proxy"), out:
        for _ in range(2):
            answers = [await ask(port) for _ in range(3)]
            assert [answer for answer, _ in answers] == [b"to you", b"to you", b""]
            for _, writer in answers:
                writer.close()
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("listen", ["", ":80", "localhost", "127.0.0.1:x"])
def test_where_nobody_can_listen_is_refused(listen: str) -> None:
    with pytest.raises(ValueError, match="listen must be"):
        listener.bind(listen)


def test_it_listens_where_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    path.touch()
    umask = os.umask(0o022)
    with listener.bind(f"unix:{path}") as server, listener.bind("[::1]:0") as six, listener.bind("127.0.0.1:0") as four:
        assert [it.family for it in (server, six, four)] == [socket.AF_UNIX, socket.AF_INET6, socket.AF_INET]
        assert (path.stat().st_mode & 0o777, server.getblocking()) == (0o666, False)
        four_names = four.getsockname()
        with socket.create_connection(four_names, timeout=5):
            pass
    assert os.umask(umask) == 0o022


async def test_an_application_that_says_nothing_has_nothing_to_say() -> None:
    _, stub = made()
    plain = Application(stub.places, stub.children, stub.config)
    said = (
        plain.unsaved(),
        plain.keep_running_wish_until(),
        plain.progress(),
        plain.busy(),
        plain.reason_of_request("GET", "/"),
    )
    assert said == (0, None, "", "", "")
    assert await plain.save(3) == SaveAnswer(saved=True)
    running = [Process(1, "init", 0, 1, 1, 0, 0.0), Process(8, "sh", 1, 8, 8, 9, 0.0)]
    assert plain.students(running) == running[1:]
    assert plain.environment({"http_proxy": "p"}) == {
        "HOME": "/home", "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", "http_proxy": "p",
    }  # fmt: skip
    assert plain.socket_path == "/sockets/application.sock"


def test_programs_learn_of_the_proxy_where_there_is_one() -> None:
    found: Mapping[str, str] = proxy_environment("/run/egress.sock", 99)
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:99")
    local = dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1,::1")
    assert proxy_environment("x")["http_proxy"] == "http://127.0.0.1:3128"
    assert (found, proxy_environment("")) == ({**proxies, **local, "NODE_USE_ENV_PROXY": "1"}, {})


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"HTTP/1.1 204 No Content\r\n\r\n", 204), (b"HTTP/1.1 200\r\n\r\nbody", 0), (b"nonsense\r\n", 0), (b"a b\r\n", 0), (b"", 0)],
)  # fmt: skip
async def test_a_probe_reads_the_status_of_the_answer(answer: bytes, status: int, tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(serve, tmp_path / "s"):
        assert await probe.get(str(tmp_path / "s"), "/health", timeout_s=5.0) == status
    assert asked == [b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"]
    assert await probe.get(str(tmp_path / "nobody"), "/", timeout_s=5.0) == 0
