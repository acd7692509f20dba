"""A task around the fake application; how it misbehaves is said on the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import agent.task
from agent.application import ApplicationFailed
from agent.main import main
from agent.probe import get
from agent.processes import Children, Command, Process
from agent.task import Task
from contract.agent import ClaimRequest, SaveAnswer, TaskConfig, WarnRequest


class FakeApplication:
    name = "The fake"
    takes_identity = False

    def __init__(self, folder: Path, behaviour: str) -> None:
        self.folder = folder
        self.socket_path = str(folder / "app.sock")
        self.behaviour = behaviour
        self.claims = 0
        self.saves = 0
        self.warned = ""

    async def open(self, person_did: Callable[[str], None]) -> None: ...

    def command(self, proxy: Mapping[str, str]) -> Command:
        program = "/bin/false" if self.behaviour == "never starts" else sys.executable
        script = str(Path(__file__).with_name("fake_server.py"))
        return Command((program, "-S", "-E", script, self.socket_path), {"PATH": "/usr/bin:/bin", **proxy})

    async def warm_up(self) -> None:
        while await get(self.socket_path, "/healthz", timeout_s=5) != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # a file that appears and a port that answers have no event

    async def claim(self, request: ClaimRequest) -> None:
        self.claims += 1
        if self.behaviour == "first claim fails" and self.claims == 1:
            raise ApplicationFailed("the disk is full")

    async def warn(self, request: WarnRequest) -> None:
        self.warned = request.text

    async def save(self, sessions: int) -> SaveAnswer:
        if self.behaviour == "cannot save":
            return SaveAnswer(saved=False, failure="the browser did not answer in time")
        if self.behaviour == "breaks":
            raise RuntimeError("a bug")
        if self.behaviour == "saves for ever":
            await asyncio.sleep(600)
        self.saves += 1
        (self.folder / "saved").write_text(f"{self.saves} {await get(self.socket_path, '/healthz', timeout_s=5)}")
        return SaveAnswer(saved=True, documents=sessions)

    async def say_goodbye(self) -> None:
        (self.folder / "goodbye").write_text(f"after {self.saves} saves")
        if self.behaviour == "says goodbye for ever":
            await asyncio.sleep(600)

    def unsaved(self) -> int:
        return self.claims

    async def end(self) -> str:
        raise AssertionError("the agent started it")

    def progress(self) -> str:
        return ""

    def busy(self) -> str:
        return "a query" if self.behaviour == "busy" else ""

    def keep_running_wish_until(self) -> float | None:
        return None

    def is_students(self, process: Process) -> bool:
        return False

    def reason_of_request(self, method: str, target: str) -> str:
        return "ran a query" if (method, target) == ("POST", "/query") else ""


if __name__ == "__main__":
    folder, behaviour = Path(sys.argv[1]), sys.argv[2]
    Task.head_timeout_s = 0.4
    Task.linger_s = 0.4
    agent.task.SAVE_MAX_S = 0.5
    agent.task.GOODBYE_MAX_S = 0.5

    def make(children: Children, config: TaskConfig) -> FakeApplication:
        return FakeApplication(folder, behaviour)

    raise SystemExit(main(make))
