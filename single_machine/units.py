"""What runs in systemd units of its own (decision 22): the sandboxes' parent, the engine
and the gateway. `python -m single_machine unit NAME` is the command of each."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from single_machine import local_socket
from single_machine.preflight import make_folders
from single_machine.processes import DidNotStart, Processes
from single_machine.progress import warn
from single_machine.services import UnitServices
from single_machine.settings import Settings
from single_machine.signals import Stop, ignore_signals, signals_end_us
from single_machine.spawning import ProcessSpec

TICK_S = 0.2
UNIT_READY_WITHIN_S = 60.0
_ARE_YOU_READY = b"GET /ready HTTP/1.1\r\nHost: envoy\r\nConnection: close\r\n\r\n"


def run(settings: Settings, name: str) -> int:
    make_folders(settings)
    services = UnitServices(settings=settings, isolation="bubblewrap")
    if name != "gateway":
        _become(services.shim() if name == "sandboxes" else services.engine())
    return _keep_gateway(settings, services)


def _become(spec: ProcessSpec) -> NoReturn:
    """In the place of this process, because the shim must be alone in its cgroup."""
    os.execve(spec.command[0], spec.command, dict(spec.environment))  # noqa: S606  no shell


def wait_for_unit(unit: str, ready: Callable[[], bool]) -> None:
    """Raises DidNotStart."""
    deadline = time.monotonic() + UNIT_READY_WITHIN_S
    while not ready():
        if time.monotonic() > deadline:
            raise DidNotStart(f"{unit} did not answer within {UNIT_READY_WITHIN_S:.0f} s: journalctl -u {unit}")
        time.sleep(0.05)


def _keep_gateway(settings: Settings, services: UnitServices) -> int:
    """Run Envoy with the configuration that the platform writes. When that has changed, another
    Envoy takes over once it answers: both may listen on one port (SO_REUSEPORT)."""
    configuration = settings.run / "envoy" / "envoy.yaml"
    processes = Processes(settings.logs, in_journal=True)
    shown = ""
    with signals_end_us():
        try:
            while True:
                text = _read(configuration)
                if text not in ("", shown):
                    processes = _take_over(settings, services, configuration, earlier=processes)
                    shown = text
                for line in processes.tend(time.monotonic()):
                    warn(line)
                processes.pause(TICK_S)
        except Stop:
            pass
        finally:
            ignore_signals()
            processes.stop_all()
    return 0


def _take_over(settings: Settings, services: UnitServices, configuration: Path, *, earlier: Processes) -> Processes:
    """Start an Envoy, and end the earlier one when this one answers. Returns what runs then."""
    admin = settings.run / "envoy" / "admin.sock"  # always the newest Envoy's
    ready = functools.partial(local_socket.answers, admin, _ARE_YOU_READY, begins=b"HTTP/1.1 200")
    fresh = Processes(settings.logs, in_journal=True)
    fresh.start(replace(services.envoy(configuration), ready=ready, ready_within_s=UNIT_READY_WITHIN_S))
    try:
        fresh.wait_ready("envoy")
    except DidNotStart as problem:
        if not earlier.pids():
            return fresh  # it is started again and again; the log says why
        warn(f"The changed configuration of the gateway is not used: {problem}")
        fresh.stop_all()
        return earlier
    except Stop:
        fresh.stop_all()
        raise
    earlier.stop_all()
    return fresh


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
