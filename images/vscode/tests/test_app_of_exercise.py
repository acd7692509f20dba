"""When the extension starts the app of an exercise and shows it, with a fake VS Code."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.hand_out.app import APP
from images.vscode.build import HERE, find_node
from tests.ports import free_port

PROGRAM = """
const [module, home, known, answers] = process.argv.slice(1);
const done = [], settled = Promise.resolve();
const state = { apranovaShown: JSON.parse(known) };
const vscode = {
  workspace: {
    workspaceFolders: [{ uri: { fsPath: home + "/project" } }],
    getConfiguration: () => ({ get: () => process.env.SWITCHED_OFF === undefined }),
    registerPortAttributesProvider: () => ({ dispose() {} }),
  },
  window: {
    terminals: [],
    createTerminal: (options) => (done.push({ terminal: options.shellArgs.slice(1), cwd: options.cwd }),
      { show: (preserveFocus) => done.push({ focusKept: preserveFocus }) }),
    createWebviewPanel: (view, title, where) => (done.push({ panel: title, ...where }), { webview: {} }),
    registerWebviewPanelSerializer: () => ({}),
    onDidCloseTerminal: (listener) => ((vscode.closed = listener), {}),
    showInformationMessage: async () => (done.push({ asked: true }), JSON.parse(answers)),
  },
  env: { asExternalUri: async (uri) => uri },
  Uri: { parse: (text) => ({ toString: () => text }) },
  ThemeIcon: class {},
  ViewColumn: { Two: 2 },
  TerminalExitReason: { Shutdown: 1, Process: 2, User: 3 },
  PortAutoForwardAction: { Silent: 4 },
};
const loader = require("node:module"), load = loader._load;
loader._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));
const context = {
  subscriptions: [],
  workspaceState: { get: () => state.apranovaShown, update: async (_, value) => (state.apranovaShown = value) },
};
const { startApp } = require(module);
const all = process.env.TWICE ? [1, 2] : [1];
Promise.all(all.map(() => startApp(context, settled))).then(() => {
  if (process.env.CLOSES) vscode.closed({ name: process.env.CLOSES, exitStatus: { reason: Number(process.env.BECAUSE) } });
  console.log(JSON.stringify({ done, known: state.apranovaShown }));
  process.exit(0);
});
"""


class Editor:
    """One opening of the editor after another, in one launch of the workspace."""

    def __init__(self, folder: Path) -> None:
        self.home, self.marks = folder / "home", folder / "run"
        (self.home / "project/lesson-1").mkdir(parents=True)
        (self.home / APP).parent.mkdir(parents=True)
        self.marks.mkdir()
        self.known: list[str] = []

    def declare(self, number: int = 1, port: int = 0, **fields: Any) -> None:
        app = {"version": 1, "assignment": "a1", "number": number, "folder": "lesson-1", "prepare": "npm ci"}
        (self.home / APP).write_text(json.dumps({**app, "start": "npm run dev", "port": port, **fields}))

    def open(self, answer: str | None = None, **variables: str) -> list[dict[str, Any]]:
        """What it did."""
        module = str(HERE / "extensions/apranova/src/app.js")
        words = [module, str(self.home), json.dumps(self.known), json.dumps(answer)]
        environment = {**os.environ, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.marks), **variables}
        command = [str(find_node().node), "-e", PROGRAM, *words]
        told = json.loads(subprocess.check_output(command, env=environment, timeout=60))
        self.known = told["known"]
        return [it for it in told["done"] if "focusKept" not in it]


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(tmp_path)


def test_it_starts_once_in_a_launch_and_is_shown_once_in_a_browser(editor: Editor) -> None:
    listening = free_port()
    with subprocess.Popen([str(find_node().node), "-e", f"require('net').createServer().listen({listening})"]) as app:
        try:
            editor.declare(port=listening)
            mark = str(editor.marks / "app-a1-1")
            prepared = str(editor.home / ".local/share/apranova/prepared/a1-1")
            started, shown = editor.open()
            assert started == {
                "terminal": [mark, prepared, "npm ci", "npm run dev"],
                "cwd": str(editor.home / "project/lesson-1"),
            }
            assert shown == {"panel": "App: lesson-1", "viewColumn": 2, "preserveFocus": True}
            Path(mark).write_text(str(app.pid))
            assert editor.open() == [], "the page was loaded again"
            editor.known = []
            assert editor.open(TWICE="1") == [shown], "another browser, and the same hand-out twice"
        finally:
            app.kill()
    assert editor.open() == [started], "its terminal ended with its window"


def test_nothing_starts_that_no_hand_out_declared_or_that_the_student_switched_off(editor: Editor) -> None:
    assert editor.open() == []
    editor.declare(folder="../outside")
    assert editor.open() == []
    editor.declare(folder="not-there")
    assert editor.open() == []
    (editor.home / APP).write_text("[" * 100)
    assert editor.open() == []
    editor.declare()
    assert editor.open(SWITCHED_OFF="1") == []
    assert len(editor.open()) == 1


@pytest.mark.parametrize("because", ["2", "3"])
def test_a_terminal_that_the_student_closed_stays_closed_until_the_next_launch(editor: Editor, because: str) -> None:
    """By its bin, or by `exit` in its shell."""
    editor.declare()
    for name, reason in (("bash", because), ("App: lesson-1", "1")):
        assert len(editor.open(CLOSES=name, BECAUSE=reason)) == 1
        assert (editor.marks / "app-a1-1").read_text() == "", "another terminal, or the window was closed"
        (editor.marks / "app-a1-1").unlink()
    assert len(editor.open(CLOSES="App: lesson-1", BECAUSE=because)) == 1
    assert editor.open() == []
    (editor.marks / "app-a1-1").unlink()
    assert len(editor.open()) == 1, "the next launch has another folder for its marks"


def test_a_new_exercise_asks_while_the_app_of_an_earlier_one_runs(editor: Editor) -> None:
    editor.declare()
    editor.open()
    (editor.marks / "app-a1-1").write_text(str(os.getpid()))
    editor.declare(number=2)
    assert editor.open() == [{"asked": True}]
    asked, started = editor.open("Start the new one instead")
    assert asked == {"asked": True}
    assert started["terminal"][0].endswith("app-a1-2")
