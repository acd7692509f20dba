"""A command imports only what its own lock installs; the tests' environment has more."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2]
RUN_BY_THE_PRODUCT = (
    *("agent", "backend", "calendars", "containers", "contract", "gateway", "manager", "single_machine"),
    *("simulator/costs", "simulator/planning", "simulator/workloads"),
)


@pytest.mark.parametrize("folder", RUN_BY_THE_PRODUCT)
def test_what_the_products_commands_import_is_in_the_products_lock(folder: str) -> None:
    locks = [(SOURCE / f"requirements/{name}.txt").read_text(encoding="utf-8") for name in ("product", "programs")]
    locked = {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", "\n".join(locks), re.MULTILINE)}
    own = {path.name for path in SOURCE.iterdir()} | {path.name for path in (SOURCE / "backend").iterdir()}
    distributions = importlib.metadata.packages_distributions()
    files = [
        path for path in (SOURCE / folder).rglob("*.py") if "tests" not in path.parts and path.name != "conftest.py"
    ]
    assert files
    for path in files:
        for module in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            if module in sys.stdlib_module_names or module in own:
                continue
            known = {_normal(name) for name in distributions.get(module, ())}
            assert known & locked, f"{path.relative_to(SOURCE)} imports {module}, which product.txt does not have"


def _imported(tree: ast.AST) -> Iterator[str]:
    """Top-level names of what is imported when the program runs."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case _:
                yield from _imported(node)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
