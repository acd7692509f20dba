"""What each task's agent loads before it is ready: every task pays for it, in memory and at its
start."""

from __future__ import annotations

import subprocess
import sys

import pytest

FOR_WHAT_COMES_LATER = {"_hashlib", "hmac", "zipfile", "http.client", "contract.history", "contract.door_page"}
"""OpenSSL alone is 3 MB, and 3 ms of a processor."""


@pytest.mark.parametrize("kind", ["vscode", "superset"])
def test_an_agent_loads_only_what_its_start_needs(kind: str) -> None:
    script = f"import sys; sys.modules['ssl'] = None; import agent.main, images.{kind}.application; print(*sys.modules)"
    loaded = subprocess.run((sys.executable, "-S", "-c", script), capture_output=True, text=True, check=True).stdout
    assert f"images.{kind}.application" in loaded.split()
    assert FOR_WHAT_COMES_LATER.isdisjoint(loaded.split())
