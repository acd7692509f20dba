"""One stack for all tests of the gateway; no test leaves anything behind in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.tests.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.start()
        yield stack
    finally:
        stack.close()
