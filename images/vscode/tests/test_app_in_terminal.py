"""What a student sees in the terminal of their exercise's app: started, failed, ended, prepared."""

from __future__ import annotations

import hashlib
import os
import pty
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from images.vscode.build import HERE

SCRIPT = HERE / "extensions/apranova/src/app.sh"
WITHIN_S = 90.0


class Terminal:
    def __init__(self, folder: Path, prepare: str, start: str, **variables: str) -> None:
        self.mark, self.prepared = folder / "app-1", folder / "prepared/app-1"
        master, slave = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", **variables}
        (folder / ".bashrc").write_text("PS1='prompt> '\n")
        command = ["/bin/bash", str(SCRIPT), str(self.mark), str(self.prepared), prepare, start]
        self._process = subprocess.Popen(
            ["/usr/bin/setsid", "--ctty", *command],
            cwd=folder,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self._master = master
        self.text = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, text: str) -> str:
        """What it shows from here on, up to this text."""
        deadline = time.monotonic() + WITHIN_S
        while text not in self.text and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                self.text += os.read(self._master, 65536).decode()
        assert text in self.text, self.text
        before, _, self.text = self.text.partition(text)
        return before + text

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(prepare: str, start: str, **variables: str) -> Terminal:
        opened.append(Terminal(tmp_path, prepare, start, **variables))
        return opened[-1]

    yield open_terminal
    for terminal in opened:
        terminal.close()


def test_it_prepares_once_and_starts_each_time(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    for _ in range(2):
        terminal = open_terminal("echo once >> prepared.txt", "echo each >> started.txt; echo it runs")
        terminal.until("it runs\r\n")
        terminal.until("To start it again, type: echo each")
        assert int(terminal.mark.read_text()) > 1
    assert (tmp_path / "prepared.txt").read_text() == "once\n"
    assert (tmp_path / "started.txt").read_text() == "each\neach\n"


def test_a_failure_is_said_and_leaves_a_shell_and_nothing_is_tried_again(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = open_terminal("", "echo tried >> tries.txt; no-such-program")
    terminal.until("The app did not run: its command ended with 127.")
    terminal.until("prompt> ")
    terminal.type("echo $((6 * 7)) is the answer\n")
    terminal.until("42 is the answer")
    assert (tmp_path / "tries.txt").read_text() == "tried\n"


def test_what_could_not_be_prepared_is_not_started_and_is_prepared_the_next_time(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    first = open_terminal("test -e there", "echo started > started.txt")
    first.until("The app did not run: its command ended with 1.")
    first.until("To start it again, type: test -e there && echo started > started.txt\r\n")
    assert not first.prepared.exists()
    assert not (tmp_path / "started.txt").exists()
    (tmp_path / "there").touch()
    open_terminal("test -e there", "echo started > started.txt").until("To start it again")
    assert first.prepared.exists()


def test_ctrl_c_ends_the_app_and_gives_the_terminal_back(open_terminal: Callable[..., Terminal]) -> None:
    for programs in (["echo it runs; sleep 600"], ["echo it runs; sleep 600", "echo it runs; sleep 601"]):
        terminal = open_terminal("", programs[0] if len(programs) == 1 else f"together {shlex.join(programs)}")
        for _ in programs:
            terminal.until("it runs\r\n")
        terminal.type("\x03")
        assert "did not run" not in terminal.until("prompt> ")
        terminal.type("echo $((6 * 7))\n")
        terminal.until("42\r\n")


def test_a_folder_with_odd_characters_and_quotes_in_commands_is_no_trouble(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    open_terminal("", """printf '%s|' "a b" '$HOME' > said.txt""").until("To start it again")
    assert (tmp_path / "said.txt").read_text() == "a b|$HOME|"


class Store:
    """The school's, with the installed packages of the exercise in `folder`; and an npm that notes
    what it is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        files = {"package.json": b"{}", "package-lock.json": b'{"packages": {}}'}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        digest = hashlib.sha256(b"".join(files.values())).hexdigest()
        self.installed = folder / "store/npm/installed" / digest
        (self.installed / "node_modules/tiny").mkdir(parents=True)
        module = self.installed / "node_modules/tiny/index.js"
        module.write_text("tiny")
        module.chmod(0o444)
        self.npm_says("true")

    def npm_says(self, command: str) -> None:
        npm = self._folder / "bin/npm"
        npm.parent.mkdir(exist_ok=True)
        npm.write_text(f'#!/bin/sh\necho "$1" >> {self._folder}/asked\n{command}\n')
        npm.chmod(0o755)

    @property
    def variables(self) -> dict[str, str]:
        path = f"{self._folder / 'bin'}:{os.environ['PATH']}"
        return {"APRANOVA_PACKAGES": str(self._folder / "store"), "PATH": path}

    def asked(self) -> list[str]:
        """What npm was asked since the last time."""
        file = self._folder / "asked"
        words = file.read_text().split() if file.exists() else []
        file.unlink(missing_ok=True)
        return words


def test_packages_that_the_school_has_installed_are_copied(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    store = Store(tmp_path)
    open_terminal("npm ci", "cat node_modules/tiny/index.js", **store.variables).until("tinyTo start it again")
    assert store.asked() == []
    (tmp_path / "node_modules/tiny/index.js").write_text("mine")
    assert (store.installed / "node_modules/tiny/index.js").read_text() == "tiny"
    (tmp_path / "prepared/app-1").unlink()
    open_terminal("npm ci", "echo it runs", **store.variables).until("it runs\r\n")
    assert store.asked() == ["ci"], "what is there is npm's to replace"


@pytest.mark.parametrize(("npm", "asked"), [("true", ["rebuild"]), ('[ "$1" = ci ]', ["rebuild", "ci"])])
def test_install_scripts_run_after_the_copy_and_npm_takes_over_where_they_fail(
    npm: str, asked: list[str], open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    store = Store(tmp_path)
    store.npm_says(npm)
    (store.installed / "scripts").touch()
    open_terminal("npm ci", "echo it runs", **store.variables).until("it runs\r\n")
    assert store.asked() == asked


@pytest.mark.parametrize("name", ["package.json", ".npmrc", "npm-shrinkwrap.json", "binding.gyp"])
def test_another_project_or_one_for_which_npm_does_more_gets_no_copy(
    name: str, open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    store = Store(tmp_path)
    (tmp_path / name).write_text("another")
    open_terminal("npm ci", "echo it runs", **store.variables).until("it runs\r\n")
    assert store.asked() == ["ci"]
    assert not (tmp_path / "node_modules").exists()


def test_ctrl_c_ends_a_copy_and_npm_does_not_take_over(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    store = Store(tmp_path)
    copies = tmp_path / "bin/cp"
    copies.write_text('#!/bin/sh\nfor last; do :; done\nmkdir "$last"\necho it copies\nexec sleep 600\n')
    copies.chmod(0o755)
    terminal = open_terminal("npm ci", "echo it runs", **store.variables)
    terminal.until("it copies\r\n")
    terminal.type("\x03")
    said = terminal.until("prompt> ")
    assert "did not run" not in said
    assert "To start it again, type: npm ci && echo it runs" in said
    assert store.asked() == []
    assert not list(tmp_path.glob(".node_modules*"))


def test_where_a_copy_cannot_be_made_npm_takes_over_and_nothing_is_left(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    store = Store(tmp_path)
    copies = tmp_path / "bin/cp"
    copies.write_text('#!/bin/sh\nfor last; do :; done\nmkdir "$last"\nexit 1\n')
    copies.chmod(0o755)
    open_terminal("npm ci", "echo it runs", **store.variables).until("it runs\r\n")
    assert store.asked() == ["ci"]
    assert not list(tmp_path.glob("*node_modules*"))
    assert not list(tmp_path.glob(".node_modules*"))
