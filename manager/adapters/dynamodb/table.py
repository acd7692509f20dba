"""The table's shape: every name that adapters, tests and infrastructure share.

| item | pk | sk | indexes |
|---|---|---|---|
| workspace, task | `workspace#<id>`, `task#<id>` | `record` | `due`, `pool`, `listed` |
| cohort | `cohort#<id>` | `record` | `due` |
| past launches, the pool's outlook | `demand#<id>`, `outlook#<id>` | `record` | – |
| that a home is being purged (efs/homes.py) | `home#<id>` | `record` | – |
| what ECS was asked for a task (ecs/references.py) | `task#<id>` | `engine` | – (it expires) |
| slot (ecs/slots.py) | `slot#<id>` | `engine` | `pool`, while it is free |

The indexes are sparse: an item without an index's key attributes is not in it and costs nothing.

| index | keys | projection | content |
|---|---|---|---|
| `due` | `due_queue` S, `due_at` N | keys only | records with a `due_at`, earliest first |
| `pool` | `pool_queue` S, `pool_rank` N | all | the pool's tasks, read by each launch; free slots |
| `listed` | `listed_kind` S, `listed_order` S | keys only | workspaces and tasks, for operators |
"""

from __future__ import annotations

from typing import Any

PARTITION_KEY = "pk"
SORT_KEY = "sk"
RECORD = "record"
"""Sort key of a record itself."""
ENGINE = "engine"
"""Sort key of what ECS was asked for a task."""

DUE_INDEX, DUE_QUEUE, DUE_AT = "due", "due_queue", "due_at"
POOL_INDEX, POOL_QUEUE, POOL_RANK = "pool", "pool_queue", "pool_rank"
LISTED_INDEX, LISTED_KIND, LISTED_ORDER = "listed", "listed_kind", "listed_order"

EXPIRES_AT = "expires_at"
"""Seconds since the epoch; the table's time-to-live attribute."""

VERSION = "version"
WRITTEN_BY = "written_by"
"""Random, new for each write: tells a repeated request from another process's."""
FORMAT = "format"
FORMAT_NOW = 1
BODY = "body"


def create_table_request(name: str) -> dict[str, Any]:
    """The request that creates the table; the tests create theirs with it."""
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
