"""Git's two ways to a server that asks who you are: SSH by the proxy, and https with a token."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from images.tests import desk as desks
from images.vscode.tests.sandboxed_desk import SandboxedDesk

pytestmark = pytest.mark.sandbox


class Proxy:
    """The engine's way out, with an SSH server behind it that says no more than its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[str] = []
        self.greetings: list[str] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rwb") as stream:
                self.asked.append(stream.readline().decode().strip())
                while stream.readline().strip():
                    continue
                if "refused.example" in self.asked[-1]:
                    stream.write(b"HTTP/1.1 403 Forbidden\r\n\r\nNot to this address\n")
                    continue
                stream.write(b"HTTP/1.1 200 Connection established\r\n\r\nSSH-2.0-behind-the-proxy\r\n")
                stream.flush()
                self.greetings.append(stream.readline().decode().strip())


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with desks.short_folder() as folder:
        yield Proxy(folder / "egress.sock")


@pytest.fixture
def desk(image: dict[str, Any], proxy: Proxy) -> Iterator[SandboxedDesk]:
    with desks.short_folder() as folder:
        desk = SandboxedDesk(image, folder, egress_socket=str(proxy.path))
        yield desk
        desk.close()


def test_git_over_ssh_leaves_through_the_proxy(desk: SandboxedDesk, proxy: Proxy, image: dict[str, Any]) -> None:
    configuration = desk.home / ".ssh/config"
    # Nothing is mounted at /opt here.
    configuration.write_text(configuration.read_text().replace("/opt/tools", desks.on_host(image, "/opt/tools")))
    desk.run("git ls-remote git@github.com:school/exercise.git")
    assert proxy.asked == ["CONNECT github.com:22 HTTP/1.1"]
    assert proxy.greetings[0].startswith("SSH-2.0-OpenSSH")
    refused = desk.run("git ls-remote ssh://git@refused.example/exercise.git")
    assert "proxy-connect: refused.example port 22: Not to this address" in refused.stderr


def test_a_token_for_https_is_asked_for_once_and_kept_in_the_home(desk: SandboxedDesk) -> None:
    credential = "protocol=https\nhost=github.com\nusername=ada\npassword=a-token\n"
    desk.run(f"printf '{credential}' | git credential approve")
    assert (desk.home / ".git-credentials").stat().st_mode & 0o777 == 0o600
    desk.stop()
    desk.launch()
    asked = desk.run("printf 'protocol=https\\nhost=github.com\\n' | GIT_TERMINAL_PROMPT=0 git credential fill")
    assert "password=a-token" in asked.stdout, asked.stderr


def test_the_tools_of_the_machine_start(desk: SandboxedDesk) -> None:
    for command in ("curl --version", "jq --version", "less --version", "make --version", "man --version", "ssh -V"):
        assert desk.run(f"{command} < /dev/null").returncode == 0, command
    assert desk.run("sqlite3 ~/pets.db 'CREATE TABLE pets (name); SELECT 1'").stdout == "1\n"
