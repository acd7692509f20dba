"""What the agent runs: one subclass of Application a kind, in images/<kind>/application.py."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.ownership import Ownership
from agent.probe import get
from agent.processes import Children, Command, Process
from contract.agent import ClaimRequest, HomeUseRequest, SaveAnswer, TaskConfig, WarnRequest
from contract.names import SCHOOL_VARIABLES

_OK = range(200, 400)


class ApplicationFailed(Exception):
    """The application cannot serve; the text is in plain words and goes to the manager."""


@dataclass(frozen=True)
class Places:
    """The folders of one task, as its agent sees them."""

    home: Path
    runtime: Path
    """Where a process that the engine puts into the task looks for the agent's socket."""
    sockets: Path
    """Writable, empty, and removed at the end."""
    variables: Mapping[str, str]
    """The agent's environment, in which image.json names the places of the image's layers."""


class Application:
    """`open` → the agent starts `command()` → `warm_up` → perhaps `claim`, for one student at most
    → perhaps `warn`, `save` → `say_goodbye` → the agent ends the process.

    A kind writes `command`, `claim` and what it knows better than the defaults below. Every
    coroutine runs on the agent's one thread and must not block it.
    """

    name: str
    """For people: 'VS Code'."""
    takes_identity = False
    """Whether it reads contract.names.IDENTITY_HEADER; any other application never sees it."""
    students_listen = False
    """Whether students run programs that a browser may reach on a port."""
    takes_hand_outs = False
    """Whether the home has a project, into which assignments are put."""
    start_timeout_s = 60.0
    """Twenty times what a start takes on an idle machine; thirty students may start at once."""
    warm_targets: tuple[str, ...] = ("/",)
    """It is warm when it has answered a GET of each of these."""

    def __init__(self, places: Places, children: Children, config: TaskConfig) -> None:
        self.places = places
        self.children = children
        self.config = config
        self.socket_path = str(places.sockets / "application.sock")
        """The Unix socket on which the application serves HTTP."""
        self._ownership = Ownership(os.getpid(), children.started)
        self.person_did: Callable[[str], None] = lambda _: None
        """For each sign of a person, in words that follow 'You': 'typed in the editor'."""
        self.sessions: Callable[[], int] = lambda: 0
        """How many WebSockets of browsers are open."""

    async def open(self) -> None:
        """Open channels of its own, before the start."""

    def command(self, proxy: Mapping[str, str]) -> Command | None:
        """How to start it. None: the engine puts its process into this task (TaskConfig.preforked).

        `proxy` has http_proxy and its like, or nothing when there is no way out.
        """
        raise NotImplementedError

    def environment(self, proxy: Mapping[str, str]) -> dict[str, str]:
        """What every application's process gets; nothing else of the agent's environment passes."""
        home = str(self.places.home)
        given = self.places.variables
        of_school = {name: given[name] for name in SCHOOL_VARIABLES if name in given}
        return {"HOME": home, "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", **of_school, **proxy}

    async def end(self) -> str:
        """How a process ended that the agent did not start, in words that follow the name."""
        raise NotImplementedError

    async def warm_up(self) -> None:
        """Return once it answers and has loaded what it loads lazily. Raises ApplicationFailed."""
        deadline = time.monotonic() + self.start_timeout_s
        for target in self.warm_targets:
            while not await self.answers(target):
                if time.monotonic() > deadline:
                    raise ApplicationFailed(f"{self.name} did not answer within {self.start_timeout_s:.0f} s")
                await asyncio.sleep(0.03)

    async def answers(self, target: str) -> bool:
        return await get(self.socket_path, target, timeout_s=self.start_timeout_s) in _OK

    async def claim(self, request: ClaimRequest) -> None:
        """The student's home is there: make it theirs and return once it serves them.

        Idempotent: the manager may ask again after a lost answer. Raises ApplicationFailed.
        """

    async def warn(self, request: WarnRequest) -> None:
        """Show a warning inside the application, if it has a place; the portal shows it too."""

    def show_news(self, text: str) -> None:
        """Something good to know, with nothing to do about it, if it has a place to show it."""

    def show_visitors(self, text: str) -> None:
        """Who is in the workspace besides the student, in words; empty: nobody."""

    def help_changed(self) -> None:
        """The student asked for help or needs it no longer: let the application's page ask."""

    def show_memory(self, used_bytes: int, limit_bytes: int) -> None:
        """What all programs of the task hold, every few seconds, if it has a place to show it."""

    def show_home_use(self, request: HomeUseRequest) -> None:
        """How full the home is, if it has a place to show it."""

    async def save(self, sessions: int) -> SaveAnswer:  # noqa: ARG002  for kinds that hold unsaved work
        """Write to the home what only memory holds, in limited time. `sessions`: WebSockets."""
        return SaveAnswer(saved=True)

    async def say_goodbye(self) -> None:
        """The task ends now: tell the student who looks at it, in a few tenths of a second."""

    async def put_away(self) -> None:
        """The task ends now: end in order, in some seconds, what a signal would end too roughly."""

    def own_ports(self) -> frozenset[int]:
        """Loopback ports on which the application listens for the student's programs."""
        return frozenset()

    def unsaved(self) -> int:
        return 0

    def keep_running_wish_until(self) -> float | None:
        return None

    def progress(self) -> str:
        """What a claim that takes long is doing, for the student; empty otherwise."""
        return ""

    def busy(self) -> str:
        """What runs for the student ('a query'); empty: nothing, or only CPU time tells."""
        return ""

    def students(self, processes: list[Process]) -> list[Process]:
        """Those of the task's processes that do the student's work."""
        return self._ownership.students(processes)

    def reason_of_request(self, method: str, target: str) -> str:  # noqa: ARG002  for kinds whose requests tell
        """What a person did with this request ('ran a query'); empty when it is no sign of one."""
        return ""
