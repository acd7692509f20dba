"""The code's own limit: a function fits on a screen."""

from __future__ import annotations

import ast

from single_machine.tests.test_documents import ROOT

LINES_MAX = 60
LONGER = {
    "single_machine/__main__.py main": "an argument parser",
    "images/superset/inside/statements.py _statement_class": "a class, which only Superset's own process can derive",
}


def test_no_function_is_longer_than_sixty_lines_but_those_with_a_reason() -> None:
    python = [*ROOT.glob("[a-z]*/*.py"), *(it for part in ROOT.glob("[a-z]*/[a-z]*/") for it in part.rglob("*.py"))]
    found = set()
    for path in python:
        if "node_modules" in path.parts or ".venv" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LINES_MAX:
                    found.add(f"{path.relative_to(ROOT)} {node.name}")
    assert found == set(LONGER)
