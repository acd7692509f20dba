"""The table's shape: every name that the adapters, the tests and the infrastructure's code must agree on.

| item | pk | sk | indexes |
|---|---|---|---|
| record of a workspace, task, cohort, of past launches or of the pool's outlook | `workspace#<id>`, `task#<id>`, `cohort#<id>`, `demand#<id>`, `outlook#<id>` | `record` | `due` or `pool` (a task that waits for its student: both), `listed` |
| where a home's files are (manager/adapters/efs/homes.py) | `home#<id>` | `record` | – |
| what ECS was asked for a task (manager/adapters/ecs/references.py) | `task#<id>` | `engine` | – (goes by its time to live) |

The indexes are sparse: an item without an index's key attributes is not in it, and costs it nothing.

| index | keys | projection | who is in it |
|---|---|---|---|
| `due` | `due_queue` S, `due_at` N | keys only | records with a `due_at`, by that time; a sweep reads those whose time has come |
| `pool` | `pool_queue` S, `pool_rank` N | all | the pool's tasks; whole, because a launch reads them with one request |
| `listed` | `listed_kind` S, `listed_order` S | keys only | workspaces and tasks, for the operator's view; written once in a record's life |
"""

from __future__ import annotations

from typing import Any

PARTITION_KEY = "pk"
SORT_KEY = "sk"
RECORD = "record"
"""Sort key of a record itself."""
ENGINE = "engine"
"""Sort key of what the engine was asked for a task."""

DUE_INDEX, DUE_QUEUE, DUE_AT = "due", "due_queue", "due_at"
POOL_INDEX, POOL_QUEUE, POOL_RANK = "pool", "pool_queue", "pool_rank"
LISTED_INDEX, LISTED_KIND, LISTED_ORDER = "listed", "listed_kind", "listed_order"

EXPIRES_AT = "expires_at"
"""Seconds since the epoch; the table's time-to-live attribute."""

VERSION = "version"
WRITTEN_BY = "written_by"
"""Random, new for each write: tells a repeated request from somebody else's."""
FORMAT = "format"
FORMAT_NOW = 1
BODY = "body"


def create_table_request(name: str) -> dict[str, Any]:
    """What CreateTable is asked for; the tests make their tables with it."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": PARTITION_KEY, "AttributeType": "S"},
            {"AttributeName": SORT_KEY, "AttributeType": "S"},
            {"AttributeName": DUE_QUEUE, "AttributeType": "S"},
            {"AttributeName": DUE_AT, "AttributeType": "N"},
            {"AttributeName": POOL_QUEUE, "AttributeType": "S"},
            {"AttributeName": POOL_RANK, "AttributeType": "N"},
            {"AttributeName": LISTED_KIND, "AttributeType": "S"},
            {"AttributeName": LISTED_ORDER, "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": order, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            }
            for index, partition, order, projection in (
                (DUE_INDEX, DUE_QUEUE, DUE_AT, "KEYS_ONLY"),
                (POOL_INDEX, POOL_QUEUE, POOL_RANK, "ALL"),
                (LISTED_INDEX, LISTED_KIND, LISTED_ORDER, "KEYS_ONLY"),
            )
        ],
    }
