"""The processes that run projects' ESLint, with a slow program in ESLint's place."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from images.vscode import build, recipe

WORKERS = recipe.HERE / "extensions/project-tools/src/workers.js"
ESLINT = """
const until = Date.now() + 700;
while (Date.now() < until);
exports.ESLint = class {
  async lintText(text) { return [{ messages: [], output: text }]; }
  getRulesMetaForResults() { return {}; }
};
"""
ASK_ALL = """
const [workers, ...folders] = process.argv.slice(1);
const { ask, endAll } = require(workers);
Promise.all(folders.map((folder) => ask(folder, { task: "lint", file: `${folder}/a.js`, text: folder }))).then(
  (answers) => (console.log(JSON.stringify(answers.map(({ output }) => output))), endAll()),
);
"""


def test_more_projects_side_by_side_than_processes_are_kept_each_get_an_answer(tmp_path: Path) -> None:
    """Each question ended the process that was still loading for another one, without end."""
    folders = [tmp_path / name for name in "abcd"]
    for folder in folders:
        eslint = folder / "node_modules/eslint"
        eslint.mkdir(parents=True)
        (eslint / "index.js").write_text(ESLINT)
    command = [str(build.find_node().node), "--eval", ASK_ALL, str(WORKERS), *map(str, folders)]
    said = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True)
    assert json.loads(said.stdout) == [str(folder) for folder in folders]
