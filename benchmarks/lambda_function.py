"""What the manager's function costs by itself: to start, and when warm without its calls to AWS.

AWS is ministack on loopback. Its times say nothing about AWS, so they are measured and subtracted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from contract.names import WorkspaceState
from infrastructure.names import MANAGER_HANDLER
from manager.adapters.tests.aws_emulator import VSCODE_IMAGE, AwsEmulator
from manager.tests.function_under_test import FunctionUnderTest, Place, function_at
from manager.tests.runtime_api import LambdaProcess

START = Target("median", 0.9)
OVERHEAD = Target("p95", 5.0)


def run(*, quick: bool) -> Findings:
    starts, warm = (3, 30) if quick else (20, 300)
    agent = [sys.executable, "-m", "agent.tests.fake_task", "{folder}", ""]
    emulator = AwsEmulator({VSCODE_IMAGE: agent})
    try:
        return Findings(
            "The manager's function on AWS",
            [*_starts(emulator, starts), *_warm(emulator, warm)],
            details={"aws": "ministack on loopback; its time is not in the numbers"},
        )
    finally:
        emulator.close()


def plot(findings: Findings, path: Path) -> None:
    starts = [measure for measure in findings.measures if measure.unit == "s"]
    warm = [measure for measure in findings.measures if measure.unit == "ms"]
    with charts.figure(path, findings.title, rows=2) as (above, below):
        charts.dots(above, starts, "Start", "seconds of processor time")
        charts.dots(below, warm, "Warm, beyond the calls of AWS", "ms")


def _starts(emulator: AwsEmulator, count: int) -> Iterator[Measure]:
    place = Place(emulator)
    _cpu_of_start(place, {})  # bytecode is written, the files are in memory
    with tempfile.TemporaryDirectory() as nowhere:
        uncompiled = {"PYTHONPYCACHEPREFIX": nowhere, "PYTHONDONTWRITEBYTECODE": "1"}
        note = "interpreter, AWS' runtime client, imports, clients, Parameter Store; until it asks for its first event"
        samples = [_cpu_of_start(place, {}) for _ in range(count)]
        yield Measure("start: processor time of the whole process", "s", samples, START, note)
        samples = [_cpu_of_start(place, uncompiled) for _ in range(max(1, count // 4))]
        yield Measure("start without bytecode in the package", "s", samples)


def _cpu_of_start(place: Place, more: dict[str, str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        process = LambdaProcess(MANAGER_HANDLER, {**place.environment, **more}, Path(folder) / "log")
        try:
            process.until_started()
            return process.cpu_s()
        finally:
            process.close()


def _warm(emulator: AwsEmulator, count: int) -> Iterator[Measure]:
    with pytest.MonkeyPatch.context() as patch, function_at(emulator, patch) as function:
        workspace_id = function.create("a")
        function.ask("launch", workspace_id)
        function.pump_until_state(workspace_id, WorkspaceState.RUNNING)
        door = {"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/workspace/", "headers": {}}
        events = {
            "describe": {"action": "describe", "workspace_ids": [workspace_id]},
            "launch of a workspace that runs": {"action": "launch", "workspace_id": workspace_id},
            "reconcile pass with nothing due": {"action": "sweep"},
            "the door, redirect": door,
        }
        for name, event in events.items():
            with _apart(function) as overhead_ms:
                for _ in range(10):
                    overhead_ms(event)
                yield Measure(name, "ms", [overhead_ms(event) for _ in range(count)], OVERHEAD)


@contextmanager
def _apart(function: FunctionUnderTest) -> Iterator[Callable[[Any], float]]:
    """Times an invocation without the AWS clients' signing, sending, waiting and reading."""
    inside = [0.0]
    clients = (function.clients.dynamodb, function.clients.ecs, function.clients.sqs)
    originals = [client._make_api_call for client in clients]  # noqa: SLF001  # pyright: ignore

    def timed(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return original(*arguments)
            finally:
                inside[0] += time.perf_counter() - began

        return call

    def overhead_ms(event: Any) -> float:
        inside[0] = 0.0
        began = time.perf_counter()
        function(event)
        return (time.perf_counter() - began - inside[0]) * 1e3

    for client, original in zip(clients, originals, strict=True):
        client._make_api_call = timed(original)  # noqa: SLF001  # pyright: ignore
    try:
        yield overhead_ms
    finally:
        for client in clients:
            del client._make_api_call  # noqa: SLF001  # pyright: ignore
