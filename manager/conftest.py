"""One emulator of AWS for all of the manager's tests; it starts with the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from manager.adapters.tests.aws_emulator import AwsEmulator


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsEmulator]:
    emulator = AwsEmulator()
    yield emulator
    emulator.close()
