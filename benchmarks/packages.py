"""`npm ci` of a Vite and React project in a real sandbox: from the registry, and from the store.

The sandbox, its way out, npm and the registry are real. Each run has a home of its own. The two
take turns.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from manager.adapters.tests.engine_under_test import SOURCE, EngineUnderTest
from manager.adapters.tests.terminal import NODE, Terminal
from single_machine.packages import add_npm
from single_machine.portal_build import node_environment, npm_command

PROJECT = SOURCE / "tests/preview_app"
FROM_STORE = Target("median", 3.0)
_DEAD = "export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9; "


def run(*, quick: bool) -> Findings:
    before, linking, after = [], [], []
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="packages-")))
        folder.chmod(0o755)
        project = _with_addresses(folder / "project")
        store, scratch = folder / "store", folder / "scratch"
        (store / "wheels").mkdir(parents=True)
        scratch.mkdir()
        add_npm(project / "package-lock.json", store / "npm", scratch)
        files = {file.name: file.read_text() for file in project.glob("package*.json")}
        registry = subprocess.check_output(
            [*npm_command(), "config", "get", "registry"], env=node_environment(), text=True
        ).strip()
        engine = EngineUnderTest(
            as_whom="ordinary user",
            mounts=NODE,
            memory_max=768 << 20,
            variables={"APRANOVA_PACKAGES_DIR": str(store), "APRANOVA_NPM_REGISTRY": registry},
        )
        ends.callback(engine.close)
        for _ in range(2 if quick else 7):
            terminal = Terminal(engine, **files)
            before.append(_install_s(terminal, ""))
            terminal.close()
            terminal = Terminal(engine, **files)
            began = time.perf_counter()
            terminal.link_store()
            linking.append((time.perf_counter() - began) * 1000)
            after.append(_install_s(terminal, _DEAD))
            terminal.close()
    return Findings(
        "npm ci of a Vite and React project (130 packages)",
        (
            Measure("from the registry", "s", before),
            Measure("from the store, without a network", "s", after, FROM_STORE),
            Measure("linking the store into a home", "ms", linking, note="at a claim, beside the student"),
        ),
    )


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=2) as (seconds, links):
        for axes, unit, title in ((seconds, "s", "npm ci"), (links, "ms", "Linking the store")):
            charts.dots(axes, [measure for measure in findings.measures if measure.unit == unit], title, unit)


def _with_addresses(folder: Path) -> Path:
    """The project as students have it: with the packages' addresses, which our files leave out."""
    folder.mkdir()
    shutil.copy(PROJECT / "package.json", folder)
    options = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved=false", "--no-audit"]
    subprocess.run([*npm_command(), *options], cwd=folder, env=node_environment(), check=True, capture_output=True)
    return folder


def _install_s(terminal: Terminal, before: str) -> float:
    began = time.perf_counter()
    said = terminal.run(f"{before}npm ci && ls node_modules/vite/package.json")
    seconds = time.perf_counter() - began
    if not said.startswith("\nadded ") or "\nnode_modules/vite/package.json\n" not in said:
        raise RuntimeError(f"npm ci failed: {said}")
    return seconds
