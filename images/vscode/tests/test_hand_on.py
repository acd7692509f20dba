"""The options of VS Code's server reach the Node processes that it forks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from images.vscode import build, recipe

HAND_ON = recipe.HERE / "install" / recipe.BEFORE_START
OURS = ["--max-semi-space-size=4", "--require", str(HAND_ON)]
TELLS = "process.send({ execArgv: process.execArgv, words: process.argv.slice(2) });"
FORKS = {
    "none": "fork('./tells.cjs')",
    "words": "fork('./tells.cjs', ['a', 'b'])",
    "options": "fork('./tells.cjs', { execArgv: ['--stack-trace-limit=5'] })",
    "words and options": "fork('./tells.cjs', ['a'], { execArgv: ['--stack-trace-limit=5'], env: {} })",
    "all of the parent's": "fork('./tells.cjs', [], { execArgv: [...process.execArgv, '--stack-trace-limit=5'] })",
}


def told(tmp_path: Path, fork: str, *, module: bool = False, before: list[str] = OURS) -> dict[str, list[str]]:
    """What the forked process says of itself."""
    (tmp_path / "tells.cjs").write_text(TELLS)
    imports = "import { fork } from 'node:child_process';" if module else "const { fork } = require('child_process');"
    parent = tmp_path / ("parent.mjs" if module else "parent.cjs")
    parent.write_text(f"{imports}\n{fork}.on('message', (said) => console.log(JSON.stringify(said)));\n")
    node = build.find_node()
    return json.loads(node.run([str(node.node), *before, str(parent)], cwd=tmp_path))


@pytest.mark.parametrize("module", [False, True], ids=["require", "import"])
@pytest.mark.parametrize("way", FORKS)
def test_a_fork_has_the_servers_options_once_and_its_own(tmp_path: Path, way: str, module: bool) -> None:
    said = told(tmp_path, FORKS[way], module=module)
    own = ["--stack-trace-limit=5"] if "limit" in FORKS[way] else []
    assert said["execArgv"] == [*OURS, *own]
    assert said["words"] == {"words": ["a", "b"], "words and options": ["a"]}.get(way, [])


def test_what_a_fork_forks_has_them_too(tmp_path: Path) -> None:
    (tmp_path / "middle.cjs").write_text(
        "require('child_process').fork('./tells.cjs', { execArgv: [] }).on('message', (said) => process.send(said));"
    )
    said = told(tmp_path, "fork('./middle.cjs', { execArgv: ['--stack-trace-limit=5'] })")
    assert said["execArgv"] == OURS


def test_another_program_is_left_alone(tmp_path: Path) -> None:
    """Its options may be other ones."""
    other = tmp_path / "other-node"
    other.symlink_to(build.find_node().node)
    assert told(tmp_path, f"fork('./tells.cjs', {{ execPath: '{other}', execArgv: [] }})")["execArgv"] == []


@pytest.mark.parametrize("name", ["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE"])
def test_code_is_compiled_for_the_image_whatever_the_builder_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "compiled").mkdir()
    shutil.copyfile(HAND_ON, tmp_path / HAND_ON.name)
    (tmp_path / "module.js").write_text("module.exports = 1;")
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    node = build.find_node()
    node.run([str(node.node), "--require", f"./{HAND_ON.name}", "module.js"], cwd=tmp_path)
    assert len(list((tmp_path / "compiled").iterdir())) == 1
