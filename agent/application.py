"""What the agent needs to know about the application it runs; one implementation for each kind, in images/<kind>/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from agent.processes import Command, Process
from contract.agent import ClaimRequest, SaveAnswer, WarnRequest


class ApplicationFailed(Exception):
    """The application cannot serve; the text is in plain words and goes to the manager."""


class Application(Protocol):
    """Life of an application: `open` → the agent starts `command()`, if there is one → `warm_up` → perhaps `claim`, at most one
    student's → perhaps `warn`, `save` → `say_goodbye` → the agent ends the
    process. Every coroutine runs on the agent's one thread and must not block it."""

    name: str
    """For people: 'VS Code'."""
    socket_path: str
    """The Unix socket on which the application serves HTTP."""
    takes_identity: bool
    """Whether it reads contract.names.IDENTITY_HEADER; any other application never sees it."""

    async def open(self, person_did: Callable[[str], None]) -> None:
        """Open channels of its own (before the start). `person_did(reason)` is to be called for each sign of a person,
        with words that follow 'You': 'typed in the editor'."""

    def command(self, proxy: Mapping[str, str]) -> Command | None:
        """How to start it; `proxy` has http_proxy and its like, or nothing when there is no way out. None: its process is
        put into this task from outside (TaskConfig.preforked)."""
        ...

    async def end(self) -> str:
        """Wait for the end of a process that the agent did not start; how it ended, in words that follow the name."""
        ...

    async def warm_up(self) -> None:
        """Return once it answers and has loaded what it loads lazily. Raises ApplicationFailed."""

    async def claim(self, request: ClaimRequest) -> None:
        """The student's home is there: make it theirs and return once it serves them. Idempotent: the manager may ask
        again after a lost answer. Raises ApplicationFailed."""

    async def warn(self, request: WarnRequest) -> None:
        """Show a warning inside the application; no one there to see it is no error."""

    async def save(self, sessions: int) -> SaveAnswer:
        """Write to the home what exists only in memory, within a limit of its own. `sessions`: open WebSockets."""
        ...

    async def say_goodbye(self) -> None:
        """The student's task ends now: tell whoever still looks at it, in a few tenths of a second at most."""

    def unsaved(self) -> int: ...

    def keep_running_wish_until(self) -> float | None: ...

    def progress(self) -> str:
        """What a claim that takes long is doing, for the student; empty otherwise."""
        ...

    def busy(self) -> str:
        """What runs for the student now, such as 'a query'; empty when nothing does, or when only CPU time would tell."""
        ...

    def is_students(self, process: Process) -> bool:
        """Whether a process does the student's work (and is no part of the application itself)."""
        ...

    def reason_of_request(self, method: str, target: str) -> str:
        """What a person did, when this request is a sign of one ('ran a query'); empty when it is none."""
        ...
