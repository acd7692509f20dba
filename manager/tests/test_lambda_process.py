"""The function in its own process, under AWS' runtime client, as it is deployed."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import mover.function
from infrastructure.names import (
    ACTIONS,
    LAUNCH_FAILURES,
    LAUNCHES,
    MANAGER_HANDLER,
    MOVER_HANDLER,
    ORPHAN_ACTION,
    POOL_READY,
    PREPARE_FAILURES,
    SWEEP_REQUEST,
    SWEEP_SECONDS,
    SWEEPS_INCOMPLETE,
    WAKE_DELAY_S,
)
from manager.adapters.cloudwatch.metrics import WATCHED
from manager.adapters.sqs import wakes
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.tests.function_under_test import Place, lines_of
from manager.tests.runtime_api import LambdaProcess


@pytest.fixture
def place(aws: AwsEmulator) -> Iterator[Place]:
    """The mover is a function of the emulator, as it is one of Lambda."""
    made = Place(aws, APRANOVA_MOVER="a-mover")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("function.py", Path(mover.function.__file__).read_text())
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="a-mover",
        Runtime="python3.11",
        Role="arn:aws:iam::111122223333:role/mover",
        Handler=MOVER_HANDLER,
        Code={"ZipFile": packed.getvalue()},
        Environment={
            "Variables": {"APRANOVA_FILES": str(aws.files), "APRANOVA_STUDENT": f"{os.getuid()}:{os.getgid()}"}
        },
        Timeout=10,
    )
    yield made
    functions.delete_function(FunctionName="a-mover")
    made.close()


@pytest.fixture
def process(place: Place, tmp_path: Path) -> Iterator[LambdaProcess]:
    place.put_parameter("idle-timeout-s", "2700")
    started = LambdaProcess(MANAGER_HANDLER, place.environment, tmp_path / "function.log")
    yield started
    started.close()


def test_it_answers_the_schedule_the_backend_and_the_balancer(process: LambdaProcess) -> None:
    assert process.invoke({"action": "sweep"}).body == {"ok": True}
    created = process.invoke(
        {"action": "create", "workspace_id": "ws-aaaaaaaaaa", "owner_id": "person-1", "kind": "vscode"}
    )
    assert created.body["workspace"]["idle_timeout_s"] == 2700.0  # Parameter Store's
    assert (
        process.invoke({"action": "launch", "workspace_id": "ws-aaaaaaaaaa"}).body["workspace"]["state"] == "starting"
    )
    door = process.invoke({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/workspace/"})
    assert (door.failed, door.body["statusCode"]) == (False, 302)
    lines = lines_of(process.log.read_text())
    assert any(line.get("launches_total") for line in lines)
    assert any("sweep_seconds" in line for line in lines)


def test_a_pass_that_cannot_be_made_is_reported_to_lambda_and_the_next_one_is_served(
    place: Place, process: LambdaProcess
) -> None:
    dynamodb = place.aws.client("dynamodb")
    assert process.invoke({"action": "sweep"}).body == {"ok": True}
    dynamodb.delete_table(TableName=place.environment["APRANOVA_TABLE"])
    failed = process.invoke({"action": "sweep"})
    assert failed.failed
    assert failed.body["errorType"] == "ApraNovaError"
    assert not process.invoke({"action": "explode"}).failed


def test_a_function_that_cannot_start_says_which_setting_is_wrong(place: Place, tmp_path: Path) -> None:
    environment = {**place.environment, "APRANOVA_SPOT_PERCENT": "many"}
    process = LambdaProcess(MANAGER_HANDLER, environment, tmp_path / "function.log")
    try:
        outcome = process.outcome()
        assert outcome.failed
        assert "APRANOVA_SPOT_PERCENT" in outcome.body["errorMessage"]
    finally:
        process.close()


def test_the_platforms_alarms_and_queue_know_our_names() -> None:
    assert {LAUNCHES, LAUNCH_FAILURES, SWEEP_SECONDS, SWEEPS_INCOMPLETE, POOL_READY, PREPARE_FAILURES, ACTIONS} <= set(
        WATCHED
    )
    assert WATCHED[ACTIONS].only["action"] == ORPHAN_ACTION
    assert WATCHED[LAUNCHES].labels == ("path",)
    assert WATCHED[POOL_READY].labels == ()  # the alarm asks for one series, of all kinds together
    assert (wakes.DELAY_S, wakes.BODY) == (WAKE_DELAY_S, SWEEP_REQUEST)
