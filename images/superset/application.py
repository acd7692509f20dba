"""Superset as the agent's application: the line to its process, from its start (or its arrival) to its end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.application import ApplicationFailed
from agent.processes import Command, Process
from contract.agent import ClaimRequest, SaveAnswer, WarnRequest
from contract.names import STUDENT_HOME
from images.superset import activity

START_TIMEOUT_S = 90.0
"""Twenty times what it takes on an idle machine; thirty students may start at once."""
CLAIM_TIMEOUT_S = 300.0
"""A home of an older Superset is migrated meanwhile."""
SAVE_TIMEOUT_S = 10.0
_LINE_BYTES_MAX = 64 * 1024
_SOURCE = Path(__file__).parent.parent.parent
LINK = "superset.sock"


@dataclass(frozen=True)
class Places:
    """Where things lie inside the task."""

    home: Path
    superset: Path
    runtime: Path
    """Where a process that comes from outside looks for the line."""
    sockets: Path
    """A folder of the task's own that can be written and is empty."""

    @classmethod
    def of_this_task(cls) -> Places:
        """From the environment that image.json gives; without a sandbox the engine puts the host's paths there."""
        parent = os.environ.get("XDG_RUNTIME_DIR") or None
        sockets = Path(tempfile.mkdtemp(prefix="superset-", dir=parent))
        return cls(
            home=Path(os.environ.get("HOME", STUDENT_HOME)),
            superset=Path(os.environ.get("APRANOVA_SUPERSET", "/opt/superset")),
            runtime=Path(parent) if parent else sockets,
            sockets=sockets,
        )


@dataclass(frozen=True)
class _Claim:
    """What Superset's process is told (inside/process.py, in Superset's Python)."""

    workspace_id: str
    home: str
    socket_path: str
    identity_key: str
    name: str
    email: str
    portal_url: str
    https: bool


class Superset:
    """See agent.application.Application."""

    name = "Superset"
    takes_identity = True

    def __init__(self, places: Places, *, preforked: bool, wanted_now: bool = False) -> None:
        self._places = places
        self._preforked = preforked
        self._wanted_now = wanted_now
        self.socket_path = str(places.sockets / "http.sock")
        self._link_path = (places.runtime if preforked else places.sockets) / LINK
        self._words = activity.Words(time.monotonic)
        self._writer: asyncio.StreamWriter | None = None
        self._warm = asyncio.Event()
        self._ended = asyncio.Event()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asking = asyncio.Lock()
        self._serves: _Claim | None = None
        self._busy = ""
        self._progress = ""
        self._person_did: Callable[[str], None] = lambda _: None

    async def open(self, person_did: Callable[[str], None]) -> None:
        self._person_did = person_did
        self._listening = await asyncio.start_unix_server(self._connected, self._link_path, limit=_LINE_BYTES_MAX)

    def command(self, proxy: Mapping[str, str]) -> Command | None:
        if self._preforked:
            return None
        python = self._places.superset / "bin/python"
        arguments = (str(python), "-s", "-m", "images.superset.server", "--link", str(self._link_path))
        if self._wanted_now:
            arguments += ("--wanted-now",)
        environment = {
            "HOME": str(self._places.home),
            "USER": "student",
            "LOGNAME": "student",
            "LANG": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(_SOURCE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MALLOC_ARENA_MAX": "2",
            **{name: os.environ[name] for name in ("TMPDIR", "XDG_RUNTIME_DIR") if name in os.environ},
            **proxy,
        }
        return Command(arguments, environment)

    async def end(self) -> str:
        await self._ended.wait()
        return "ended"

    async def warm_up(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._warm.wait()
        except TimeoutError:
            raise ApplicationFailed(f"Superset was not ready within {START_TIMEOUT_S:.0f} s") from None

    async def claim(self, request: ClaimRequest) -> None:
        claim = _Claim(
            workspace_id=request.workspace_id,
            home=str(self._places.home),
            socket_path=self.socket_path,
            identity_key=request.identity_key,
            name=request.student_name,
            email=request.student_email,
            portal_url=request.portal_url,
            https=request.portal_url.startswith("https:"),
        )
        if self._serves == claim:
            return
        answer = await self._ask({"claim": asdict(claim)}, CLAIM_TIMEOUT_S)
        self._progress = ""
        if answer.get("serving") is not True:
            raise ApplicationFailed(str(answer.get("failure") or "Superset did not answer"))
        self._serves = claim

    async def warn(self, request: WarnRequest) -> None:
        """The portal shows it; Superset has no place for messages of others."""

    async def save(self, sessions: int) -> SaveAnswer:  # noqa: ARG002  what a browser holds is not Superset's yet
        """Everything that Superset acknowledged is on the disk; this leaves the databases without their logs."""
        if self._serves is None:
            return SaveAnswer(saved=True)
        answer = await self._ask({"save": True}, SAVE_TIMEOUT_S)
        return SaveAnswer(saved=answer.get("saved") is True, failure=str(answer.get("failure", ""))[:300])

    async def say_goodbye(self) -> None:
        """The next click leads to the door; Superset has no place for messages of others."""

    def unsaved(self) -> int:
        return 0

    def keep_running_wish_until(self) -> float | None:
        return None

    def progress(self) -> str:
        return self._progress

    def busy(self) -> str:
        return self._busy

    def is_students(self, process: Process) -> bool:  # noqa: ARG002  nobody starts a program here
        return False

    def reason_of_request(self, method: str, target: str) -> str:
        return self._words.of(method, target)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The first who connects is Superset's process, before anything of a student runs; nobody else ever gets in."""
        if self._writer is not None:
            writer.close()
            return
        self._writer = writer
        self._listening.close()
        with suppress(OSError):
            self._link_path.unlink()
        try:
            while line := await reader.readline():
                self._receive(json.loads(line))
        except (OSError, ValueError) as problem:
            sys.stderr.write(f"superset's line: {problem}\n")
        finally:
            self._ended.set()
            self._answers.put_nowait({"failure": "Superset has ended"})
            writer.close()

    def _receive(self, message: dict[str, Any]) -> None:
        match message:
            case {"warm": True}:
                self._warm.set()
            case {"busy": str(words)}:
                if self._busy and not words:
                    self._person_did(_AFTERWARDS.get(self._busy, "used Superset"))
                self._busy = words
            case {"progress": str(sentence)}:
                self._progress = sentence
                sys.stderr.write(f"superset: {sentence}\n")
                sys.stderr.flush()
            case _:
                self._answers.put_nowait(message)

    async def _ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        if self._writer is None or self._ended.is_set():
            raise ApplicationFailed("Superset is not there")
        async with self._asking:
            self._writer.write(json.dumps(message).encode() + b"\n")
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._answers.get()
            except TimeoutError:
                raise ApplicationFailed(f"Superset did not answer within {timeout_s:.0f} s") from None


_AFTERWARDS = {running: did for did, running in activity.PAIRS if running}
