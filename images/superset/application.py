"""Superset as the agent's application: the line to its process, from its start to its end."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent.application import Application, ApplicationFailed, Places
from agent.processes import Children, Command, Process
from contract.agent import ClaimRequest, SaveAnswer, TaskConfig, WarnRequest
from images.superset import activity
from images.superset.link import LINE_BYTES_MAX, Claim

CLAIM_TIMEOUT_S = 300.0
"""A home of an older Superset is migrated meanwhile."""
SAVE_TIMEOUT_S = 10.0
_SOURCE = Path(__file__).parent.parent.parent
LINK = "superset.sock"


class Superset(Application):
    """Its pages show warnings, and notice by themselves that it has gone (inside/notices.py)."""

    name = "Superset"
    takes_identity = True
    start_timeout_s = 90.0

    def __init__(self, places: Places, children: Children, config: TaskConfig) -> None:
        super().__init__(places, children, config)
        self._link_path = (places.runtime if config.preforked else places.sockets) / LINK
        self._words = activity.Words(time.monotonic)
        self._writer: asyncio.StreamWriter | None = None
        self._warm = asyncio.Event()
        self._ended = asyncio.Event()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asking = asyncio.Lock()
        self._serves: Claim | None = None
        self._busy = ""
        self._progress = ""
        self._keep_running_until: float | None = None

    async def open(self) -> None:
        self._listening = await asyncio.start_unix_server(self._connected, self._link_path, limit=LINE_BYTES_MAX)

    def command(self, proxy: Mapping[str, str]) -> Command | None:
        if self.config.preforked:
            return None
        variables = self.places.variables
        arguments = (
            f"{variables['APRANOVA_SUPERSET']}/bin/python",
            "-s",
            "-m",
            "images.superset.server",
            "--link",
            str(self._link_path),
        )
        if self.config.wanted_now:
            arguments += ("--wanted-now",)
        environment = {
            **self.environment(proxy),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(_SOURCE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MALLOC_ARENA_MAX": "2",
            **{name: variables[name] for name in ("TMPDIR", "XDG_RUNTIME_DIR") if name in variables},
        }
        return Command(arguments, environment)

    async def end(self) -> str:
        await self._ended.wait()
        return "ended"

    async def warm_up(self) -> None:
        try:
            async with asyncio.timeout(self.start_timeout_s):
                await self._warm.wait()
        except TimeoutError:
            raise ApplicationFailed(f"Superset was not ready within {self.start_timeout_s:.0f} s") from None

    async def claim(self, request: ClaimRequest) -> None:
        claim = Claim(
            workspace_id=request.workspace_id,
            home=str(self.places.home),
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
        if self._writer is not None and self._serves is not None:
            self._writer.write(json.dumps({"warn": asdict(request)}).encode() + b"\n")

    def show_news(self, text: str) -> None:
        if self._writer is not None and self._serves is not None:
            self._writer.write(json.dumps({"news": text}).encode() + b"\n")

    def keep_running_wish_until(self) -> float | None:
        return self._keep_running_until

    async def save(self, sessions: int) -> SaveAnswer:  # noqa: ARG002  what a browser holds is not Superset's yet
        """What Superset acknowledged is on the disk; this empties the databases' logs."""
        if self._serves is None:
            return SaveAnswer(saved=True)
        answer = await self._ask({"save": True}, SAVE_TIMEOUT_S)
        return SaveAnswer(saved=answer.get("saved") is True, failure=str(answer.get("failure", ""))[:300])

    def progress(self) -> str:
        return self._progress

    def busy(self) -> str:
        return self._busy

    def students(self, processes: list[Process]) -> list[Process]:  # noqa: ARG002  nobody starts a program here
        return []

    def reason_of_request(self, method: str, target: str) -> str:
        return self._words.of(method, target)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The first to connect is Superset's process, before any student's code; no other may."""
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
                    self.person_did(_AFTERWARDS.get(self._busy, "used Superset"))
                self._busy = words
            case {"keep_running": float(until)}:
                self._keep_running_until = until
                self.person_did("asked to keep running")
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
