"""The keeper of the gateway, with stand-ins for Envoy."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from single_machine import units
from single_machine.processes import Processes
from single_machine.settings import Settings, read_settings
from single_machine.spawning import ProcessSpec


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    variables = {"APRANOVA_HOME": str(tmp_path), "APRANOVA_RUN_DIR": str(tmp_path / "run")}
    settings = read_settings(variables, source=tmp_path / "source")
    settings.logs.mkdir()
    return settings


def test_an_envoy_that_ends_at_once_is_started_again_without_a_wait(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeper asked it for a minute, while a second start would have served."""
    monkeypatch.setattr(units, "Processes", lambda logs, **_: Processes(logs))  # without a journal
    command = (sys.executable, "-c", "raise SystemExit(1)")
    services = Mock(envoy=lambda _: ProcessSpec("envoy", command, dict(os.environ), ready=lambda: True))
    began = time.monotonic()
    taken = units._take_over(settings, services, tmp_path / "envoy.yaml", earlier=Processes(tmp_path))
    try:
        assert time.monotonic() - began < units.UNIT_READY_WITHIN_S / 3
        assert any("starting it again" in line for line in taken.tend(time.monotonic()))
    finally:
        taken.stop_all()
