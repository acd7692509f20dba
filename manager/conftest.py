"""One emulator of AWS for all of the manager's tests; it starts with the first test that asks for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from manager.adapters.tests.aws_emulator import VSCODE_IMAGE, AwsEmulator


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsEmulator]:
    emulator = AwsEmulator({VSCODE_IMAGE: [sys.executable, "-m", "agent.tests.fake_task", "{folder}", ""]})
    yield emulator
    emulator.close()
