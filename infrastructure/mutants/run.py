"""`./apranova check infrastructure --mutants`: does a test fail for each mistake in a template?

pytest collects the tests once. They run as plain functions in this process, against one assembly in
memory whose templates change, so a mutant takes milliseconds. What needs longer is left out:
cfn-lint, cdk-nag, moto, ministack, the build of packages.
"""

from __future__ import annotations

import argparse
import inspect
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infrastructure.manager_package import copy_own_code
from infrastructure.mutants.acknowledged import reason_for
from infrastructure.mutants.generate import Mutant, all_mutants
from infrastructure.tests.templates import Assembly, Resource

FOLDER = Path(__file__).parents[1]
FILES = (
    "test_application", "test_guarded", "test_tables", "test_edge", "test_data", "test_observability", "test_network",
    "test_versions", "test_exact",
)  # fmt: skip
SCHOOL = "hundred"
LEFT_OUT = frozenset({"ec2", "groups", "manager_code", "tmp_path"})
"""Fixtures that take seconds: they make a stack in moto, or synthesize again."""


@dataclass
class Result:
    mutant: Mutant
    killed_by: str = ""
    reason: str = ""


@dataclass
class Tests:
    """The collected tests that read the templates of SCHOOL."""

    items: list[pytest.Function] = field(default_factory=list)
    reads: dict[str, set[str]] = field(default_factory=dict)
    """Of each test: the types of resources that it looks at. It cannot notice others."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if not isinstance(item, pytest.Function):
                continue
            params = item.callspec.params if hasattr(item, "callspec") else {}
            own = set(inspect.signature(item.function).parameters)
            if own & {"hundred", "each", "alarms"} and params.get("example", SCHOOL) == SCHOOL and not own & LEFT_OUT:
                self.items.append(item)


class Watched(Assembly):
    """Notes the types of resources that are read; `*`: all of them."""

    def __init__(self, folder: Path) -> None:
        self.touched: set[str] = set()
        super().__init__(folder)

    def all(self, kind: str | None = None, stack: str | None = None) -> list[Resource]:
        self.touched.add(kind or "*")
        return super().all(kind, stack)

    def target(self, reference: Any, stack: str) -> Resource:
        before = set(self.touched)
        found = super().target(reference, stack)
        self.touched = before | {found.type}
        return found


def run_once(item: pytest.Function, values: dict[str, Any]) -> None:
    """Call a test with its fixtures, all made new from `values` and its parameters."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    with ExitStack() as ends:

        def value(name: str) -> Any:
            if name in values:
                return values[name]
            if name in params:
                return params[name]
            fixture = item._fixtureinfo.name2fixturedefs[name][-1].func  # noqa: SLF001  (nothing public has it)
            made = fixture(**{wanted: value(wanted) for wanted in inspect.signature(fixture).parameters})
            return ends.enter_context(contextmanager(lambda: made)()) if inspect.isgenerator(made) else made

        item.obj(**{name: value(name) for name in inspect.signature(item.obj).parameters})


def killer(mutant: Mutant, tests: Tests, values: dict[str, Any], first: Counter[str]) -> str:
    """The test that fails, or nothing. Those that found most so far are asked first."""
    looking = [item for item in tests.items if {mutant.kind, "*"} & tests.reads[item.nodeid]]
    asked = sorted(looking, key=lambda item: -first[item.nodeid])
    for item in asked:
        try:
            run_once(item, values)
        except Exception:  # noqa: BLE001  a KeyError in a test is a failure, too
            first[item.nodeid] += 1
            return item.name
    return ""


class Trials:
    """Runs inside pytest's session, where collected tests and fixtures are."""

    def __init__(self, tests: Tests, *, seed: int, number: int, only: str, folder: Path | None) -> None:
        self.tests, self.seed, self.number, self.only, self.folder = tests, seed, number, only, folder
        self.results: list[Result] = []
        self.all = 0

    def pytest_runtestloop(self) -> bool:
        assembly = Watched(self.folder) if self.folder else _synthesized()
        values = {SCHOOL: assembly, "each": assembly, "example": SCHOOL}
        for item in self.tests.items:
            assembly.touched = set()
            run_once(item, values)  # a test that fails by itself would kill every mutant
            self.tests.reads[item.nodeid] = assembly.touched
        mutants = [it for it in all_mutants(assembly.templates) if self.only in str(it)]
        self.all = len(mutants)
        chosen = random.Random(self.seed).sample(mutants, min(self.number, len(mutants)))  # noqa: S311
        first: Counter[str] = Counter()
        for mutant in chosen:
            back = mutant.apply(assembly.templates)
            try:
                found = killer(mutant, self.tests, values, first)
            finally:
                back()
            self.results.append(Result(mutant, found, "" if found else reason_for(mutant)))
        for item in self.tests.items:
            run_once(item, values)  # every change was taken back
        return True


def _synthesized() -> Watched:
    from infrastructure.app import build
    from infrastructure.settings_file import EXAMPLES, load_settings

    with tempfile.TemporaryDirectory(prefix="apranova-mutants-") as folder:
        code, out = Path(folder, "manager"), Path(folder, "out")
        code.mkdir()
        copy_own_code(code)
        build(load_settings(EXAMPLES / f"{SCHOOL}.toml"), manager_code=code, out=out).synth()
        return Watched(out)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="apranova check infrastructure --mutants", allow_abbrev=False)
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--number", type=int, default=400, help="how many mutants are drawn (default: 400)")
    parser.add_argument("--only", default="", help="of those whose line has this text")
    parser.add_argument("--templates", type=Path, metavar="FOLDER", help="a cdk.out of hundred.toml; default: made new")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    tests = Tests()
    trials = Trials(tests, seed=asked.seed, number=asked.number, only=asked.only, folder=asked.templates)
    files = [str(FOLDER / "tests" / f"{name}.py") for name in FILES]
    code = pytest.main(["-c", str(FOLDER / "pytest.ini"), "-qq", *files], plugins=[tests, trials])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) or not trials.results:
        print("✗ the tests do not pass without a mutant")
        return 1
    return report(trials, asked.seed, time.monotonic() - began)


def report(trials: Trials, seed: int, took_s: float) -> int:
    killed = [it for it in trials.results if it.killed_by]
    reasons = [it for it in trials.results if it.reason]
    alive = [it for it in trials.results if not it.killed_by and not it.reason]
    for one in sorted(alive, key=lambda it: (it.mutant.kind, str(it.mutant))):
        print(f"survived: {one.mutant}")
    print(
        f"{'✗' if alive else '✓'} seed {seed}: {len(trials.results)} of {trials.all} mutants in {took_s:.0f} s with "
        f"{len(trials.tests.items)} tests: {len(killed)} killed, {len(reasons)} acknowledged, {len(alive)} survived"
    )
    return 1 if alive else 0
