"""One AWS emulator for all of the manager's tests; it starts with the first test that needs it.

Whatever a test makes the manager's code ask of AWS must be in the list of its rights.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from infrastructure.used_rights import BY_CODE
from manager.adapters.tests.aws_emulator import CRASHING_IMAGE, NEWER_IMAGE, VSCODE_IMAGE, AwsEmulator
from tests.aws_rights import recorded


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsEmulator]:
    agent = [sys.executable, "-m", "agent.tests.fake_task", "{folder}", ""]
    crashes = [sys.executable, "-S", "-c", "raise SystemExit(3)"]
    emulator = AwsEmulator({VSCODE_IMAGE: agent, NEWER_IMAGE: agent, CRASHING_IMAGE: crashes})
    yield emulator
    emulator.close()


@pytest.fixture(scope="session", autouse=True)
def _rights() -> Iterator[None]:
    """Rare ways included: test_used_rights.py goes the ordinary ones."""
    with recorded("manager") as used:
        yield
    unlisted = used - BY_CODE["manager"] - BY_CODE["backup-worker"]
    if unlisted:
        pytest.fail(f"infrastructure/used_rights.py lacks {sorted(unlisted)}")
