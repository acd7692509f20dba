"""Runs tests in a sandbox in which files of a copy of the tree differ."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutants.operators import Mutant
from benchmarks.mutants.recorder import FOLDER, ROOT
from single_machine.isolation_check import find_bwrap
from tests.run import FAST, test_environment

SUITES = {
    "agent": ("agent", "images/superset"),
    "backend": ("backend/gateway", "backend/workspaces", "backend/config", "gateway"),
    "manager": ("manager/tests", "--ignore-glob=*_on_*.py"),  # those start other servers: minutes, for few lines
}
"""Which tests can notice a change in a package."""
_PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout", "pytest_django.plugin")
"""All others take seconds to load."""
_FIRST_S = 2.0
"""Most mutants are killed by tests that take no longer together. The others run only after them."""
TESTS_MAX_S = 60.0
"""How long the tests of one mutant may take, by their recorded times. The fastest are chosen."""
_CANNOT_BE_IMPORTED = re.compile(r"^ERROR (collecting|\S+\.py - )|conftest", re.MULTILINE)
"""What pytest says when a mutant keeps a module from being imported, which kills it."""
_KEPT_RECORDS = Path(tempfile.gettempdir()) / f"apranova-mutants-{os.geteuid()}"


@dataclass(frozen=True)
class Record:
    """A test that passed."""

    test: str
    seconds: float
    lines: dict[str, set[int]]
    """By file: the lines it runs, but not those that ran when a module was imported."""


class Trials:
    def __init__(self, folder: Path) -> None:
        """Copy the tree, as it is now, into this empty folder."""
        self.tree = folder / "tree"
        self._folder = folder
        self._count = itertools.count(1)
        listed = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0"):
            if name and Path(ROOT, name).is_file():
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(Path(ROOT, name), self.tree / name)

    def record(self, package: str) -> list[Record]:
        """Run the tests of a package once, unless its files are the same as in an earlier run."""
        digest = hashlib.sha256()
        for path in sorted(self.tree.rglob("*.py")):
            name = str(path.relative_to(self.tree))
            if name.partition("/")[0] in ("contract", "gateway", package) or name == "benchmarks/mutants/recorder.py":
                digest.update(name.encode() + path.read_bytes())
        kept = _KEPT_RECORDS / f"{package}-{digest.hexdigest()[:16]}.json"
        if not kept.exists():
            imports = {
                f"{folder}/__init__.py": (self.tree / folder / "__init__.py").read_text(encoding="utf-8")
                + "\nimport benchmarks.mutants.recorder\n"
                for folder in ("agent", "backend", "contract", "manager")
            }
            scratch = self._scratch()
            (scratch / FOLDER.name).mkdir()
            options = ("-p", "benchmarks.mutants.recorder", "-m", FAST, *SUITES[package])
            if self._pytest(scratch, imports, options, seconds=3600) not in (0, 1):  # 1: those that fail are left out
                raise RuntimeError((scratch / "output").read_text(errors="replace"))
            _KEPT_RECORDS.mkdir(exist_ok=True)
            lines = [line for file in (scratch / FOLDER.name).iterdir() for line in file.read_text().splitlines()]
            kept.write_text(json.dumps(_by_test(map(json.loads, lines))), encoding="utf-8")
            shutil.rmtree(scratch, ignore_errors=True)
        records = json.loads(kept.read_text(encoding="utf-8"))
        return [Record(test, s, {file: set(numbers) for file, numbers in lines.items()}) for test, s, lines in records]

    def try_out(self, mutant: Mutant, records: Iterable[Record]) -> str:
        """'killed', 'time limit', 'survived', 'no test', or 'interrupted'."""
        tests = covering(mutant, records)
        sums = itertools.accumulate(record.seconds for record in tests)
        first = sum(sum_s <= _FIRST_S for sum_s in sums)
        outcomes = (self._try(mutant, part) for part in (tests[:first], tests[first:]) if part)
        return next((how for how in outcomes if how != "survived"), "survived" if tests else "no test")

    def _try(self, mutant: Mutant, tests: list[Record]) -> str:
        scratch = self._scratch()
        (scratch / "tests").write_text("\n".join(record.test for record in tests))
        seconds = 60 + 3 * sum(record.seconds for record in tests)
        code = self._pytest(scratch, {mutant.file: mutant.source}, ("-x", "--tb=no", "@/tmp/tests"), seconds=seconds)
        output = (scratch / "output").read_text(errors="replace")
        shutil.rmtree(scratch, ignore_errors=True)
        if code == 4 and not _CANNOT_BE_IMPORTED.search(output):
            raise RuntimeError(output)
        outcomes = {None: "time limit", 0: "survived"}
        return "interrupted" if code is not None and code < 0 else outcomes.get(code, "killed")

    def _scratch(self) -> Path:
        """What the sandbox sees as /tmp."""
        scratch = self._folder / str(next(self._count))
        scratch.mkdir()
        scratch.chmod(0o777)  # PostgreSQL runs as another user when we are root
        return scratch

    def _pytest(
        self, scratch: Path, changed: Mapping[str, str], options: Iterable[str], *, seconds: float
    ) -> int | None:
        """The exit code: negative if somebody ended it, None at the time limit.

        The copy stands where the tree is, so that paths are the same. All processes end with
        the sandbox."""
        bwrap = find_bwrap()
        if bwrap is None:
            raise RuntimeError("Bubblewrap is missing. Install it: sudo apt install bubblewrap")
        binds = ["--bind", str(scratch), "/tmp", "--bind", str(self.tree), ROOT]  # noqa: S108
        binds += ["--ro-bind", str(Path(ROOT, ".venv").resolve()), f"{ROOT}.venv"]
        for number, (file, text) in enumerate(changed.items()):
            source = scratch / f"changed-{number}"
            source.write_text(text, encoding="utf-8")
            time_of_change = 1000 * int(scratch.name) + number  # unlike all others, or Python takes old bytecode
            os.utime(source, (time_of_change, time_of_change))
            binds += ["--ro-bind", str(source), ROOT + file]
        command = [str(bwrap), "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/", "--proc", "/proc", *binds]
        command += ["--chdir", ROOT, "--", "/bin/sh", "-c", '"$0" "$@"; exit $?', sys.executable, "-m", "pytest"]
        command += [*(word for plugin in _PLUGINS for word in ("-p", plugin)), *options]
        environment = {**test_environment(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        with (scratch / "output").open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()


def covering(mutant: Mutant, records: Iterable[Record]) -> list[Record]:
    """The tests for a mutant: first those that run its line, then its function, then its file.

    A line whose result is kept runs in one test alone, so the others follow. What runs at import
    may be noticed by any test. In each group the fastest come first."""

    def rank(record: Record) -> int:
        lines = record.lines.get(mutant.file, set())
        return 0 if mutant.line in lines else 1 if lines.intersection(mutant.scope) else 2 if lines else 3

    concerned = [record for record in records if rank(record) < 3 or not mutant.scope]
    concerned.sort(key=lambda record: (rank(record), record.seconds, record.test))
    sums = itertools.accumulate(record.seconds for record in concerned)
    return [record for record, sum_s in zip(concerned, sums, strict=True) if sum_s <= TESTS_MAX_S]


def _by_test(written: Iterable[dict]) -> list[tuple[str, float, dict[str, list[int]]]]:
    seconds: dict[str, float] = {}
    lines: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for entry in written:
        seconds |= {entry["test"]: entry["seconds"]} if "seconds" in entry else {}
        for file, numbers in entry["lines"].items():
            lines[entry["test"]][file].update(numbers)
    return [(test, s, {file: sorted(them) for file, them in lines[test].items()}) for test, s in seconds.items()]
