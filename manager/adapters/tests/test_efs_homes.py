"""Homes on EFS, as far as the mover does not do it: new ones, and the end of one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from contract.errors import ApraNovaError
from manager.adapters.efs.homes import key_of
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.adapters.tests.ecs_under_test import EcsUnderTest

HOME = "home-aaaaaaaaaaaaaaaa"


@pytest.fixture
def efs(aws: AwsEmulator) -> Iterator[EcsUnderTest]:
    subject = EcsUnderTest(aws, slots=1)
    yield subject
    subject.close()


def test_to_create_a_home_or_to_ask_for_one_takes_no_request(efs: EcsUnderTest) -> None:
    efs.functions.moves.clear()
    with efs.records.counted() as sent:
        efs.homes.create(HOME)
        assert efs.homes.exists(HOME)
    assert (sent, efs.functions.moves) == ([], [])


def test_a_purge_is_done_when_the_backup_worker_has_said_so(efs: EcsUnderTest) -> None:
    for _ in range(2):  # asked again until it is done
        with pytest.raises(ApraNovaError, match="being removed"):
            efs.homes.purge(HOME)
    assert {request["FunctionName"] for request in efs.functions.sent} == {"a-backup-worker"}
    assert [json.loads(request["Payload"]) for request in efs.functions.sent] == [{"home_id": HOME}] * 2
    efs.dynamodb.update_item(  # the worker's last step
        TableName=efs.table,
        Key=key_of(HOME),
        UpdateExpression="SET purged = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )
    efs.homes.purge(HOME)
    assert "Item" not in efs.dynamodb.get_item(TableName=efs.table, Key=key_of(HOME))


def test_a_bad_home_id_is_refused_before_any_request(efs: EcsUnderTest) -> None:
    with pytest.raises(ValueError, match="not the id of a home"):
        efs.homes.create("../../etc")
