"""The life of one task: warming → ready → claimed → stopping, and who may ask for what."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from _operator import _compare_digest as equal_in_constant_time
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

from agent.activity import SAMPLE_INTERVAL_S, Activity
from agent.application import Application, ApplicationFailed
from agent.collect.run import Collections
from agent.connection import Connections, Reply
from agent.egress import PROXY_PORT, proxy_environment
from agent.hand_out.run import HandOuts
from agent.home_program import HomeProgram, InTurn
from agent.http_head import Head
from agent.limits import prefer_to_lose
from agent.listening import listening_ports
from agent.memory import SAMPLE_INTERVAL_S as MEMORY_INTERVAL_S
from agent.memory import MemoryUse, ended_words, write_to_terminal
from agent.moved_home import HomeNotThere, come, flush
from agent.preview import is_by_person, port_of, visit_s
from agent.processes import Children, end_everything_else
from agent.shared_data import link as link_shared_data
from contract.agent import (
    PROGRAM_ENDED_SIGNAL,
    AgentPhase,
    AgentStatus,
    ClaimRequest,
    EndVisitsRequest,
    HomeUseRequest,
    SaveAnswer,
    TaskConfig,
    WarnRequest,
)
from contract.names import AGENT_PATH_PREFIX, AGENT_TOKEN_HEADER, CLAIMED, LAUNCH_SECRET_HEADER, PORT_HEADER
from contract.show import ShowRequest
from contract.wire import BadMessage, from_json, to_json

# This is `hmac.compare_digest`; importing hmac would load OpenSSL, a third of our memory.

Result = TypeVar("Result")

END_GRACE_S = 3.0
SAVE_MAX_S = 20.0
"""For a save at SIGTERM: twice what applications take, a sixth of Fargate Spot's notice."""
SAVED_BEFORE_S = 60.0
"""A SIGTERM so soon after a save belongs to the stop that asked for the save."""
GOODBYE_MAX_S = 2.0
PUT_AWAY_MAX_S = 3.0
ENDED_AFTER_S = 0.3
FAILURE_GRACE_S = 5.0
"""After a failure the agent stays this long, to answer why."""
LOOK_BYTES_MAX = 4_000_000
"""A piece of a file in Base64, and what is around it."""
PUT_BACK_BYTES_MAX = 60 * 1024
WORKED_TOGETHER = "worked with your instructor"
CLAIMED_GRACE_S = 1.0
"""The same once people work in it: only its end closes their connections and brings a new task."""


class Task:
    """Holds the state of this task and decides about every request (connection.Guard)."""

    head_timeout_s = 10.0
    linger_s = 30.0

    def __init__(
        self, config: TaskConfig, application: Application, *, children: Children, now: Callable[[], float]
    ) -> None:
        self.config = config
        self.application = application
        self.application_socket = application.socket_path
        self.passes_identity = application.takes_identity
        self.phase = AgentPhase.WARMING
        self.failure = ""
        self.activity = Activity(students=application.students, now=now)
        self.memory = MemoryUse()
        self.children = children
        self.connections = Connections(self)
        self.activity.visited = self.connections.visited
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Set with the agent's exit code."""
        places = application.places

        def program(module: str) -> HomeProgram:
            return HomeProgram(children, places.home, places.sockets, module)

        self._hand_outs = HandOuts(program("agent.hand_out.write"), tell=self.application.show_news)
        self._collections = Collections(program("agent.collect.read"))
        self._looks = InTurn(
            program("agent.look.read"), "LookAnswer",
            bytes_max=LOOK_BYTES_MAX, failure="The files could not be read in time",
        )  # fmt: skip
        self._put_back = InTurn(
            program("agent.put_back.write"), "WriteAnswer",
            bytes_max=PUT_BACK_BYTES_MAX, failure="The files could not be written in time.",
        )  # fmt: skip
        self._ready = asyncio.Event()
        self._claim: ClaimRequest | None = None
        self._claiming: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[SaveAnswer] | None = None
        self._save_ended_at = float("-inf")
        """By the event loop's clock."""
        self._taken = False
        self._naming: asyncio.TimerHandle | None = None
        self._application_end: asyncio.Task[str] | None = None
        """Done when the application has ended; the result says how."""
        self._background: set[asyncio.Task[Any]] = set()

    # --- life ---

    async def run(self) -> int:
        """Start the application and stay until the task ends; returns the exit code."""
        loop = asyncio.get_running_loop()
        self.children.watch()
        loop.add_signal_handler(signal.SIGTERM, self.take)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(PROGRAM_ENDED_SIGNAL, self.program_ended)
        self._in_background(self._warm_up())
        self._in_background(self._sample())
        self._in_background(self._watch_memory())
        return await self.ended

    def stop(self) -> None:
        """End the application and then the agent; the caller has saved before."""
        if self.phase is not AgentPhase.STOPPING:
            claimed, self.phase = self.phase is AgentPhase.CLAIMED, AgentPhase.STOPPING
            self._in_background(self._leave() if claimed else self._end(exit_code=0))

    def program_ended(self) -> None:
        """The engine says: the memory was full. The kernel needs a moment to clear a large program
        away. Any program may send us the signal, also a thousand times."""
        if self.phase is AgentPhase.CLAIMED and self._naming is None:
            self._naming = asyncio.get_running_loop().call_later(ENDED_AFTER_S, self._name_ended)

    def _name_ended(self) -> None:
        """Tell which one, in VS Code and in its terminal."""
        self._naming = None
        ended = self.memory.missing()
        text = ended_words(ended, self.memory.limit_bytes)
        _log(text)
        if ended is not None and ended.process.terminal:
            write_to_terminal(ended.process.terminal, text)
        self._in_background(self.application.warn(WarnRequest(stops_at=0.0, text=text)))

    async def _watch_memory(self) -> None:
        """Only for a person: nobody looks at a warm task."""
        while True:
            await asyncio.sleep(MEMORY_INTERVAL_S)
            if self.phase is AgentPhase.CLAIMED and self.memory.limit_bytes:
                self.memory.sample()
                if self._claim and self._claim.home_id and self.memory.another_was_ended():
                    self.program_ended()  # a home that came by itself: no engine is there to say it
                self.application.show_memory(self.memory.used_bytes, self.memory.limit_bytes)

    def take(self) -> None:
        """SIGTERM ends a stop, which has saved; or the place is taken away (Fargate Spot, an engine
        that ends), and nobody has saved. A save needs the browser, so until then nothing changes.
        """
        saved = asyncio.get_running_loop().time() - self._save_ended_at < SAVED_BEFORE_S
        if self.phase is not AgentPhase.CLAIMED or saved:
            self.stop()
        elif not self._taken:
            self._taken = True
            self._in_background(self._save_and_stop())

    async def _save_and_stop(self) -> None:
        try:
            async with asyncio.timeout(SAVE_MAX_S):
                answer = await self._save()
            _log(f"SIGTERM: {answer.failure or 'the work is saved'}")
        except Exception as problem:  # noqa: BLE001 — whatever it is, the end comes anyway
            _log(f"SIGTERM: the work could not be saved: {problem!r}")
        self.stop()

    async def _save(self) -> SaveAnswer:
        """A request while a save is under way gets the answer of that save."""
        if self._saving is None or self._saving.done():
            self._saving = asyncio.ensure_future(self.application.save(self.connections.sessions))
        try:
            return await asyncio.shield(self._saving)
        finally:
            self._save_ended_at = asyncio.get_running_loop().time()

    async def _warm_up(self) -> None:
        application = self.application
        try:
            application.person_did = self._person_did
            application.sessions = lambda: self.connections.sessions
            await application.open()
            command = application.command(proxy_environment(self.config.egress_socket))
            if command is None:
                self._application_end = self._in_background(application.end())
            else:
                pid = self.children.start(command)
                prefer_to_lose(pid)
                self._application_end = self._in_background(self._end_of(pid))
            self._in_background(self._watch_application(self._application_end))
            await application.warm_up()
        except (ApplicationFailed, OSError) as problem:
            self._fail(str(problem))
            return
        if self.phase is AgentPhase.WARMING:
            self.phase = AgentPhase.READY
            self._ready.set()

    def _person_did(self, reason: str) -> None:
        """Nothing tells whose window it was; a visitor's work keeps the workspace as well."""
        self.activity.person(WORKED_TOGETHER if self.connections.has_visitors else reason)

    async def _end_of(self, pid: int) -> str:
        code = await self.children.end_of(pid)
        return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"

    async def _watch_application(self, end: asyncio.Task[str]) -> None:
        how = await asyncio.shield(end)
        if self.phase is not AgentPhase.STOPPING:
            self._fail(f"{self.application.name} {how}")

    def _fail(self, failure: str) -> None:
        if self.phase in (AgentPhase.STOPPING, AgentPhase.FAILED):
            return
        grace_s = CLAIMED_GRACE_S if self.phase is AgentPhase.CLAIMED else FAILURE_GRACE_S
        self.phase, self.failure = AgentPhase.FAILED, failure
        self._ready.set()
        _log(f"failed: {failure}")
        self._in_background(self._end(exit_code=1, after_s=grace_s))

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_MAX_S):
                await self.application.say_goodbye()
        except Exception as problem:  # noqa: BLE001 — whatever it is, the end comes anyway
            _log(f"nobody could be told of the end: {problem!r}")
        await self._end(exit_code=0)

    async def _end(self, *, exit_code: int, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        if self._application_end is not None:
            try:
                async with asyncio.timeout(PUT_AWAY_MAX_S):
                    await self.application.put_away()
            except Exception as problem:  # noqa: BLE001 — whatever it is, the end comes anyway
                _log(f"not everything ended in order: {problem!r}")
            end_everything_else(signal.SIGTERM)
            try:
                async with asyncio.timeout(END_GRACE_S):
                    await asyncio.shield(self._application_end)
            except TimeoutError:
                _log("the application did not end by itself")
            end_everything_else(signal.SIGKILL)
            if self._claim is not None and self._claim.home_id:
                flush()
        if not self.ended.done():
            self.ended.set_result(exit_code)

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_INTERVAL_S)
            if self.phase is AgentPhase.CLAIMED:
                self.activity.sample()

    def _in_background(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background_done)
        return task

    def _background_done(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fail(f"the agent failed: {task.exception()!r}")

    # --- who may pass ---

    @property
    def own_ports(self) -> frozenset[int]:
        """Ports on which a browser has no business."""
        return own_ports(self.config) | self.application.own_ports()

    def refuse_control(self, head: Head) -> Reply | None:
        given = head.value(AGENT_TOKEN_HEADER)
        if not self._is_agent_token(given):
            return _problem(HTTPStatus.FORBIDDEN, "the agent token is wrong")
        if not head.target.startswith(AGENT_PATH_PREFIX):
            return _problem(HTTPStatus.NOT_FOUND, "there is no such control request")
        return None

    def _is_agent_token(self, given: str) -> bool:
        if self.config.agent_token_digest:
            import hashlib  # only where the configuration could not hold the token: it costs every task some memory

            given, wanted = hashlib.sha256(given.encode()).hexdigest(), self.config.agent_token_digest
        else:
            wanted = self.config.agent_token
        return bool(wanted) and equal_in_constant_time(given.encode(), wanted.encode())

    def refuse_data(self, head: Head) -> Reply | None:
        if self._claim is None or self.phase is not AgentPhase.CLAIMED:
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, "This workspace is not ready")
        given = head.value(LAUNCH_SECRET_HEADER)
        if not equal_in_constant_time(given.encode(), self._claim.launch_secret.encode()):
            return _text(HTTPStatus.FORBIDDEN, "This workspace does not belong to this request")
        if head.values(PORT_HEADER):
            return self._refuse_preview(head)
        if reason := self.application.reason_of_request(head.method, head.target):
            self.activity.person(reason)
        return None

    def _refuse_preview(self, head: Head) -> Reply | None:
        port = port_of(head.value(PORT_HEADER))
        if port is None or port in self.own_ports or not self.application.students_listen:
            return _text(HTTPStatus.FORBIDDEN, "This port is not open to a browser")
        if is_by_person(head) and visit_s(head) is None:
            self.activity.person(f"opened what your program serves on port {port}")
        return None

    # --- control requests ---

    async def control(self, head: Head, body: bytes) -> Reply:
        request = (head.method, head.target.partition("?")[0].removeprefix(AGENT_PATH_PREFIX))
        try:
            match request:
                case ("GET", "status"):
                    return self._status()
                case ("POST", "claim"):
                    return await self._claimed(from_json(ClaimRequest, json.loads(body), where="claim"))
                case ("POST", "warn"):
                    await self.application.warn(from_json(WarnRequest, json.loads(body), where="warn"))
                    return Reply(HTTPStatus.OK)
                case ("POST", "end-visits"):
                    ended = from_json(EndVisitsRequest, json.loads(body), where="end-visits")
                    self.connections.end_visits(ended.port)
                    return Reply(HTTPStatus.OK)
                case ("POST", "home-use"):
                    self.application.show_home_use(from_json(HomeUseRequest, json.loads(body), where="home-use"))
                    return Reply(HTTPStatus.OK)
                case ("POST", "show"):
                    self._show(from_json(ShowRequest, json.loads(body), where="show"))
                    return Reply(HTTPStatus.OK)
                case ("POST", "hand-out"):
                    return await self._about_project(self._hand_outs.take, body)
                case ("POST", "collect"):
                    return await self._about_project(self._collections.take, body)
                case ("POST", "look"):
                    return await self._about_project(self._looks.take, body)
                case ("POST", "write-files"):
                    return await self._about_project(self._put_back.take, body)
                case ("POST", "save"):
                    return _json(await self._save())
                case ("POST", "stop"):
                    self.stop()
                    return Reply(HTTPStatus.OK)
        except (BadMessage, ValueError) as problem:
            return _problem(HTTPStatus.BAD_REQUEST, str(problem))
        except ApplicationFailed as problem:
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, str(problem))
        except Exception as problem:  # noqa: BLE001 — one failing request must not leave its connection hanging
            _log(f"{request} failed: {problem!r}")
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the agent failed")
        return _problem(HTTPStatus.NOT_FOUND, "there is no such control request")

    async def _claimed(self, request: ClaimRequest) -> Reply:
        if not request.workspace_id or not request.launch_secret:
            return _problem(HTTPStatus.BAD_REQUEST, "a claim needs workspace_id and launch_secret")
        known = self._claim
        if known is not None and (known.workspace_id, known.launch_secret) != (
            request.workspace_id,
            request.launch_secret,
        ):
            return _problem(HTTPStatus.CONFLICT, "this task belongs to another workspace")
        if self.phase in (AgentPhase.STOPPING, AgentPhase.FAILED):
            return _problem(HTTPStatus.CONFLICT, self.failure or "this task is stopping")
        self._claim = request
        if self._claiming is None or (self._claiming.done() and self.phase is not AgentPhase.CLAIMED):
            self._claiming = asyncio.ensure_future(self._make_theirs(request))
        await asyncio.shield(self._claiming)
        return self._status()

    def _show(self, request: ShowRequest) -> None:
        if request.news:
            self.application.show_news(request.news)
        if request.visitors is not None:
            self.application.show_visitors(request.visitors)
        if request.help_changed:
            self.application.help_changed()

    async def _about_project(self, take: Callable[[bytes], Awaitable[bytes]], body: bytes) -> Reply:
        if self.phase is not AgentPhase.CLAIMED or not self.application.takes_hand_outs:
            return _problem(HTTPStatus.CONFLICT, "files can be neither written nor read here")
        return Reply(HTTPStatus.OK, await take(body))

    async def _make_theirs(self, request: ClaimRequest) -> None:
        await self._ready.wait()
        if self.phase is AgentPhase.READY:
            if request.home_id:
                try:
                    come(self.application.places.home, request.home_id)
                except HomeNotThere as problem:
                    raise ApplicationFailed(str(problem)) from problem
            link_shared_data(self.application.places.home)
            await self.application.claim(request)
        if self.phase is not AgentPhase.READY:  # it may have changed while we waited
            raise ApplicationFailed(self.failure or "this task is stopping")
        self.memory.limit_bytes = request.memory_bytes
        self.phase = AgentPhase.CLAIMED
        self.activity.person(CLAIMED)
        self.activity.sample()

    def _status(self) -> Reply:
        if self.phase is AgentPhase.CLAIMED:
            self.activity.sample()
        return _json(
            AgentStatus(
                task_id=self.config.task_id,
                phase=self.phase,
                workspace_id=self._claim.workspace_id if self._claim else None,
                last_activity_at=self.activity.last_at,
                activity_reason=self.activity.reason,
                busy=self.activity.busy or self.application.busy(),
                sessions=self.connections.sessions,
                unsaved=self.application.unsaved(),
                progress=self.application.progress(),
                keep_running_wish_until=self.application.keep_running_wish_until(),
                failure=self.failure,
                ports=self._ports(),
                programs=self._programs(),
                memory_bytes=self.memory.used_bytes,
            )
        )

    def _programs(self) -> tuple[str, ...]:
        if self.phase is not AgentPhase.CLAIMED:
            return ()
        busy = self.application.busy()
        own = self.activity.programs(without=self.children.for_students())
        return (busy, *own) if busy else own

    def _ports(self) -> tuple[int, ...]:
        claimed = self.phase is AgentPhase.CLAIMED and self.application.students_listen
        return tuple(listening_ports(self.own_ports)) if claimed else ()


def own_ports(config: TaskConfig) -> frozenset[int]:
    """Ports of the task itself, on which a browser has no business."""
    listen = "" if config.listen.startswith("unix:") else config.listen.rpartition(":")[2]
    return frozenset({PROXY_PORT, *([int(listen)] if listen.isdecimal() else [])})


def _json(message: object) -> Reply:
    return Reply(HTTPStatus.OK, json.dumps(to_json(message)).encode())


def _problem(status: HTTPStatus, failure: str) -> Reply:
    return Reply(status, json.dumps({"failure": failure}).encode())


def _text(status: HTTPStatus, text: str) -> Reply:
    return Reply(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def _log(text: str) -> None:
    sys.stderr.write(f"agent: {text}\n")
    sys.stderr.flush()
