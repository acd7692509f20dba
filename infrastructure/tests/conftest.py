"""The platform, synthesised once for each example and read by all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from infrastructure.node import use_locked_node

use_locked_node()

from infrastructure.app import build  # noqa: E402  (CDK starts its Node.js at import)
from infrastructure.manager_package import copy_own_code  # noqa: E402
from infrastructure.nag import Finding, synthesise_with_nag  # noqa: E402
from infrastructure.settings_file import EXAMPLES, load_settings  # noqa: E402
from infrastructure.tests.templates import Assembly  # noqa: E402


@pytest.fixture(scope="session")
def manager_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of our own code, without the packages that a registry would be needed for: what runs it has them already."""
    folder = tmp_path_factory.mktemp("manager")
    copy_own_code(folder)
    return folder


@pytest.fixture(scope="session")
def synthesise(
    manager_code: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Assembly, tuple[Finding, ...]]]:
    @cache
    def once(example: str) -> tuple[Assembly, tuple[Finding, ...]]:
        out = tmp_path_factory.mktemp(example)
        app = build(load_settings(EXAMPLES / f"{example}.toml"), manager_code=manager_code, out=out)
        findings = synthesise_with_nag(app, out)
        return Assembly(out), findings

    return once


@pytest.fixture(scope="session")
def hundred(synthesise: Callable[[str], tuple[Assembly, tuple[Finding, ...]]]) -> Assembly:
    """The document's school."""
    return synthesise("hundred")[0]


@pytest.fixture(scope="session", params=["small", "hundred", "thousand"])
def each(
    request: pytest.FixtureRequest, synthesise: Callable[[str], tuple[Assembly, tuple[Finding, ...]]]
) -> tuple[Assembly, tuple[Finding, ...]]:
    return synthesise(request.param)
