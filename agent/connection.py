"""One connection of the gateway: its first request's head is judged, then bytes flow both ways."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, cast

from agent.http_body import Body
from agent.http_head import HEAD_BYTES_MAX, BadHead, Head, for_application, parse_head
from agent.listening import listening_ports
from agent.preview import CONNECTIONS_MAX as PREVIEWS_MAX
from agent.preview import VISITS_MAX, AnswerHead, Translation, connect, nothing_listens, visit_s
from contract.names import AGENT_PATH_PREFIX, PORT_HEADER

CONTROL_BODY_BYTES_MAX = 64 * 1024
HAND_OUT_BYTES_MAX = 6 * 1024 * 1024
"""For the files of an assignment; only the manager, which knows the token, gets so far."""
CONNECTIONS_MAX = 512
_END_OF_HEAD = b"\r\n\r\n"
_SWITCHING = b"HTTP/1.1 101"


@dataclass(frozen=True)
class Reply:
    status: HTTPStatus
    body: bytes = b"{}"
    content_type: str = "application/json"


_NO_ANSWER = Reply(HTTPStatus.BAD_GATEWAY, b"The application does not answer\n", "text/plain")


class Guard(Protocol):
    """Who decides about requests; the connection only carries them."""

    head_timeout_s: float
    linger_s: float
    """How long one side may stay open in silence after the other has ended."""
    application_socket: str
    passes_identity: bool

    @property
    def own_ports(self) -> frozenset[int]: ...

    def refuse_control(self, head: Head) -> Reply | None: ...
    def refuse_data(self, head: Head) -> Reply | None: ...
    async def control(self, head: Head, body: bytes) -> Reply: ...


class Connections:
    """All open connections, limited in number; WebSockets among them count as sessions."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.open: set[Front] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._visited: dict[int, float] = {}

    def __call__(self) -> Front:
        return Front(self)

    @property
    def sessions(self) -> int:
        return sum(front.switched and not front.port for front in self.open)

    @property
    def previews(self) -> int:
        return sum(front.port > 0 for front in self.open)

    @property
    def visits(self) -> int:
        return sum(front.visit_timer is not None for front in self.open)

    def visited(self, within_s: float) -> frozenset[int]:
        """The ports to which visitors are connected, or were so lately."""
        now = asyncio.get_running_loop().time()
        for front in self.open:
            if front.visit_timer is not None:
                self._visited[front.port] = now
        return frozenset(port for port, at in self._visited.items() if port and now - at < within_s)

    @property
    def has_visitors(self) -> bool:
        """Somebody else than the student has the application open."""
        return any(front.visit_timer is not None and front.switched and not front.port for front in self.open)

    def end_visits(self, port: int) -> None:
        """Nobody may visit the port any more, or not everybody who is connected. 0: the
        application."""
        for front in [front for front in self.open if front.port == port and front.visit_timer is not None]:
            front.transport.abort()

    def visit_begins(self, port: int) -> None:
        self._visited[port] = asyncio.get_running_loop().time()

    def run(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class Front(asyncio.Protocol):
    """The side of the gateway."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.guard = connections.guard
        self.back: Back | None = None
        self.port = 0
        """Of the student's program that was asked for; 0: the application."""
        self.visit_timer: asyncio.TimerHandle | None = None
        """Ends the connection of a visitor; None: it is the owner's."""
        self.switched = False
        self.moved = False
        """Whether bytes moved since the last look of `_linger`."""
        self._head: Head | None = None
        self._body: Body | None = None
        self._received = b""
        self._answered = False
        self._timer: asyncio.TimerHandle | None = None

    # --- the loop calls these ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.connections.open.add(self)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.guard.head_timeout_s, self._answer, Reply(HTTPStatus.REQUEST_TIMEOUT))
        if len(self.connections.open) > CONNECTIONS_MAX:
            self._answer(Reply(HTTPStatus.SERVICE_UNAVAILABLE))

    def data_received(self, data: bytes) -> None:
        self.moved = True
        if self._answered:
            return  # whatever follows an answer of ours is thrown away
        try:
            if self._head is None:
                self._read_head(data)
            elif self._body is not None:
                self._read_body(data)
            elif self.back is not None:
                self.back.transport.write(data)
        except BadHead as problem:
            self._refuse_malformed(problem)

    def eof_received(self) -> bool:
        if self._head is None or self._answered:
            return False
        if self.back is not None:
            self.back.end()
            self._linger()
        return True

    def pause_writing(self) -> None:
        if self.back is not None:
            self.back.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.back is not None:
            self.back.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        self.connections.open.discard(self)
        self._stop_timer()
        if self.visit_timer is not None:
            self.visit_timer.cancel()
        if self.back is not None:
            self.back.transport.close()

    # --- the request ---

    def _read_head(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(_END_OF_HEAD, max(0, len(self._received) - len(data) - 3))
        if end > HEAD_BYTES_MAX or (end < 0 and len(self._received) > HEAD_BYTES_MAX):
            self._answer(Reply(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
            return
        if end < 0:
            return
        self._stop_timer()
        head = self._head = parse_head(self._received[:end])
        rest, self._received = self._received[end + len(_END_OF_HEAD) :], b""
        is_control = head.points_below(AGENT_PATH_PREFIX)
        refused = self.guard.refuse_control(head) if is_control else self.guard.refuse_data(head)
        if refused is not None:
            self._answer(refused)
            return
        self._body = Body(head)
        self.port = 0 if is_control else int(head.value(PORT_HEADER) or 0)
        if not is_control and (left_s := visit_s(head)) is not None:
            self.visit_timer = asyncio.get_running_loop().call_later(left_s, self.transport.abort)
            self.connections.visit_begins(self.port)
        visits = self.connections.visits if self.visit_timer is not None else 0
        if (self.port and self.connections.previews > PREVIEWS_MAX) or visits > VISITS_MAX:
            self._answer(Reply(HTTPStatus.SERVICE_UNAVAILABLE))
        elif is_control:
            self._timer = asyncio.get_running_loop().call_later(
                self.guard.head_timeout_s, self._answer, Reply(HTTPStatus.REQUEST_TIMEOUT)
            )
            self._read_body(rest)
        else:
            self.transport.pause_reading()
            self._received = rest
            self.connections.run(asyncio.ensure_future(self._connect(head)))

    def _read_body(self, data: bytes) -> None:
        assert self._body is not None  # noqa: S101 — only called behind a head
        assert self._head is not None  # noqa: S101
        belongs = self._body.take(data)
        if self.back is not None:
            if belongs:
                self.back.transport.write(belongs)
            return
        self._received += belongs
        if len(self._received) > _body_max(self._head):
            self._answer(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        elif self._body.done:
            self._stop_timer()
            self._answered = True
            self.connections.run(asyncio.ensure_future(self._control(self._head, self._received)))

    async def _control(self, head: Head, body: bytes) -> None:
        self._send(await self.guard.control(head, body))

    async def _connect(self, head: Head) -> None:
        back, request = await (self._reach_program(head) if self.port else self._reach_application(head))
        if back is None:
            return
        if self.transport.is_closing():
            back.transport.close()
            return
        self.back = back
        back.transport.write(request)
        rest, self._received = self._received, b""
        self.transport.resume_reading()
        if rest:
            self.data_received(rest)

    async def _reach_application(self, head: Head) -> tuple[Back | None, bytes]:
        loop = asyncio.get_running_loop()
        try:
            _, back = await loop.create_unix_connection(lambda: Back(self, head), self.guard.application_socket)
        except OSError:
            self._answer(_NO_ANSWER)
            return None, b""
        return back, for_application(head, with_identity=self.guard.passes_identity)

    async def _reach_program(self, head: Head) -> tuple[Back | None, bytes]:
        translation = Translation(head, self.port)
        back = await connect(lambda: Back(self, head, AnswerHead(translation)), self.port)
        if back is None:
            self._answer(Reply(*nothing_listens(head, self.port, listening_ports(self.guard.own_ports))))
        return back, translation.request()

    def switch(self) -> None:
        """The application agreed to a WebSocket: the bytes are not requests any more."""
        self.switched = True
        self._body = None

    # --- our own answers ---

    def _refuse_malformed(self, problem: BadHead) -> None:
        if self.back is not None:
            self.transport.abort()
        else:
            self._answer(Reply(HTTPStatus.BAD_REQUEST, f"{problem}\n".encode(), "text/plain"))

    def _answer(self, reply: Reply) -> None:
        self._answered = True
        self._stop_timer()
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        head = (
            f"HTTP/1.1 {reply.status.value} {reply.status.phrase}\r\ncontent-type: {reply.content_type}\r\n"
            f"content-length: {len(reply.body)}\r\nconnection: close\r\n\r\n"
        )
        if not self.transport.is_closing():
            self.transport.write(head.encode() + reply.body)
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _linger(self) -> None:
        """One side has ended: give up the half-open connection when nothing moved for a while."""
        if self._timer is not None and not self.moved:
            self.transport.abort()
            return
        self.moved = False
        self._timer = asyncio.get_running_loop().call_later(self.guard.linger_s, self._linger)

    def back_ended(self, *, answered: bool) -> None:
        """The application has sent all it will."""
        if not answered:
            self._answer(_NO_ANSWER)
        elif not self.transport.is_closing():
            # A plain request's answer is complete, a WebSocket without its other end is over.
            # `close` sends what is buffered first.
            self.transport.close()


def _body_max(head: Head) -> int:
    carries_files = head.target in (f"{AGENT_PATH_PREFIX}hand-out", f"{AGENT_PATH_PREFIX}write-files")
    return HAND_OUT_BYTES_MAX if carries_files else CONTROL_BODY_BYTES_MAX


class Back(asyncio.Protocol):
    """The side of the application, or of a student's program."""

    def __init__(self, front: Front, head: Head, answer_head: AnswerHead | None = None) -> None:
        self.front = front
        self._answer_head = answer_head
        self._awaits_switch = head.is_websocket
        self._start = b""
        self._answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answer_head is not None:
            data = self._answer_head.take(data)
        if data:
            self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        if self._awaits_switch:
            self._start += data[: len(_SWITCHING)]
            if len(self._start) >= len(_SWITCHING):
                self._awaits_switch = False
                if self._start.startswith(_SWITCHING):
                    self.front.switch()
        self._answered = self.front.moved = True
        self.front.transport.write(data)

    def eof_received(self) -> bool:
        self._end_answer()
        return True

    def pause_writing(self) -> None:
        self.front.transport.pause_reading()

    def resume_writing(self) -> None:
        self.front.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        self._end_answer()

    def _end_answer(self) -> None:
        if self._answer_head is not None and (held := self._answer_head.rest()):
            self._pass_on(held)
        self.front.back_ended(answered=self._answered)

    def end(self) -> None:
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
