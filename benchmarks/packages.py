"""`npm ci` of a Vite and React project in a real sandbox: from the registry, and from the store.

The sandbox, its way out, npm and the registry are real. Each run has a home of its own. The two
take turns. Homes stay until the end: ext4 without a journal goes round the places of files that
were removed in the last minutes, which tripled the kernel's part of the next run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from manager.adapters.tests.engine_under_test import SOURCE, EngineUnderTest
from manager.adapters.tests.terminal import NODE, Terminal
from single_machine.package_store import add_npm
from single_machine.portal_build import node_environment, npm_command

PROJECT = SOURCE / "tests/preview_app"
FROM_STORE = Target("median", 3.0)
_DEAD = "export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9; "


@dataclass(frozen=True)
class Install:
    seconds: float
    cpu_s: float
    """npm's and its children's: nearly the same whatever else the cores do."""


def run(*, quick: bool) -> Findings:
    before: list[Install] = []
    after: list[Install] = []
    linking: list[float] = []
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="packages-")))
        folder.chmod(0o755)
        project = with_addresses(folder / "project")
        store, scratch = folder / "store", folder / "scratch"
        (store / "wheels").mkdir(parents=True)
        scratch.mkdir()
        add_npm(project / "package-lock.json", store / "npm", scratch)
        files = {file.name: file.read_text() for file in project.glob("package*.json")}
        # This machine's way to the registry may need an authority of its own.
        if authority := os.environ.get("NODE_EXTRA_CA_CERTS"):
            files["authority.pem"] = Path(authority).read_text()
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
            before.append(_install(terminal, "export NODE_EXTRA_CA_CERTS=~/authority.pem; "))
            terminal.close()
            terminal = Terminal(engine, **files)
            began = time.perf_counter()
            terminal.link_store()
            linking.append((time.perf_counter() - began) * 1000)
            after.append(_install(terminal, _DEAD))
            terminal.close()
    return Findings(
        "npm ci of a Vite and React project (130 packages)",
        (
            Measure("from the registry", "s", [one.seconds for one in before]),
            Measure("from the store, without a network", "s", [one.seconds for one in after], FROM_STORE),
            Measure("processor time, from the registry", "CPU-s", [one.cpu_s for one in before]),
            Measure("processor time, from the store", "CPU-s", [one.cpu_s for one in after]),
            Measure("linking the store into a home", "ms", linking, note="at a claim, beside the student"),
        ),
    )


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=3) as (seconds, used, links):
        panels = ((seconds, "s", "npm ci"), (used, "CPU-s", "Processor time"), (links, "ms", "Linking the store"))
        for axes, unit, title in panels:
            charts.dots(axes, [measure for measure in findings.measures if measure.unit == unit], title, unit)


def with_addresses(folder: Path) -> Path:
    """The project as students have it: with the packages' addresses, which our files leave out."""
    folder.mkdir()
    shutil.copy(PROJECT / "package.json", folder)
    options = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved=false", "--no-audit"]
    subprocess.run([*npm_command(), *options], cwd=folder, env=node_environment(), check=True, capture_output=True)
    return folder


def _install(terminal: Terminal, before: str) -> Install:
    began = time.perf_counter()
    said = terminal.run(f"{before}TIMEFORMAT='cpu %U %S'; time npm ci && ls node_modules/vite/package.json")
    seconds = time.perf_counter() - began
    used = re.search(r"^cpu ([\d.]+) ([\d.]+)$", said, re.MULTILINE)
    if not said.startswith("\nadded ") or "\nnode_modules/vite/package.json\n" not in said or used is None:
        raise RuntimeError(f"npm ci failed: {said}")
    return Install(seconds, float(used[1]) + float(used[2]))
