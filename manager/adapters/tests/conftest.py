"""Fixtures that start real sandboxes; one engine serves all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from manager.adapters.tests.engine_under_test import EngineUnderTest, start_as


@pytest.fixture(scope="module", params=start_as())
def engine(request: pytest.FixtureRequest) -> Iterator[EngineUnderTest]:
    running = EngineUnderTest(as_whom=request.param)
    yield running
    running.close()
