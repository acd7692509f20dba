"""code-server as the agent's application: its start, its warm-up, its claim."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from agent.application import Application, ApplicationFailed, Places
from agent.home_repair import HomeRepair
from agent.processes import Children, Command
from contract.agent import ClaimRequest, HomeUseRequest, SaveAnswer, TaskConfig, WarnRequest
from images.vscode import github_sign_in, known_extensions
from images.vscode.databases.in_workspace import Databases
from images.vscode.extension_link import NOTICE_MAX, ExtensionLink
from images.vscode.home import CODE_SERVER_DATA, make_usable, seed
from images.vscode.package_store import link_into_npm_cache

_YOUNG_HEAP_MB = 4
"""Each of VS Code's eight Node processes keeps three times this for young objects; by default 16.
Students' own programs get neither this nor the variables below (defaults.json)."""
_LEAN_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""glibc gives freed memory back at once: 7 MB of an idle VS Code."""


class VSCode(Application):
    name = "VS Code"
    students_listen = True
    takes_hand_outs = True
    warm_targets = ("/healthz", "/version")
    """VS Code's server loads with the first request to itself; /healthz is only code-server's."""

    def __init__(self, places: Places, children: Children, config: TaskConfig) -> None:
        super().__init__(places, children, config)
        self._code_server = Path(places.variables["APRANOVA_CODE_SERVER"])
        self._node = Path(places.variables["APRANOVA_NODE"])
        self._tools = Path(places.variables["APRANOVA_TOOLS"])
        more = places.variables.get("APRANOVA_NODE_OF_PROJECT")
        # Without isolation nothing is mounted where its link to the image's own Node.js leads.
        self._node_of_project = [more] if more and Path(more).with_name("24").exists() else []
        self._database_programs = (
            places.variables.get("APRANOVA_POSTGRESQL", ""),
            places.variables.get("APRANOVA_REDIS", "").rpartition("/")[0],
        )
        self._project = places.home / "project"
        self._link = ExtensionLink(str(places.sockets / "extension.sock"), now=time.time)
        self._repair = HomeRepair(places.home, places.sockets)
        self._linking: asyncio.Future[int] | None = None
        of_servers = {**super().environment({}), "PATH": self._path()}
        self._databases = Databases(places, children, environment=of_servers, tell=self._link.tell)

    async def open(self) -> None:
        await self._link.open(self._person_did)
        make_usable(self._repair, self.places.home)

    def _person_did(self, reason: str) -> None:
        """An extension host outlives its tab by minutes and takes the person for active."""
        if self.sessions():
            self.person_did(reason)

    def command(self, proxy: Mapping[str, str]) -> Command:
        sockets, data = self.places.sockets, self.places.home / CODE_SERVER_DATA
        known_extensions.offer(self._code_server, data)
        # Without this file code-server would write one, with a password in it, into the home.
        (sockets / "code-server.yaml").write_text("{}\n")
        switches = ("telemetry", "update-check", "workspace-trust", "getting-started-override", "proxy")
        arguments = (
            str(self._node / "bin/node"),
            f"--max-semi-space-size={_YOUNG_HEAP_MB}",
            *("--require", str(self._code_server / "hand_on.js")),
            str(self._code_server / "server.js"),
            *("--config", str(sockets / "code-server.yaml"), "--auth", "none"),
            *("--socket", self.socket_path, "--socket-mode", "0600"),
            # Not in the home, which another one takes the place of: extensions ask there.
            *("--session-socket", str(sockets / "sessions.sock")),
            *("--user-data-dir", str(data), "--extensions-dir", str(data / "extensions")),
            *(f"--disable-{name}" for name in switches),
            *("--reconnection-grace-time", "300", str(self._project)),
        )
        return Command(arguments, self.environment(proxy))

    async def claim(self, request: ClaimRequest) -> None:
        """The running server looks into the home at each page load, so it finds a home that was
        mounted after its start; nothing is restarted."""
        is_new = seed(
            self._repair,
            self.places.home,
            self._project,
            name=request.student_name,
            email=request.student_email,
        )
        self._link.notify(self._repair.notes)
        git = shutil.which("git", path=self._path())
        if is_new and git is not None:
            # A repository is a convenience: without it the workspace is as good.
            init = (git, "init", "--quiet", "--initial-branch=main", str(self._project))
            # Not the student's configuration: git would wait for a pipe in its place forever.
            environment = {**self.environment({}), "GIT_CONFIG_GLOBAL": os.devnull}
            await self.children.run(Command(init, environment))
        await self._databases.listen()
        if not await self.answers("/healthz"):
            raise ApplicationFailed("VS Code does not answer")
        if store := self.places.variables.get("APRANOVA_PACKAGES"):
            # Beside the student, who does not wait for it.
            self._linking = asyncio.ensure_future(asyncio.to_thread(link_into_npm_cache, Path(store), self.places.home))

    async def warn(self, request: WarnRequest) -> None:
        self._link.warn(request)

    def show_news(self, text: str) -> None:
        self._link.tell(text, is_news=True)

    def show_visitors(self, text: str) -> None:
        self._link.show_visitors(text)

    def help_changed(self) -> None:
        self._link.help_changed()

    def show_memory(self, used_bytes: int, limit_bytes: int) -> None:
        self._link.show_memory(used_bytes, limit_bytes)

    def show_home_use(self, request: HomeUseRequest) -> None:
        self._link.show_home_use(request)

    async def save(self, sessions: int) -> SaveAnswer:
        """The databases end last: a save that fails is tried again, and work goes on meanwhile."""
        answer = await self._link.save(sessions)
        if answer.saved:
            with contextlib.suppress(TimeoutError):  # their files survive a rough end, too
                await self._databases.end()
        return answer

    async def put_away(self) -> None:
        await self._databases.close()

    def own_ports(self) -> frozenset[int]:
        return self._databases.ports()

    async def say_goodbye(self) -> None:
        if self.sessions():  # an extension host without its tab would answer nothing
            await self._link.say_goodbye()

    def unsaved(self) -> int:
        return self._link.unsaved

    def progress(self) -> str:
        return ". ".join(self._repair.notes)[:NOTICE_MAX]

    def keep_running_wish_until(self) -> float | None:
        return self._link.keep_running_wish_until

    def _path(self) -> str:
        here = [str(self.places.home / ".local/bin"), *self._node_of_project, str(self._node / "bin")]
        # Before the machine's: an older pg_dump or psql refuses this server.
        here += [folder for folder in self._database_programs if folder]
        # A Python of the image (/opt/python) comes before the machine's.
        ours = str(Path(sys.executable).parent)
        return ":".join(dict.fromkeys([*here, ours, "/usr/local/bin", "/usr/bin", "/bin", str(self._tools / "bin")]))

    def environment(self, proxy: Mapping[str, str]) -> dict[str, str]:
        """Everything that code-server, and with it each terminal, gets."""
        return {
            **super().environment(proxy),
            "SHELL": "/bin/bash",
            "PATH": self._path(),
            "XDG_RUNTIME_DIR": str(self.places.sockets),
            # Where the Ports view, links in terminals and *Open in Browser* lead: VS Code knows the
            # host only in the browser, where it replaces both names.
            "VSCODE_PROXY_URI": "//p{{port}}--{{host}}/",
            "APRANOVA_EXTENSION_SOCKET": self._link.socket_path,
            # `npm install -g` and `pip install` go to ~/.local: /opt and /usr are read-only.
            "NPM_CONFIG_PREFIX": str(self.places.home / ".local"),
            # node-gyp's option, for modules that are compiled; npm complains of it among its own.
            "npm_package_config_node_gyp_nodedir": str(self._node),
            "NPM_CONFIG_UPDATE_NOTIFIER": "false",
            "PIP_BREAK_SYSTEM_PACKAGES": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "EDITOR": "code --wait",
            **github_sign_in.for_git(self.places.variables, str(self._tools / "bin/github-sign-in")),
            **self._databases.variables(),
            **_LEAN_MALLOC,
        }
