"""Fixtures that start real sandboxes; one engine serves all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from manager.adapters.tests.engine_under_test import START_AS, EngineUnderTest


@pytest.fixture(scope="module", params=START_AS)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineUnderTest]:
    running = EngineUnderTest(as_whom=request.param)
    yield running
    running.close()
