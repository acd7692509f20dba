"""What the Testing view's extension reads from a file's text, and how it starts a runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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


UNITTEST = """
import unittest

class Shop(unittest.TestCase):
    def test_adds(self):
        assert True

    def test_price(self):
        for price in (42, 40):
            with self.subTest(price):
                self.assertEqual(price, 42)

    @unittest.skip("later")
    def test_later(self): ...

    @unittest.expectedFailure
    def test_known(self):
        self.fail()
"""


def run_python(folder: Path, *chosen: str) -> tuple[str, list[dict[str, Any]]]:
    """What it printed, and the report. The pytest that this Python has is hidden from it."""
    report = folder / "report"
    report.unlink(missing_ok=True)
    hidden = "import sys, importlib.util; importlib.util.find_spec = lambda _: None; "
    script = hidden + "import apranova_tests; sys.exit(apranova_tests.main(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parent / "runners"), "APRANOVA_TEST_REPORT": str(report)}
    command = [sys.executable, "-c", script, *(str(folder / one) for one in chosen)]
    said = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    lines = report.read_text().splitlines() if report.exists() else []
    return said.stdout + said.stderr, [json.loads(line) for line in lines]


def test_a_python_without_pytest_runs_the_classes_of_unittest(tmp_path: Path) -> None:
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson/__init__.py").write_text("")
    (tmp_path / "lesson/test_shop.py").write_text(UNITTEST)
    _, results = run_python(tmp_path, "lesson/test_shop.py")
    assert {one["file"] for one in results} == {str(tmp_path / "lesson/test_shop.py")}
    found = {one["names"][-1]: (one["names"][0], one["outcome"], one["message"], one["line"]) for one in results}
    assert found == {
        "test_adds": ("Shop", "passed", None, None),
        "test_price": ("Shop", "failed", "AssertionError: 40 != 42", 10),
        "test_later": ("Shop", "skipped", None, None),
        "test_known": ("Shop", "passed", None, None),
    }
    _, [only] = run_python(tmp_path, "lesson/test_shop.py::Shop::test_adds")
    assert only["names"] == ["Shop", "test_adds"]


@pytest.mark.parametrize("text", ["import nothing_of_this_name\n", "raise SystemExit(3)\n", "def (:\n"])
def test_a_file_that_cannot_be_imported_fails_with_its_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "test_broken.py").write_text(text)
    _, [broken] = run_python(tmp_path, "test_broken.py")
    assert (broken["names"], broken["outcome"]) == ([], "failed")
    assert "Error" in broken["message"] or "SystemExit: 3" in broken["message"]


def test_plain_functions_without_pytest_are_said_to_need_it(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_it():\n    assert True\n")
    said, results = run_python(tmp_path, "test_plain.py")
    assert results == []
    assert "pip install pytest" in said


def test_a_project_whose_warnings_are_errors_gets_none_from_us(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "test_shop.py").write_text("def test_adds():\n    assert 1 + 1 == 2\n")
    report = tmp_path / "report"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parent / "runners"), "APRANOVA_TEST_REPORT": str(report)}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # those of our own environment
    command = [sys.executable, "-m", "apranova_tests", "test_shop.py"]
    said = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(report.read_text())["outcome"] == "passed"


def test_two_files_of_one_name_are_two_files(tmp_path: Path) -> None:
    for folder, price in (("a", 40), ("b", 42)):
        (tmp_path / folder).mkdir()
        case = (
            f"import unittest\nclass Shop(unittest.TestCase):\n    def test_it(self): self.assertEqual({price}, 42)\n"
        )
        (tmp_path / folder / "test_shop.py").write_text(case)
    _, results = run_python(tmp_path, "a/test_shop.py", "b/test_shop.py")
    outcomes = {Path(one["file"]).parent.name: one["outcome"] for one in results}
    assert outcomes == {"a": "failed", "b": "passed"}


@pytest.mark.parametrize("what", ["setUpClass", "setUpModule"])
def test_what_fails_before_the_tests_fails_them(tmp_path: Path, what: str) -> None:
    in_module = "def setUpModule(): raise OSError('no shop')\n" if what == "setUpModule" else ""
    in_class = "    @classmethod\n    def setUpClass(cls): raise OSError('no shop')\n" if not in_module else ""
    case = f"import unittest\n{in_module}class Shop(unittest.TestCase):\n{in_class}    def test_it(self): pass\n"
    (tmp_path / "test_shop.py").write_text(case)
    _, [only] = run_python(tmp_path, "test_shop.py")
    assert (only["names"], only["outcome"], only["message"]) == (["Shop", "test_it"], "failed", "OSError: no shop")
