"""A real JupyterHub on this machine, whose students use the image's own code-server.

As a school would set it up on one server: the hub, its proxy, a server for each student, in which
jupyter-vscode-proxy starts VS Code. A process for each student is the lightest spawner that it has;
it isolates nobody. Whoever gives the name is signed in, so no password costs time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.direct import in_image
from contract.names import WorkspaceKind
from tests.npm_packages import installed
from tests.ports import free_port
from tests.school import APPLICATION_PAGE, BROWSING, Unexpected
from tests.waiting import until

SOURCE = Path(__file__).parents[1]
LOCK_FILE = SOURCE / "requirements/peers.txt"
START_WITHIN_S = 60.0
LAUNCH_WITHIN_S = 300.0
LOOK_EVERY_S = 0.1
CONFIGURATION = """
c = get_config()
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"PATH": {path!r}}}
c.Spawner.http_timeout = c.Spawner.start_timeout = 300
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.concurrent_spawn_limit = 100
c.JupyterHub.log_level = "WARN"
"""


class Hub:
    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.process = process


class HubStudent:
    """One signed-in person with a browser's connection and cookies."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.name = name
        self.url = f"{hub.url}/user/{name}/vscode/"
        self.http = httpx.Client(base_url=hub.url, timeout=LAUNCH_WITHIN_S, follow_redirects=True, headers=BROWSING)
        page = self.http.get("/hub/login")
        found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        if found is None:
            raise Unexpected(f"JupyterHub's sign-in page has changed: {page.text[:300]}")
        answer = self.http.post("/hub/login?next=/hub/home", data={"username": name, "_xsrf": found[1]})
        if answer.status_code != 200:
            raise Unexpected(f"{name} cannot sign in: {answer.status_code}")

    def launch(self) -> float:
        """Start the student's server and open VS Code. Milliseconds until its first page."""
        began = time.perf_counter()
        self.click()
        until(self._is_ready, f"{self.name}'s server does not start", within_s=LAUNCH_WITHIN_S, every_s=LOOK_EVERY_S)
        page = self.http.get(self.url)
        if APPLICATION_PAGE[WorkspaceKind.VSCODE] not in page.text:
            raise Unexpected(f"{page.url} is not VS Code: {page.status_code} {page.text[:300]}")
        return (time.perf_counter() - began) * 1e3

    def click(self) -> None:
        self._api("POST")

    def stop(self) -> None:
        self._api("DELETE")
        until(lambda: not self._model()["servers"], f"{self.name}'s server does not stop", every_s=LOOK_EVERY_S)

    def _is_ready(self) -> bool:
        return bool(self._model()["servers"].get("", {}).get("ready"))

    def _model(self) -> dict[str, dict[str, dict[str, object]]]:
        return dict(self.http.get(f"/hub/api/users/{self.name}").json())

    def _api(self, method: str) -> None:
        xsrf = next(it.value or "" for it in self.http.cookies.jar if it.name == "_xsrf" and it.path == "/hub/")
        answer = self.http.request(method, f"/hub/api/users/{self.name}/server", headers={"X-XSRFToken": xsrf})
        already = method == "POST" and answer.status_code == 400 and "already running" in answer.text
        if answer.status_code >= 400 and not already:
            raise Unexpected(f"{method} of {self.name}'s server: {answer.status_code} {answer.text[:300]}")


@contextmanager
def running_hub(image: Path) -> Iterator[Hub]:
    python = _environment()
    proxy = installed(SOURCE / "benchmarks/jupyterhub_proxy")
    folder = Path(tempfile.mkdtemp(prefix="apn-hub-", dir="/tmp"))
    (folder / "homes").mkdir()
    described = json.loads((image / "image.json").read_text())
    node = Path(in_image("/opt/node/bin/node", described["mounts"]))
    _write_code_server(folder / "bin", node, Path(in_image("/opt/code-server", described["mounts"])))
    path = f"{folder}/bin:{python.parent}:{proxy}/node_modules/.bin:{node.parent}:/usr/bin:/bin"
    port, hub_port, proxy_port = free_port(), free_port(), free_port()
    configuration = CONFIGURATION.format(
        homes=str(folder / "homes"), path=path, port=port, hub_port=hub_port, proxy_port=proxy_port
    )
    (folder / "jupyterhub_config.py").write_text(configuration)
    environment = {"PATH": path, "HOME": str(folder), "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(32)}
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "jupyterhub", "-f", "jupyterhub_config.py"],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    hub = Hub(f"http://127.0.0.1:{port}", process)
    try:
        until(lambda: _answers(hub, folder / "hub.log"), "JupyterHub does not answer", within_s=START_WITHIN_S)
        yield hub
    finally:
        process.send_signal(signal.SIGTERM)  # it stops its proxy and all servers
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(hub: Hub, log: Path) -> bool:
    if hub.process.poll() is not None:
        raise Unexpected(f"JupyterHub ended with code {hub.process.returncode}:\n{log.read_text()}")
    try:
        return httpx.get(f"{hub.url}/hub/login").status_code == 200
    except httpx.TransportError:
        return False


def _write_code_server(folder: Path, node: Path, code_server: Path) -> None:
    """The command `code-server`, as its own package has it."""
    entry = code_server / "node_modules/code-server/out/node/entry.js"
    folder.mkdir()
    (folder / "code-server").write_text(f'#!/bin/sh\nexec "{node}" "{entry}" "$@"\n')
    (folder / "code-server").chmod(0o755)


def _environment() -> Path:
    """The Python of a virtual environment with the lock file's packages; made once."""
    cache = Path(os.environ.get("APRANOVA_TEST_CACHE") or tempfile.gettempdir())
    digest = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:16]
    folder = cache / f"jupyterhub-{os.getuid()}-{digest}"
    with (cache / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--require-hashes"]
            subprocess.run([*uv, "--python", str(folder / "bin/python"), "-r", str(LOCK_FILE)], check=True)
            (folder / "whole").touch()
    return folder / "bin/python"
