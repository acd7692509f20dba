"""`TaskAgent` over HTTP, with the standard library's client: one connection for each call.

A timeout is for the whole exchange, and an answer has a limit.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any, TypeVar

from contract import wire
from contract.agent import (
    AgentStatus,
    ClaimRequest,
    EndVisitsRequest,
    HomeUseRequest,
    SaveAnswer,
    WarnRequest,
)
from contract.collect import CollectAnswer, CollectRequest
from contract.errors import ApraNovaError, Reason
from contract.hand_out import HandOutAnswer, HandOutRequest
from contract.history import LookAnswer, LookRequest, WriteAnswer, WriteRequest
from contract.names import AGENT_PATH_PREFIX, AGENT_TOKEN_HEADER
from contract.show import ShowRequest
from manager.ports.task_agent import AgentUnreachable

_ANSWER_MAX_BYTES = 64 * 1024
_COPY_MAX_BYTES = 6_000_000
_WITH_FILES = ("collect", "look")
Answer = TypeVar("Answer")


class HttpTaskAgent:
    """Student code may be behind the socket, so only an answer's type is trusted, up to a size."""

    def __init__(
        self,
        *,
        ask_timeout_s: float = 2.0,
        claim_timeout_s: float = 5.0,
        save_timeout_s: float = 20.0,
        hand_out_timeout_s: float = 5.0,
        collect_timeout_s: float = 6.0,
        write_timeout_s: float = 30.0,
    ) -> None:
        self._ask_timeout_s = ask_timeout_s
        self._claim_timeout_s = claim_timeout_s
        self._save_timeout_s = save_timeout_s
        self._hand_out_timeout_s = hand_out_timeout_s
        self._collect_timeout_s = collect_timeout_s
        self._write_timeout_s = write_timeout_s

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        return self._ask("GET", "status", control_address, agent_token, self._ask_timeout_s, AgentStatus)

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        return self._ask("POST", "claim", control_address, agent_token, self._claim_timeout_s, AgentStatus, request)

    def warn(self, control_address: str, agent_token: str, request: WarnRequest) -> None:
        self._exchange("POST", "warn", control_address, agent_token, self._ask_timeout_s, request)

    def end_visits(self, control_address: str, agent_token: str, request: EndVisitsRequest) -> None:
        self._exchange("POST", "end-visits", control_address, agent_token, self._ask_timeout_s, request)

    def show_home_use(self, control_address: str, agent_token: str, request: HomeUseRequest) -> None:
        self._exchange("POST", "home-use", control_address, agent_token, self._ask_timeout_s, request)

    def show(self, control_address: str, agent_token: str, request: ShowRequest) -> None:
        self._exchange("POST", "show", control_address, agent_token, self._ask_timeout_s, request)

    def hand_out(self, control_address: str, agent_token: str, request: HandOutRequest) -> HandOutAnswer:
        timeout_s = self._hand_out_timeout_s
        return self._ask("POST", "hand-out", control_address, agent_token, timeout_s, HandOutAnswer, request)

    def collect(self, control_address: str, agent_token: str, request: CollectRequest) -> CollectAnswer:
        timeout_s = self._collect_timeout_s
        return self._ask("POST", "collect", control_address, agent_token, timeout_s, CollectAnswer, request)

    def look(self, control_address: str, agent_token: str, request: LookRequest) -> LookAnswer:
        timeout_s = self._collect_timeout_s
        return self._ask("POST", "look", control_address, agent_token, timeout_s, LookAnswer, request)

    def write_files(self, control_address: str, agent_token: str, request: WriteRequest) -> WriteAnswer:
        timeout_s = self._write_timeout_s
        return self._ask("POST", "write-files", control_address, agent_token, timeout_s, WriteAnswer, request)

    def save(self, control_address: str, agent_token: str) -> SaveAnswer:
        return self._ask("POST", "save", control_address, agent_token, self._save_timeout_s, SaveAnswer)

    def _ask(
        self,
        method: str,
        name: str,
        address: str,
        token: str,
        timeout_s: float,
        answer_type: type[Answer],
        request: Any = None,
    ) -> Answer:
        value = self._exchange(method, name, address, token, timeout_s, request)
        try:
            return wire.from_json(answer_type, value, where=f"the agent's answer to {name}")
        except wire.BadMessage as error:
            raise AgentUnreachable(str(error)) from error

    def _exchange(self, method: str, name: str, address: str, token: str, timeout_s: float, request: Any) -> Any:
        connection = _connection(address, timeout_s)
        body = b"" if request is None else json.dumps(wire.to_json(request)).encode()
        headers = {AGENT_TOKEN_HEADER: token, "Content-Type": "application/json", "Connection": "close"}
        try:
            connection.request(method, AGENT_PATH_PREFIX + name, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read(_COPY_MAX_BYTES if name in _WITH_FILES else _ANSWER_MAX_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise AgentUnreachable(f"{name} at {address}: {error!r}") from error
        finally:
            connection.close()
        value = _decoded(text)
        if answer.status == 200:
            return value
        failure = value.get("message") or value.get("failure") if isinstance(value, dict) else ""
        detail = f"{name} at {address}: {answer.status} {failure}"
        if name == "claim" and answer.status not in (408, 429, 503, 504):
            words = str(failure) if failure else "The workspace did not open"
            raise ApraNovaError(Reason.LAUNCH_FAILED, words[:300], detail=detail)
        raise AgentUnreachable(detail)


def _decoded(text: bytes) -> Any:
    """None: it is no JSON, or holds half a letter or no number (NaN, Infinity), which no page could
    show: not the class's wall either, with all its other students."""
    try:
        value = json.loads(text or b"{}")
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


class _Socket(socket.socket):
    """Gives up at a moment, however slowly bytes come: a student may answer one a second."""

    gives_up_at: float

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self._left_s())
        return super().recv_into(buffer, nbytes, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self._left_s())  # for all of it together
        super().sendall(data, flags)

    def _left_s(self) -> float:
        left_s = self.gives_up_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the whole exchange took too long")
        return left_s


class _Connection(http.client.HTTPConnection):
    def __init__(self, family: socket.AddressFamily, address: Any, timeout_s: float) -> None:
        super().__init__("task", timeout=timeout_s)
        self._family, self._address, self._timeout_s = family, address, timeout_s

    def connect(self) -> None:
        self.sock = connection = _Socket(self._family, socket.SOCK_STREAM)
        connection.gives_up_at = time.monotonic() + self._timeout_s
        connection.settimeout(self._timeout_s)
        connection.connect(self._address)


def _connection(address: str, timeout_s: float) -> _Connection:
    if address.startswith("unix:/"):
        return _Connection(socket.AF_UNIX, address.removeprefix("unix:"), timeout_s)
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise AgentUnreachable(f"not an address of an agent: {address!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return _Connection(family, (host.strip("[]"), int(port)), timeout_s)
