"""code-server as the agent's application: how it starts, when it is warm, what makes it a student's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.application import ApplicationFailed
from agent.probe import get
from agent.processes import Children, Command, Process
from contract.agent import ClaimRequest, SaveAnswer, WarnRequest
from contract.names import STUDENT_HOME
from images.vscode.extension_link import ExtensionLink
from images.vscode.home import CODE_SERVER_DATA, HomeNotReady, Owner, seed

START_TIMEOUT_S = 60.0
"""Twenty times what it takes on an idle machine; thirty students may start at once."""
_OK = range(200, 400)
_YOUNG_HEAP_MB = 4
"""Each of VS Code's eight Node processes keeps three times this for young objects; by default 16. Students' own programs run as
anywhere: terminals get neither this nor the variables below (defaults.json)."""
_LEAN_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""glibc gives freed memory back at once: 7 MB of an idle VS Code."""


@dataclass(frozen=True)
class Places:
    """Where things lie inside the task."""

    home: Path
    code_server: Path
    node: Path
    sockets: Path
    """A folder of the task's own that can be written and is empty."""

    @property
    def project(self) -> Path:
        return self.home / "project"

    @classmethod
    def of_this_task(cls) -> Places:
        """From the environment that image.json gives; without a sandbox the engine puts the host's paths there."""
        parent = os.environ.get("XDG_RUNTIME_DIR") or None
        return cls(
            home=Path(os.environ.get("HOME", STUDENT_HOME)),
            code_server=Path(os.environ.get("APRANOVA_CODE_SERVER", "/opt/code-server")),
            node=Path(os.environ.get("APRANOVA_NODE", "/opt/node")),
            sockets=Path(tempfile.mkdtemp(prefix="vscode-", dir=parent)),
        )


class VSCode:
    """See agent.application.Application."""

    name = "VS Code"
    takes_identity = False

    def __init__(self, places: Places, children: Children, *, now: Callable[[], float] = time.time) -> None:
        self._places = places
        self._children = children
        self.socket_path = str(places.sockets / "code-server.sock")
        self._link = ExtensionLink(str(places.sockets / "extension.sock"), now=now)

    async def open(self, person_did: Callable[[str], None]) -> None:
        await self._link.open(person_did)

    def command(self, proxy: Mapping[str, str]) -> Command:
        places = self._places
        data = places.home / CODE_SERVER_DATA
        # Without a file of its own code-server would write one, with a password in it, into the home.
        (places.sockets / "code-server.yaml").write_text("{}\n")
        switches = ("telemetry", "update-check", "workspace-trust", "getting-started-override", "proxy")
        arguments = (
            str(places.node / "bin/node"),
            f"--max-semi-space-size={_YOUNG_HEAP_MB}",
            *("--require", str(places.code_server / "hand_on.js")),
            str(places.code_server / "server.js"),
            *("--config", str(places.sockets / "code-server.yaml"), "--auth", "none"),
            *("--socket", self.socket_path, "--socket-mode", "0600"),
            # Not in the home, which another one takes the place of: extensions ask there.
            *("--session-socket", str(places.sockets / "sessions.sock")),
            *("--user-data-dir", str(data), "--extensions-dir", str(data / "extensions")),
            *(f"--disable-{name}" for name in switches),
            *("--reconnection-grace-time", "300", str(places.project)),
        )
        return Command(arguments, self._environment(proxy))

    async def end(self) -> str:
        raise ApplicationFailed("never ends without the agent's knowledge: the agent starts it")

    async def warm_up(self) -> None:
        """VS Code's server loads with the first request that it gets itself; /healthz is only code-server's."""
        deadline = time.monotonic() + START_TIMEOUT_S
        for target in ("/healthz", "/version"):
            while await get(self.socket_path, target, timeout_s=START_TIMEOUT_S) not in _OK:
                if time.monotonic() > deadline:
                    raise ApplicationFailed(f"VS Code did not answer within {START_TIMEOUT_S:.0f} s")
                await asyncio.sleep(0.03)

    async def claim(self, request: ClaimRequest) -> None:
        """The running server finds everything in the home at each page load, so a home that was mounted after its start
        is simply there; nothing is restarted."""
        try:
            is_new = seed(self._places.home, self._places.project, Owner(request.student_name, request.student_email))
        except HomeNotReady as problem:
            raise ApplicationFailed(str(problem)) from problem
        git = shutil.which("git", path=self._path())
        if is_new and git is not None:
            # A repository is a convenience: without it the workspace is as good.
            init = (git, "init", "--quiet", "--initial-branch=main", str(self._places.project))
            await self._children.run(Command(init, self._environment({})))
        if await get(self.socket_path, "/healthz", timeout_s=START_TIMEOUT_S) not in _OK:
            raise ApplicationFailed("VS Code does not answer")

    async def warn(self, request: WarnRequest) -> None:
        self._link.warn(request)

    async def save(self, sessions: int) -> SaveAnswer:
        return await self._link.save(sessions)

    async def say_goodbye(self) -> None:
        await self._link.say_goodbye()

    def unsaved(self) -> int:
        return self._link.unsaved

    def keep_running_wish_until(self) -> float | None:
        return self._link.keep_running_wish_until

    def progress(self) -> str:
        """A claim takes no time."""
        return ""

    def busy(self) -> str:
        """CPU time tells."""
        return ""

    def is_students(self, process: Process) -> bool:
        """code-server and its helpers have no terminal; what a student runs has one."""
        return process.terminal != 0

    def reason_of_request(self, method: str, target: str) -> str:  # noqa: ARG002 — requests alone prove nothing here
        """None: an open tab sends requests by itself; the extension knows better."""
        return ""

    def _path(self) -> str:
        here = [str(self._places.home / ".local/bin"), str(self._places.node / "bin")]
        # A Python of the image (/opt/python) comes before the machine's; the machine's own is on the path anyway.
        ours = str(Path(sys.executable).parent)
        return ":".join(dict.fromkeys([*here, ours, "/usr/local/bin", "/usr/bin", "/bin"]))

    def _environment(self, proxy: Mapping[str, str]) -> dict[str, str]:
        """Everything that code-server, and with it each terminal, gets."""
        places = self._places
        return {
            "HOME": str(places.home),
            "USER": "student",
            "LOGNAME": "student",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "PATH": self._path(),
            "XDG_RUNTIME_DIR": str(places.sockets),
            "APRANOVA_EXTENSION_SOCKET": self._link.socket_path,
            # `npm install -g` and `pip install` go to ~/.local: /opt and /usr are read-only.
            "NPM_CONFIG_PREFIX": str(places.home / ".local"),
            "NPM_CONFIG_NODEDIR": str(places.node),
            "NPM_CONFIG_UPDATE_NOTIFIER": "false",
            "PIP_BREAK_SYSTEM_PACKAGES": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "EDITOR": "nano",
            **_LEAN_MALLOC,
            **proxy,
        }
