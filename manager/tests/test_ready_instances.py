"""Functions that are ready before a class: how many, and what Lambda is asked for."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from contract.environment import BadSetting
from contract.names import WorkspaceKind
from manager.adapters.functions.ready_instances import LOOK_EVERY_S, ReadyInstances, wanted
from manager.adapters.tests.aws_emulator import AwsEmulator, Requests, refusal
from manager.aws_settings import read_aws_settings
from manager.domain.policy import Shape
from manager.domain.pool.attendance import learned
from manager.domain.pool.outlook import Outlook
from manager.tests.function_under_test import FunctionUnderTest, function_at

CLASS = 1_790_000_000.0 // 60 * 60
MINUTE = 60.0


def expecting(people: int) -> Outlook:
    """A class of which nothing is known but its timetable and its size."""
    launches = [people * share for share in learned((), ()).shares]
    return Outlook().with_class(Shape(WorkspaceKind.VSCODE), CLASS, launches, now=CLASS - 65 * MINUTE)


@pytest.mark.parametrize("late_s", [0.0, 150.0, 299.0])
def test_instances_are_asked_for_ten_minutes_before_a_class_at_whatever_second_the_pass_comes(late_s: float) -> None:
    passes = [CLASS - 60 * MINUTE + late_s + 5 * MINUTE * number for number in range(24)]
    counts = {at: wanted(expecting(100), at) for at in passes}
    first = min(at for at, count in counts.items() if count)
    assert CLASS - 25 * MINUTE <= first <= CLASS - 12 * MINUTE  # Lambda needs a minute or two for them
    assert max(counts.values()) >= 10
    assert all(count == 0 for at, count in counts.items() if at > CLASS + 20 * MINUTE)


def test_a_few_students_need_no_ready_instance() -> None:
    assert {wanted(expecting(4), CLASS - MINUTE * n) for n in range(60)} == {0}


@pytest.fixture
def functions(aws: AwsEmulator) -> Any:
    return aws.client("lambda", retries={"total_max_attempts": 1})


@pytest.fixture
def name(functions: Any) -> Iterator[str]:
    """A function with the alias `live`."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("function.py", "def handle(event, context): return {}")
    made = f"function-{secrets.token_hex(4)}"
    functions.create_function(
        FunctionName=made, Runtime="python3.13", Handler="function.handle", Publish=True,
        Role="arn:aws:iam::111122223333:role/any", Code={"ZipFile": code.getvalue()},
    )  # fmt: skip
    functions.create_alias(FunctionName=made, Name="live", FunctionVersion="1")
    yield made
    functions.delete_function(FunctionName=made)


def asked_for(functions: Any, name: str) -> int:
    try:
        found = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    except functions.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        return 0
    return found["RequestedProvisionedConcurrentExecutions"]


def test_more_are_asked_for_at_once_fewer_never_and_none_after_the_class(functions: Any, name: str) -> None:
    instances = ReadyInstances(functions, {f"{name}:live": 7})
    seen = []
    for count in (0, 3, 12, 4, 0):
        instances.keep(count, CLASS)
        seen.append(asked_for(functions, name))
    assert seen == [0, 3, 7, 7, 0]


def test_a_pass_that_comes_again_asks_for_nothing_new(functions: Any, name: str) -> None:
    requests = Requests(functions)
    for _ in range(2):
        ReadyInstances(functions, {f"{name}:live": 7}).keep(3, CLASS)
    assert requests.sent.count("PutProvisionedConcurrencyConfig") == 1


def test_what_lambda_refuses_harms_no_other_function_and_is_tried_again(functions: Any, name: str) -> None:
    instances = ReadyInstances(functions, {"not-there:live": 2, f"{name}:live": 2})
    requests = Requests(functions)
    too_many = refusal(400, "InvalidParameterValueException", "UnreservedConcurrentExecution below its minimum")
    requests.refuse("PutProvisionedConcurrencyConfig", too_many)
    instances.keep(2, CLASS)
    assert asked_for(functions, name) == 0
    assert not instances.is_due(CLASS + LOOK_EVERY_S - 1.0)
    assert instances.is_due(CLASS + LOOK_EVERY_S)
    instances.keep(2, CLASS + LOOK_EVERY_S)
    assert asked_for(functions, name) == 2


@pytest.fixture
def function(aws: AwsEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[FunctionUnderTest]:
    with function_at(aws, monkeypatch) as made:
        yield made


def test_a_pass_before_a_class_makes_instances_ready(function: FunctionUnderTest, functions: Any, name: str) -> None:
    inner = function.function
    settings = read_aws_settings(function.place.environment | {"APRANOVA_READY_INSTANCES": f"{name}:live=10"})
    inner._manager = replace(inner._manager, ready_instances=ReadyInstances(functions, settings.ready_instances))
    store, now = inner._manager.world.store, inner._manager.world.clock.now()
    soon = [1.0] * 90  # by minute from half an hour before the class
    store.write(store.find_outlook().with_class(Shape(WorkspaceKind.VSCODE), now + 25 * MINUTE, soon, now=now))
    assert function({"action": "sweep"}) == {"ok": True}
    assert asked_for(functions, name) in (3, 4)  # a minute that has begun counts by the clock's seconds


@pytest.mark.parametrize("bad", ["workspace-manager=10", "workspace-manager:live", "workspace-manager:live=many"])
def test_ready_instances_are_functions_with_an_alias_and_a_number(function: FunctionUnderTest, bad: str) -> None:
    with pytest.raises(BadSetting, match="APRANOVA_READY_INSTANCES"):
        read_aws_settings(function.place.environment | {"APRANOVA_READY_INSTANCES": bad})
