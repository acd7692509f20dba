"""`./apranova restore`: lists the snapshots of a workspace's home, or puts one back."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from rich.table import Table

from contract.manager import Action, DescribeAnswer, SnapshotsAnswer, WorkspaceView
from contract.wire import from_json
from single_machine.manager_calls import ask
from single_machine.preflight import CannotGoOn
from single_machine.progress import console, say, step
from single_machine.running import find_ready
from single_machine.settings import Settings

LOOK_EVERY_S = 0.5
WAIT_MAX_S = 3_600.0
Ask = Callable[[dict[str, Any]], dict[str, Any]]


def run(settings: Settings, *, workspace_id: str, snapshot: str | None) -> int:
    product = find_ready(settings)
    if product is None:
        raise CannotGoOn("ApraNova is not running. Start it with ./apranova up, and wait until it is ready")

    def manager(payload: dict[str, Any]) -> dict[str, Any]:
        return ask(settings, product.manager_endpoint, {"workspace_id": workspace_id, **payload})

    known = from_json(SnapshotsAnswer, manager({"action": Action.SNAPSHOTS}))
    if snapshot is None:
        console.print(_table(known))
        return 0
    snapshot_id = _chosen(known, snapshot)
    manager({"action": Action.RESTORE, "snapshot_id": snapshot_id})
    with step("Putting the files back"):
        workspace = _wait(manager, workspace_id)
    if workspace.failure:
        raise CannotGoOn(f"{workspace.failure}. The manager's log says why: {settings.logs / 'manager.log'}")
    say(f"Done. {workspace.steps[-1].text}.")
    return 0


def _chosen(known: SnapshotsAnswer, beginning: str) -> str:
    """People type the first characters."""
    fitting = [found.snapshot_id for found in known.snapshots if found.snapshot_id.startswith(beginning)]
    if len(fitting) != 1:
        raise CannotGoOn(
            f"{len(fitting)} snapshots begin with {beginning!r}. Type more characters; without any, all snapshots are listed."
        )
    return fitting[0]


def _wait(manager: Ask, workspace_id: str) -> WorkspaceView:
    deadline = time.monotonic() + WAIT_MAX_S
    while time.monotonic() < deadline:
        answer = manager({"action": Action.DESCRIBE, "workspace_ids": [workspace_id]})
        (workspace,) = from_json(DescribeAnswer, answer).workspaces
        if workspace.restoring is None:
            return workspace
        time.sleep(LOOK_EVERY_S)
    raise CannotGoOn("the files are still being restored; nothing is lost. See the manager's log.")


def _table(known: SnapshotsAnswer) -> Table:
    table = Table("snapshot", "taken", box=None, header_style="bold", pad_edge=False)
    for found in known.snapshots:
        taken = dt.datetime.fromtimestamp(found.taken_at).astimezone()
        table.add_row(found.snapshot_id[:12], f"{taken:%Y-%m-%d %H:%M:%S}")
    if not known.snapshots:
        table.add_row("none yet", "")
    return table
