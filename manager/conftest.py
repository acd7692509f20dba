"""One AWS emulator for all of the manager's tests; it starts with the first test that needs it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from manager.adapters.tests.aws_emulator import CRASHING_IMAGE, NEWER_IMAGE, VSCODE_IMAGE, AwsEmulator


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsEmulator]:
    agent = [sys.executable, "-m", "agent.tests.fake_task", "{folder}", ""]
    crashes = [sys.executable, "-S", "-c", "raise SystemExit(3)"]
    emulator = AwsEmulator({VSCODE_IMAGE: agent, NEWER_IMAGE: agent, CRASHING_IMAGE: crashes})
    yield emulator
    emulator.close()
