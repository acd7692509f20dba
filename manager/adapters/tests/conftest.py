"""Fixtures that start real sandboxes; one engine serves all tests of a module."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from manager.adapters.tests.engine_under_test import START_AS, EngineUnderTest

NewEngine = Callable[..., EngineUnderTest]


@pytest.fixture
def new_engine() -> Iterator[NewEngine]:
    """Starts engines for one test; they end with it."""
    with contextlib.ExitStack() as started:
        yield lambda **options: started.enter_context(contextlib.closing(EngineUnderTest(**options)))


@pytest.fixture(scope="module", params=START_AS)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineUnderTest]:
    running = EngineUnderTest(as_whom=request.param)
    yield running
    running.close()
