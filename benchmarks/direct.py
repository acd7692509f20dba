"""The image's own code-server on a loopback port, without sandbox, agent and gateway.

The comparison shows what the product adds to it.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agent.application import Places
from agent.home_repair import HomeRepair
from agent.processes import Children
from contract.agent import TaskConfig
from contract.names import WorkspaceKind
from images.vscode.application import VSCode
from images.vscode.home import seed
from tests.ports import free_port
from tests.waiting import until

START_WITHIN_S = 60.0


@contextmanager
def code_server(image: Path) -> Iterator[str]:
    """Its address. It is as warm as in a warm task, with a home like a new student's."""
    folder = Path(tempfile.mkdtemp(prefix="apn-direct-", dir="/tmp"))
    places = _places(image, folder)
    project = places.home / "project"
    seed(HomeRepair(places.home, folder), places.home, project, name="Benchmark", email="benchmark@benchmark.example")
    config = TaskConfig("task-benchmark", WorkspaceKind.VSCODE, agent_token="", listen="")
    command = VSCode(places, Children(), config).command({})
    subprocess.run(["git", "init", "--quiet", str(project)], env=dict(command.environment), check=True)
    port = free_port()
    arguments = list(command.arguments)
    socket = arguments.index("--socket")
    arguments[socket : socket + 4] = ["--bind-addr", f"127.0.0.1:{port}"]  # in place of the socket and its mode
    process = subprocess.Popen(
        arguments,
        env=dict(command.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _warm_up(port)
        yield f"http://localhost:{port}/"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _places(image: Path, folder: Path) -> Places:
    described = json.loads((image / "image.json").read_text())
    variables = {name: in_image(value, described["mounts"]) for name, value in described["environment"].items()}
    places = Places(folder / "home", folder, folder / "sockets", variables)
    places.home.mkdir()
    places.sockets.mkdir()
    return places


def in_image(path: str, mounts: Mapping[str, str]) -> str:
    """Where on this machine it is what a task has at `path`."""
    for place, source in mounts.items():
        if path == place or path.startswith(f"{place}/"):
            return source + path.removeprefix(place)
    return path


def _warm_up(port: int) -> None:
    """The two requests that the agent makes before it calls a task ready."""
    for target in ("/healthz", "/version"):
        until(
            lambda target=target: _answers(port, target),
            "code-server did not start",
            within_s=START_WITHIN_S,
            ignoring=(OSError, http.client.HTTPException),
        )


def _answers(port: int, target: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_WITHIN_S)
    try:
        connection.request("GET", target)
        return connection.getresponse().status < 400
    finally:
        connection.close()
