"""`./apranova restore`: lists the snapshots of a workspace's home, or puts one back."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from rich.table import Table

from contract.manager import Action, DescribeAnswer, SnapshotsAnswer, SnapshotView, WorkspaceView
from contract.wire import from_json
from single_machine.first_admin import environment_of_running_backend
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
    chosen = _chosen(known, snapshot)
    _record(settings, workspace_id, chosen)
    manager({"action": Action.RESTORE, "snapshot_id": chosen.snapshot_id})
    with step("Putting the files back"):
        workspace = _wait(manager, workspace_id)
    if workspace.failure:
        raise CannotGoOn(f"{workspace.failure}. The manager's log says why: {settings.logs / 'manager.log'}")
    say(f"Done. {workspace.steps[-1].text}.")
    return 0


def _record(settings: Settings, workspace_id: str, chosen: SnapshotView) -> None:
    """In the audit log, first: what is not recorded is not done."""
    taken_at = dt.datetime.fromtimestamp(chosen.taken_at, dt.UTC).isoformat(timespec="minutes")
    operator = os.environ.get("SUDO_USER") or getpass.getuser()
    facts = (workspace_id, chosen.snapshot_id, taken_at, operator)
    command = [sys.executable, "-m", "backend.manage", "record_restore", *facts]
    environment = environment_of_running_backend(settings)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise CannotGoOn(f"the audit log could not be written, so nothing was done: {reason}")


def _chosen(known: SnapshotsAnswer, beginning: str) -> SnapshotView:
    """People type the first characters."""
    fitting = [found for found in known.snapshots if found.snapshot_id.startswith(beginning)]
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
