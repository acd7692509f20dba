"""What the Testing view's extension reads from a file's text, and how it starts a runner."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from images.vscode import build, recipe

SOURCE = recipe.HERE / "extensions/tests/src"


def evaluated(expression: str, *given: Any) -> Any:
    script = f"process.stdout.write(JSON.stringify(({expression})(...JSON.parse(process.argv[1]))))"
    node = str(build.find_node().node)
    said = subprocess.run((node, "--eval", script, json.dumps(given)), cwd=SOURCE, stdout=-1, timeout=30, check=True)
    return json.loads(said.stdout)


def names_in(text: str) -> list[list[str]]:
    read = "(text) => require('./reading.js').testsIn('a.test.js', text).map(({ names }) => names)"
    return evaluated(read, text)


def test_a_line_of_backslashes_does_not_hold_up_the_editor() -> None:
    assert names_in('test("' + "\\" * 500) == []
    assert names_in(r"""describe('it\'s', () => {
  it("says \"hello\"", () => {});""") == [["it's", 'says "hello"']]


@pytest.mark.parametrize(
    ("path", "is_test"),
    [("a/test_it.py", True), ("it.spec.mts", True), ("dist/it.test.js", False), ("a/node_modules/b/it.test.js", False)],
)
def test_a_change_is_read_of_the_files_that_a_search_finds(path: str, is_test: bool) -> None:
    assert evaluated("(path) => require('./reading.js').isTestFile(path)", path) == is_test


def test_node_runs_a_file_below_a_folder_in_brackets_in_a_workspace_that_is_the_whole_machine(tmp_path: Path) -> None:
    file, report = tmp_path / "app/[id]/{a}/page.test.js", tmp_path / "report"
    file.parent.mkdir(parents=True)
    file.write_text("require('node:test')('shows', () => {});\n")
    chosen = {"folder": str(tmp_path), "files": [str(file)], "tests": [], "report": str(report)}
    command = evaluated(
        "(file, chosen) => require('./runners.js').runnerFor(file, '/').runner.command(chosen)", str(file), chosen
    )
    node = str(build.find_node().node)
    subprocess.run((node, *command["args"]), cwd=tmp_path, stdout=-1, timeout=60, check=True)
    result = json.loads(report.read_text())
    assert (result["file"], result["names"], result["outcome"]) == (str(file), ["shows"], "passed")
