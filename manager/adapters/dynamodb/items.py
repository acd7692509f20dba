"""Converts records to items and back. One attribute holds the record as JSON; the attributes next
to it are those that are searched or compared.

JSON, because Python writes a float so that it reads back exactly. DynamoDB's own numbers are
decimal, which is why boto3 refuses floats. Index keys are numbers with 17 significant digits, which
are exact too.
"""

from __future__ import annotations

import json
from typing import Any

from contract import wire
from manager.adapters.dynamodb import table
from manager.adapters.record_store import Kept, id_of
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.outlook import Outlook
from manager.ports.workspace_store import Record

Item = dict[str, Any]
"""Attribute name → `{"S": …}` or `{"N": …}`."""

KIND = {Workspace: "workspace", Task: "task", Demand: "demand", Cohort: "cohort", Outlook: "outlook"}


class UnknownFormat(ValueError):
    """A newer version of ApraNova wrote the item."""


def key_of(record_type: type[Record], record_id: str) -> Item:
    return {
        table.PARTITION_KEY: {"S": f"{KIND[record_type]}#{record_id}"},
        table.SORT_KEY: {"S": table.RECORD},
    }


def key(record: Record) -> Item:
    return key_of(type(record), id_of(record))


def to_item(record: Record, *, written_by: str) -> Item:
    """The record as it is stored: one version later."""
    body = wire.to_json(record)
    del body["version"]
    return {
        **key(record),
        **_index_keys(record),
        table.FORMAT: {"N": str(table.FORMAT_NOW)},
        table.VERSION: {"N": str(record.version + 1)},
        table.WRITTEN_BY: {"S": written_by},
        table.BODY: {"S": json.dumps(body, separators=(",", ":"), ensure_ascii=False)},
    }


def from_item(record_type: type[Kept], item: Item) -> Kept:
    """Raises `UnknownFormat`, `BadMessage`."""
    written = int(item[table.FORMAT]["N"])
    if written != table.FORMAT_NOW:
        raise UnknownFormat(
            f"{item[table.PARTITION_KEY]['S']} has format {written}, this version of ApraNova reads {table.FORMAT_NOW}: "
            "deploy the version that wrote it"
        )
    body = json.loads(item[table.BODY]["S"])
    return wire.from_json(record_type, {**body, "version": int(item[table.VERSION]["N"])})


def number(value: float) -> dict[str, str]:
    """As DynamoDB itself writes numbers, without a trailing `.0`."""
    return {"N": repr(float(value)).removesuffix(".0")}


def _index_keys(record: Record) -> Item:
    kind = KIND[type(record)]
    keys: Item = {}
    due_at = getattr(record, "due_at", None)
    if due_at is not None:
        keys |= {table.DUE_QUEUE: {"S": kind}, table.DUE_AT: number(due_at)}
    if isinstance(record, Task) and record.pool_rank is not None:
        keys |= {table.POOL_QUEUE: {"S": kind}, table.POOL_RANK: number(record.pool_rank)}
    if isinstance(record, Workspace):
        keys |= {table.LISTED_KIND: {"S": kind}, table.LISTED_ORDER: {"S": record.workspace_id}}
    elif isinstance(record, Task):
        oldest_first = f"{record.created_at:020.6f}#{record.task_id}"
        keys |= {table.LISTED_KIND: {"S": kind}, table.LISTED_ORDER: {"S": oldest_first}}
    return keys
