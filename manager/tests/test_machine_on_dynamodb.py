"""The state machine, faults and invariants of test_machine.py, over the store of AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from manager.adapters.dynamodb import items, table
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.record_store import Kept
from manager.adapters.tests.aws_emulator import AwsEmulator
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import Record, WorkspaceStore
from manager.tests.test_machine import ManagerMachine

EXAMPLES, STEPS = 3, 30
"""About 1,500 requests: each costs the emulator more than the rest of a step in memory."""
SEED = 56
"""Of the first 137 seeds, the one whose examples find three mistakes in a store: no conditions at
all, none for PutItem, none for transactions. So few examples of another seed mostly find one or
two."""


class WatchedStore(DynamoDbWorkspaceStore):
    """Reads the whole table, but only after a write: the machine looks after every call."""

    def __init__(self, client: Any, table_name: str) -> None:
        super().__init__(client, table_name, pause=lambda _: None)
        self._records: tuple[tuple[Workspace, ...], tuple[Task, ...]] | None = None

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        self._records = None
        super().write(*records, delete=delete)

    def all_records(self) -> tuple[tuple[Workspace, ...], tuple[Task, ...]]:
        if self._records is None:
            found = self._client.scan(TableName=self._table, ConsistentRead=True)["Items"]
            self._records = (_of(Workspace, "workspace", found), _of(Task, "task", found))
        return self._records


def _of(record_type: type[Kept], kind: str, found: Iterable[Any]) -> tuple[Kept, ...]:
    mine = [item for item in found if item[table.PARTITION_KEY]["S"].startswith(f"{kind}#")]
    return tuple(items.from_item(record_type, item) for item in mine)


@pytest.mark.timeout(180)
def test_the_manager_under_faults_breaks_no_rule_over_dynamodb(aws: AwsEmulator) -> None:
    client = aws.client("dynamodb")

    @seed(SEED)
    class OverDynamoDb(ManagerMachine):
        def make_store(self) -> WorkspaceStore:
            self.watched = WatchedStore(client, aws.make_table())
            return self.watched

        def all_records(self) -> tuple[tuple[Workspace, ...], tuple[Task, ...]]:
            return self.watched.all_records()

    run_state_machine_as_test(
        OverDynamoDb,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=(Phase.generate,),  # reported as it was found: shrinking it would take many minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
