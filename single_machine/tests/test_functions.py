"""The code's own limit: a function fits on a screen."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from single_machine.tests.test_documents import ROOT

LINES_MAX = 60
MADE = {"node_modules", "dist", "out"}
LONGER = {
    "single_machine/__main__.py main": "an argument parser",
    "images/superset/inside/statements.py _statement_class": "a class, which only Superset's own process can derive",
}


def test_no_function_is_longer_than_sixty_lines_but_those_with_a_reason() -> None:
    found = set()
    for path in our_python():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LINES_MAX:
                    found.add(f"{path.relative_to(ROOT)} {node.name}")
    assert found == set(LONGER)


def our_python() -> Iterator[Path]:
    """Not what builds and packages leave below the source, also while they come and go: a folder
    that has just gone has no files."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name.isidentifier() and name not in MADE]
        yield from (Path(folder, name) for name in files if name.endswith(".py"))
