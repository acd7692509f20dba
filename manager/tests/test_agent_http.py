"""The agents' client against a real HTTP server that behaves well, badly, or not at all."""

from __future__ import annotations

import json
import math
import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contract.agent import AgentPhase, ClaimRequest, EndVisitsRequest, HomeUseRequest, WarnRequest
from contract.errors import ApraNovaError, Reason
from contract.hand_out import HandOutRequest, HandOutState
from contract.names import AGENT_TOKEN_HEADER
from contract.show import ShowRequest
from manager.adapters.agent_http.agent import HttpTaskAgent
from manager.ports.task_agent import AgentUnreachable

READY = {"task_id": "task-1", "phase": "ready", "surprise": "from a newer agent"}


class PretendedAgent(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    answers: dict[str, tuple[int, Any]]
    seen: list[tuple[str, str, str | None, bytes]]

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.server.seen.append((self.command, self.path, self.headers.get(AGENT_TOKEN_HEADER), body))  # type: ignore[attr-defined]
            status, value = self.server.answers[self.path]  # type: ignore[attr-defined]
            text = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _any  # noqa: N815 (http.server looks these names up)

        def log_message(self, *args: Any) -> None: ...

        def address_string(self) -> str:
            return "task"


@pytest.fixture
def server() -> Iterator[PretendedAgent]:
    with (
        tempfile.TemporaryDirectory(prefix="apn-", dir="/tmp") as folder,
        PretendedAgent(str(Path(folder) / "http.sock"), PretendedAgent.Handler) as agent,
    ):
        agent.answers = {
            "/_agent/status": (200, READY),
            "/_agent/claim": (200, READY),
            "/_agent/warn": (200, {}),
            "/_agent/end-visits": (200, {}),
            "/_agent/home-use": (200, {}),
            "/_agent/show": (200, {}),
            "/_agent/hand-out": (200, {"state": "failed", "failure": "The home is full."}),
        }
        agent.seen = []
        threading.Thread(target=agent.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield agent
        agent.shutdown()


def address(server: PretendedAgent) -> str:
    return f"unix:{server.server_address}"


def test_status_is_asked_with_the_token_and_unknown_fields_are_ignored(server: PretendedAgent) -> None:
    assert HttpTaskAgent().status(address(server), "token").phase is AgentPhase.READY
    assert server.seen == [("GET", "/_agent/status", "token", b"")]


def test_what_an_agent_is_told_carries_its_message(server: PretendedAgent) -> None:
    agent = HttpTaskAgent()
    agent.claim(address(server), "token", ClaimRequest("ws-aaaaaaaaaa", "secret"))
    agent.warn(address(server), "token", WarnRequest(5.0, "soon"))
    agent.end_visits(address(server), "token", EndVisitsRequest(3000))
    agent.show_home_use(address(server), "token", HomeUseRequest("1 GB of 5.0 GB", nearly_full=False))
    agent.show(address(server), "token", ShowRequest(visitors="Ms Bell is here"))
    fields = ("launch_secret", "stops_at", "port", "text", "visitors")
    told = [json.loads(body)[field] for (*_, body), field in zip(server.seen, fields, strict=True)]
    assert told == ["secret", 5.0, 3000, "1 GB of 5.0 GB", "Ms Bell is here"]


def test_a_refused_claim_is_a_failed_launch_in_the_agents_words(server: PretendedAgent) -> None:
    server.answers["/_agent/claim"] = (409, {"message": "Another workspace has this task"})
    with pytest.raises(ApraNovaError) as refused:
        HttpTaskAgent().claim(address(server), "token", ClaimRequest("ws-aaaaaaaaaa", "secret"))
    assert (refused.value.reason, refused.value.message) == (Reason.LAUNCH_FAILED, "Another workspace has this task")


@pytest.mark.parametrize(
    "answer",
    [(200, b"<html>"), (200, {"phase": "ready"}), (200, {**READY, "phase": "dancing"}), (500, {}), (403, {}), (200, b"x" * 10**6),
     (200, b"[" * 60_000), (200, {**READY, "activity_reason": "\ud800"}),
     *((200, {**READY, "last_activity_at": number}) for number in (10**400, math.nan, math.inf))],
)  # fmt: skip
def test_a_malformed_answer_says_nothing_about_the_task(server: PretendedAgent, answer: tuple[int, Any]) -> None:
    server.answers["/_agent/status"] = answer
    with pytest.raises(AgentUnreachable):
        HttpTaskAgent().status(address(server), "token")


@pytest.mark.parametrize("nowhere", ["unix:/tmp/apn-nobody/http.sock", "127.0.0.1:1", "", "nonsense", "memory:x"])
def test_an_agent_that_is_not_there_is_unreachable(nowhere: str) -> None:
    with pytest.raises(AgentUnreachable):
        HttpTaskAgent().status(nowhere, "token")


def test_a_silent_agent_is_given_up_after_the_time_limit() -> None:
    with tempfile.TemporaryDirectory(prefix="apn-", dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{folder}/s")
        silent.listen()
        with pytest.raises(AgentUnreachable):
            HttpTaskAgent(ask_timeout_s=0.1).status(f"unix:{folder}/s", "token")


def test_an_agent_that_answers_a_byte_a_second_is_given_up_after_the_time_limit() -> None:
    """Endless headers, then an endless body: each byte comes long before the limit."""
    for start in (b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"):
        with tempfile.TemporaryDirectory(prefix="apn-", dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as slow:
            slow.bind(f"{folder}/s")
            slow.listen()

            def drip(listener: socket.socket = slow, start: bytes = start) -> None:
                connection = listener.accept()[0]
                with connection, suppress(OSError):
                    connection.sendall(start)
                    while True:
                        connection.sendall(b"x")
                        time.sleep(0.05)

            threading.Thread(target=drip, daemon=True).start()
            began = time.monotonic()
            with pytest.raises(AgentUnreachable):
                HttpTaskAgent(ask_timeout_s=0.4).status(f"unix:{folder}/s", "token")
            assert time.monotonic() - began < 20


def test_a_hand_out_carries_the_files_and_brings_the_homes_answer(server: PretendedAgent) -> None:
    files = "A" * 5_000_000
    answer = HttpTaskAgent().hand_out(address(server), "token", HandOutRequest("a1", 2, "lesson-1", files))
    assert (answer.state, answer.failure) == (HandOutState.FAILED, "The home is full.")
    (_, path, token, body) = server.seen[0]
    sent = {
        "assignment_id": "a1",
        "version": 2,
        "folder": "lesson-1",
        "files": files,
        "returned": False,
        "starter": False,
    }
    assert (path, token, json.loads(body)) == ("/_agent/hand-out", "token", sent)
    server.answers["/_agent/hand-out"] = (409, {"failure": "nothing can be handed out here"})
    with pytest.raises(AgentUnreachable):
        HttpTaskAgent().hand_out(address(server), "token", HandOutRequest("a1", 2, "lesson-1", files))
