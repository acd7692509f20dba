"""A task around the fake application; the command line says how it misbehaves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import agent.task
from agent.application import Application, ApplicationFailed, Places
from agent.main import main
from agent.probe import get
from agent.processes import Children, Command
from agent.task import Task
from contract.agent import ClaimRequest, SaveAnswer, TaskConfig, WarnRequest


class FakeApplication(Application):
    name = "The fake"
    warm_targets = ("/healthz",)

    def __init__(self, places: Places, children: Children, config: TaskConfig) -> None:
        super().__init__(places, children, config)
        self.folder, self.behavior = Path(sys.argv[1]), sys.argv[2]
        self.socket_path = str(self.folder / "app.sock")
        self.claims = 0
        self.saves = 0
        self.students_listen = self.behavior == "has ports"
        self.takes_hand_outs = self.behavior == "has a project"

    def command(self, proxy: Mapping[str, str]) -> Command:
        program = "/bin/false" if self.behavior == "never starts" else sys.executable
        script = str(Path(__file__).with_name("fake_server.py"))
        return Command((program, "-S", "-E", script, self.socket_path, *sys.argv[3:]), self.environment(proxy))

    async def claim(self, request: ClaimRequest) -> None:
        self.claims += 1
        if self.behavior == "first claim fails" and self.claims == 1:
            raise ApplicationFailed("the disk is full")
        if request.home_id:
            with (self.places.home / "visits").open("a") as visits:
                visits.write(f"{request.workspace_id}\n")

    def _note(self, name: str, text: str) -> None:
        """A test that waits for the file finds all of it."""
        fresh = self.folder / f"{name}.new"
        fresh.write_text(text)
        fresh.replace(self.folder / name)

    async def save(self, sessions: int) -> SaveAnswer:
        if self.behavior == "cannot save":
            return SaveAnswer(saved=False, failure="the browser did not answer in time")
        if self.behavior == "breaks":
            raise RuntimeError("a bug")
        if self.behavior == "saves forever":
            await asyncio.sleep(600)
        self.saves += 1
        self._note("saved", f"{self.saves} {await get(self.socket_path, '/healthz', timeout_s=5)}")
        return SaveAnswer(saved=True, documents=sessions)

    async def say_goodbye(self) -> None:
        self._note("goodbye", f"after {self.saves} saves")
        if self.behavior == "says goodbye forever":
            await asyncio.sleep(600)

    def show_news(self, text: str) -> None:
        self._note("news", text)

    async def warn(self, request: WarnRequest) -> None:
        self._note("warned", request.text)

    def unsaved(self) -> int:
        return self.claims

    def reason_of_request(self, method: str, target: str) -> str:
        return "ran a query" if (method, target) == ("POST", "/query") else ""


if __name__ == "__main__":
    Task.head_timeout_s = 0.4
    Task.linger_s = 0.4
    agent.task.SAVE_MAX_S = 0.5
    agent.task.GOODBYE_MAX_S = 0.5
    raise SystemExit(main(FakeApplication))
