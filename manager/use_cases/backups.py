"""What a backup worker does with a home: take a snapshot after a stop, restore one, thin out.

It touches only a home at rest: its workspace is stopped, and no task was started ahead with it.
Then all files are consistent (SQLite databases, too), and no student's program can mislead the
worker with links that change while it reads. A launch never waits for a snapshot: the snapshot is
dropped, and the next stop takes another one. A lost home can be restored, too; then there is
nothing to save first.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from contract.manager import LaunchStep
from contract.names import StepName, WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.clock import Clock, Metrics
from manager.ports.home_backup import HomeSnapshot, HomeSnapshots, SnapshotFailed
from manager.ports.workspace_store import VersionConflict, WorkspaceStore

log = logging.getLogger(__name__)

_ROUND_MAX = 100_000
"""Records that one round reads."""
_ATTEMPTS_MAX = 10


class _Overtaken(Exception):
    """The home is no longer at rest, or was used in between."""


@dataclass(frozen=True)
class BackupContext:
    """What a backup worker works with."""

    store: WorkspaceStore
    snapshots: HomeSnapshots
    clock: Clock
    metrics: Metrics


def check_home(context: BackupContext, workspace_id: str) -> None:
    """Do what this workspace's home needs. Safe to repeat, but never call it twice at once for the
    same home."""
    workspace = context.store.find_workspace(workspace_id)
    if workspace is None or not _at_rest(context, workspace):
        return
    held = context.snapshots.holds(workspace.home_id or "")
    if workspace.restoring is not None:
        _restore(context, workspace, workspace.restoring, held=held)
    elif held and workspace.wants_snapshot:
        _take(context, workspace)


def check_waiting_homes(context: BackupContext, may_go_on: Callable[[], bool]) -> None:
    """Check every home that still waits: a notification was lost, the tool failed, or a launch came
    in between. Reads all records."""
    for workspace in context.store.list_workspaces(limit=_ROUND_MAX):
        if not may_go_on():
            return
        if workspace.wants_snapshot or workspace.restoring is not None:
            check_home(context, workspace.workspace_id)


def _take(context: BackupContext, workspace: Workspace) -> None:
    begun = context.clock.now()
    try:
        if (taken := _save(context, workspace)) is None:
            return
        _thin_out_weekly(context, workspace.home_id or "", taken)
    except SnapshotFailed as error:
        context.metrics.count("snapshots_total", result="failed")
        log.warning("no snapshot of %s: %s", workspace.workspace_id, error)
    else:
        context.metrics.count("snapshots_total", result="taken")
        context.metrics.observe("snapshot_seconds", context.clock.now() - begun)


def _save(context: BackupContext, workspace: Workspace) -> HomeSnapshot | None:
    """Take a snapshot and record it, unless the home was used meanwhile; then drop the snapshot and
    return None."""
    home_id = workspace.home_id or ""
    taken = context.snapshots.save(home_id)
    try:
        _record(context, workspace, lambda now: replace(now, snapshot_at=taken.taken_at))
    except _Overtaken:
        context.snapshots.forget(home_id, taken.snapshot_id)
        context.metrics.count("snapshots_total", result="overtaken")
        return None
    return taken


def _save_whole(context: BackupContext, workspace: Workspace) -> HomeSnapshot | None:
    """Save a home before a restore. Raises SnapshotFailed if a file could not be read: the restore
    would lose it."""
    taken = _save(context, workspace)
    if taken is not None and not taken.whole:
        raise SnapshotFailed("some files could not be read, and would be lost")
    return taken


def _thin_out_weekly(context: BackupContext, home_id: str, taken: HomeSnapshot) -> None:
    """Thin out with the first snapshot of a week. That needs no record of its own, and spreads the
    work over the homes."""
    earlier = [snapshot for snapshot in context.snapshots.list(home_id) if snapshot.snapshot_id != taken.snapshot_id]
    if earlier and _week(earlier[0].taken_at) != _week(taken.taken_at):
        context.snapshots.thin_out(home_id)


def _week(at: float) -> tuple[int, int]:
    return dt.datetime.fromtimestamp(at, dt.UTC).isocalendar()[:2]


def _restore(context: BackupContext, workspace: Workspace, snapshot_id: str, *, held: bool) -> None:
    """Save the home, unless it is lost; then replace it by the snapshot.

    No launch can come in between: the record refuses it as long as `restoring` is set. A worker
    that dies on the way is notified again, and starts over.
    """
    home_id = workspace.home_id or ""
    before = None
    try:
        if not held and not context.snapshots.misses(home_id):
            return  # it belongs to another worker
        if held and (before := _save_whole(context, workspace)) is None:
            return
        context.snapshots.fetch(home_id, snapshot_id)
        _still(context, workspace)
        context.snapshots.swap(home_id)
    except _Overtaken:
        return  # deleted or purged meanwhile
    except SnapshotFailed as error:
        context.metrics.count("restores_total", result="failed")
        log.warning("%s could not be restored to %s: %s", workspace.workspace_id, snapshot_id, error)
        left = "nothing has changed" if held else "they are still missing"
        failure = f"Your files could not be restored; {left}. Please tell your school"
        _end_restore(context, workspace, LaunchStep(StepName.FAILED, context.clock.now(), failure), failure)
    else:
        context.metrics.count("restores_total", result="done")
        kept = "its files were missing" if before is None else f"as it was before: {before.snapshot_id}"
        log.info("%s: restored to %s; %s", workspace.workspace_id, snapshot_id, kept)
        text = "Your files are restored"
        if before is not None:
            text += "; the newest snapshot holds them as they were before"
        _end_restore(context, workspace, LaunchStep(StepName.RESTORED, context.clock.now(), text), "")


def _end_restore(context: BackupContext, workspace: Workspace, step: LaunchStep, failure: str) -> None:
    try:
        _record(context, workspace, lambda now: now.restored(now=context.clock.now(), step=step, failure=failure))
    except _Overtaken:
        return


def _record(context: BackupContext, workspace: Workspace, change: Callable[[Workspace], Workspace]) -> None:
    """Write a change of the record if its home has been at rest since `workspace` was read. Raises
    _Overtaken."""
    for _ in range(_ATTEMPTS_MAX):
        now = _still(context, workspace)
        try:
            context.store.write(change(now))
        except VersionConflict:
            continue
        return
    raise _Overtaken


def _still(context: BackupContext, workspace: Workspace) -> Workspace:
    """Read the record again, and return it if the home has been at rest ever since. Raises
    _Overtaken."""
    now = context.store.find_workspace(workspace.workspace_id)
    if (
        now is None
        or not _at_rest(context, now)
        or now.state_since != workspace.state_since
        or now.personal_task_id != workspace.personal_task_id
        or now.restoring != workspace.restoring
    ):
        raise _Overtaken
    return now


def _at_rest(context: BackupContext, workspace: Workspace) -> bool:
    """Whether no task can have the home. A task that was started ahead has it although the
    workspace is stopped."""
    if workspace.state is not WorkspaceState.STOPPED or workspace.home_created_at is None:
        return False
    ahead = context.store.find_task(workspace.personal_task_id) if workspace.personal_task_id else None
    return ahead is None or not ahead.live
