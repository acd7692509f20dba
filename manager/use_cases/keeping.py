"""What a home keeper does with one home: take a snapshot after a stop, put one back, thin out. It decides by the record.

Only a home at rest is touched: its workspace is stopped, and no task has been started ahead with it. Then files are whole (SQLite
databases, too), and no student's program can lead the keeper astray with links that change while it reads. A launch never
waits for a snapshot: it goes on, and the snapshot that it overtook is dropped; the next stop brings another one.
A home that is lost can be put back, too: then there is nothing to save first.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from contract.manager import LaunchStep
from contract.names import StepName, WorkspaceState
from manager.domain.workspace import Workspace
from manager.ports.clock import Clock, Metrics
from manager.ports.home_keeper import HomeSnapshot, HomeSnapshots, SnapshotFailed
from manager.ports.workspace_store import VersionConflict, WorkspaceStore

log = logging.getLogger(__name__)

_ROUND_MAX = 100_000
"""Records of a round."""
_ATTEMPTS_MAX = 10


class _Overtaken(Exception):
    """The home is not at rest any more, or not for the same reason."""


@dataclass(frozen=True)
class Keeping:
    """What a keeper works with."""

    store: WorkspaceStore
    snapshots: HomeSnapshots
    clock: Clock
    metrics: Metrics


def look(keeping: Keeping, workspace_id: str) -> None:
    """Do what this workspace's home needs. Safe to repeat; two at once for the same home are not allowed."""
    workspace = keeping.store.find_workspace(workspace_id)
    if workspace is None or not _at_rest(keeping, workspace):
        return
    held = keeping.snapshots.holds(workspace.home_id or "")
    if workspace.restoring is not None:
        _restore(keeping, workspace, workspace.restoring, held=held)
    elif held and workspace.wants_snapshot:
        _take(keeping, workspace)


def make_round(keeping: Keeping, may_go_on: Callable[[], bool]) -> None:
    """Look at every home that waits: a call was lost, the tool failed, or a launch came in between. Reads all records."""
    for workspace in keeping.store.list_workspaces(limit=_ROUND_MAX):
        if not may_go_on():
            return
        if workspace.wants_snapshot or workspace.restoring is not None:
            look(keeping, workspace.workspace_id)


def _take(keeping: Keeping, workspace: Workspace) -> None:
    begun = keeping.clock.now()
    try:
        if (taken := _save(keeping, workspace)) is None:
            return
        _thin_out_weekly(keeping, workspace.home_id or "", taken)
    except SnapshotFailed as error:
        keeping.metrics.count("snapshots_total", result="failed")
        log.warning("no snapshot of %s: %s", workspace.workspace_id, error)
    else:
        keeping.metrics.count("snapshots_total", result="taken")
        keeping.metrics.observe("snapshot_seconds", keeping.clock.now() - begun)


def _save(keeping: Keeping, workspace: Workspace) -> HomeSnapshot | None:
    """A snapshot counts once the record says so, and the record says so only if the home was at rest all the time."""
    home_id = workspace.home_id or ""
    taken = keeping.snapshots.save(home_id)
    try:
        _record(keeping, workspace, lambda now: replace(now, snapshot_at=taken.taken_at))
    except _Overtaken:
        keeping.snapshots.forget(home_id, taken.snapshot_id)
        keeping.metrics.count("snapshots_total", result="overtaken")
        return None
    return taken


def _save_whole(keeping: Keeping, workspace: Workspace) -> HomeSnapshot | None:
    """Before a restore: what this snapshot does not have would be lost. Raises SnapshotFailed."""
    taken = _save(keeping, workspace)
    if taken is not None and not taken.whole:
        raise SnapshotFailed("some files could not be read, and would be lost")
    return taken


def _thin_out_weekly(keeping: Keeping, home_id: str, taken: HomeSnapshot) -> None:
    """With the first snapshot of a week: no record is needed to know, and every home has its turn."""
    earlier = [snapshot for snapshot in keeping.snapshots.list(home_id) if snapshot.snapshot_id != taken.snapshot_id]
    if earlier and _week(earlier[0].taken_at) != _week(taken.taken_at):
        keeping.snapshots.thin_out(home_id)


def _week(at: float) -> tuple[int, int]:
    return dt.datetime.fromtimestamp(at, dt.UTC).isocalendar()[:2]


def _restore(keeping: Keeping, workspace: Workspace, snapshot_id: str, *, held: bool) -> None:
    """No launch can come in between: the record refuses it as long as `restoring` is set. What the home is now becomes a
    snapshot first, unless it is lost. A keeper that dies on the way is asked again, and begins anew."""
    home_id = workspace.home_id or ""
    before = None
    try:
        if not held and not keeping.snapshots.misses(home_id):
            return  # another keeper's
        if held and (before := _save_whole(keeping, workspace)) is None:
            return
        keeping.snapshots.fetch(home_id, snapshot_id)
        _still(keeping, workspace)
        keeping.snapshots.swap(home_id)
    except _Overtaken:
        return  # deleted or purged meanwhile
    except SnapshotFailed as error:
        keeping.metrics.count("restores_total", result="failed")
        log.warning("%s could not be restored to %s: %s", workspace.workspace_id, snapshot_id, error)
        left = "they are as they were before" if held else "they are still missing"
        failure = f"Your files could not be put back; {left}. Please tell your school"
        _end_restore(keeping, workspace, LaunchStep(StepName.FAILED, keeping.clock.now(), failure), failure)
    else:
        keeping.metrics.count("restores_total", result="done")
        kept = "its files were missing" if before is None else f"as it was before: {before.snapshot_id}"
        log.info("%s: restored to %s; %s", workspace.workspace_id, snapshot_id, kept)
        text = "Your files are back as they were in the snapshot"
        if before is not None:
            text += "; what they were before is the newest one now"
        _end_restore(keeping, workspace, LaunchStep(StepName.RESTORED, keeping.clock.now(), text), "")


def _end_restore(keeping: Keeping, workspace: Workspace, step: LaunchStep, failure: str) -> None:
    try:
        _record(keeping, workspace, lambda now: now.restored(now=keeping.clock.now(), step=step, failure=failure))
    except _Overtaken:
        return


def _record(keeping: Keeping, workspace: Workspace, change: Callable[[Workspace], Workspace]) -> None:
    """Write a change of the record if its home has been at rest since `workspace` was read. Raises _Overtaken."""
    for _ in range(_ATTEMPTS_MAX):
        now = _still(keeping, workspace)
        try:
            keeping.store.write(change(now))
        except VersionConflict:
            continue
        return
    raise _Overtaken


def _still(keeping: Keeping, workspace: Workspace) -> Workspace:
    """The record now, if it tells of the same rest. Raises _Overtaken."""
    now = keeping.store.find_workspace(workspace.workspace_id)
    if (
        now is None
        or not _at_rest(keeping, now)
        or now.state_since != workspace.state_since
        or now.personal_task_id != workspace.personal_task_id
        or now.restoring != workspace.restoring
    ):
        raise _Overtaken
    return now


def _at_rest(keeping: Keeping, workspace: Workspace) -> bool:
    """Stopped is written when the engine knows that the task is gone; a task that was started ahead has the home, too."""
    if workspace.state is not WorkspaceState.STOPPED or workspace.home_created_at is None:
        return False
    ahead = keeping.store.find_task(workspace.personal_task_id) if workspace.personal_task_id else None
    return ahead is None or not ahead.live
