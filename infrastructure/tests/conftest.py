"""The platform, synthesized once for each example and read by all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from infrastructure.node import use_locked_node

use_locked_node()

from infrastructure.app import build  # noqa: E402  (CDK starts its Node.js at import)
from infrastructure.manager_package import copy_own_code  # noqa: E402
from infrastructure.nag import Finding, synthesize_with_nag  # noqa: E402
from infrastructure.settings_file import EXAMPLES, load_settings  # noqa: E402
from infrastructure.tests.templates import Assembly  # noqa: E402


@pytest.fixture(scope="session")
def manager_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of our own code, without packages, which the tests' environment has already."""
    folder = tmp_path_factory.mktemp("manager")
    copy_own_code(folder)
    return folder


@pytest.fixture(scope="session")
def synthesized(
    manager_code: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Assembly, tuple[Finding, ...]]]:
    @cache
    def once(example: str) -> tuple[Assembly, tuple[Finding, ...]]:
        out = tmp_path_factory.mktemp(example)
        app = build(load_settings(EXAMPLES / f"{example}.toml"), manager_code=manager_code, out=out)
        findings = synthesize_with_nag(app, out)
        return Assembly(out), findings

    return once


@pytest.fixture(scope="session")
def school(synthesized) -> Callable[[str], Assembly]:
    """The platform of one of the examples."""
    return lambda example: synthesized(example)[0]


@pytest.fixture(scope="session")
def hundred(school) -> Assembly:
    """The document's school."""
    return school("hundred")


@pytest.fixture(scope="session", params=["small", "hundred", "thousand"])
def example(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def each(example: str, school) -> Assembly:
    return school(example)


@pytest.fixture(scope="session")
def findings(example: str, synthesized) -> tuple[Finding, ...]:
    """cdk-nag's."""
    return synthesized(example)[1]
