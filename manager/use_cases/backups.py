"""What a backup worker does with a home: take a snapshot after a stop, restore one, thin out.

It touches only a home at rest: its workspace is stopped. Then all files are consistent (SQLite
databases, too), and no student's program can mislead the worker with links that change while it
reads. A launch never waits for a snapshot: the snapshot is dropped, and the next stop takes another
one. A lost home can be restored, too; then there is nothing to save first.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from contract.manager import LaunchStep
from contract.names import StepName, WorkspaceState
from manager.domain.disk import HomeUse, measured
from manager.domain.lifecycle.backup_health import BackupHealth
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy
from manager.ports.clock import Clock, Metrics
from manager.ports.home_backup import HomeSnapshot, HomeSnapshots, SnapshotFailed, SnapshotsDamaged
from manager.ports.workspace_store import VersionConflict, WorkspaceStore
from manager.use_cases.words import size_words

log = logging.getLogger(__name__)

_ROUND_MAX = 100_000
"""Records that one round reads."""
_ATTEMPTS_MAX = 10
_OLDER_TRIED_MAX = 10
_TOO_LONG = "did not end within"


class _Overtaken(Exception):
    """The home is no longer at rest, or was used in between."""


@dataclass(frozen=True)
class BackupContext:
    """What a backup worker works with."""

    store: WorkspaceStore
    snapshots: HomeSnapshots
    clock: Clock
    metrics: Metrics
    policy: Policy = field(default_factory=Policy)
    has_room: Callable[[], bool] = lambda: True
    """Whether snapshots may grow now: not while their disk is nearly full."""
    counts_homes: bool = False
    """Whether a snapshot's count is what the record says of the home; False: it is measured."""


def check_home(context: BackupContext, workspace_id: str) -> None:
    """Do what this workspace's home needs. Safe to repeat, but never call it twice at once for the
    same home."""
    workspace = context.store.find_workspace(workspace_id)
    if workspace is None or not _at_rest(workspace):
        return
    held = context.snapshots.holds(workspace.home_id or "")
    if workspace.restoring is not None:
        _restore(context, workspace, workspace.restoring, held=held)
    elif held and _wants_snapshot_now(context, workspace) and context.has_room():
        _take(context, workspace)


def _wants_snapshot_now(context: BackupContext, workspace: Workspace) -> bool:
    return workspace.wants_snapshot and workspace.backup.again_at <= context.clock.now()


def waiting_homes(context: BackupContext) -> Iterator[str]:
    """Workspaces whose homes still wait: a notification was lost, the tool failed, or a launch came
    in between. Reads all records."""
    for workspace in context.store.list_workspaces(limit=_ROUND_MAX):
        if _wants_snapshot_now(context, workspace) or workspace.restoring is not None:
            yield workspace.workspace_id


def unverified_homes(context: BackupContext, *, most: int) -> tuple[str, ...]:
    """Workspaces of this worker whose snapshots should be verified now, the longest due first."""
    now = context.clock.now()
    due = [
        workspace
        for workspace in context.store.list_workspaces(limit=_ROUND_MAX)
        if workspace.snapshot_at is not None and workspace.backup.verify_again_at <= now and not workspace.purging
    ]
    due.sort(key=lambda workspace: workspace.backup.verified_at or 0.0)
    here = (workspace.workspace_id for workspace in due if context.snapshots.holds(workspace.home_id or ""))
    return tuple(itertools.islice(here, most))


def verify_snapshots(context: BackupContext, workspace_id: str) -> None:
    """Read a part of the workspace's snapshots. If they are damaged, set them aside, and take a new
    snapshot of the home if it is at rest; otherwise its next stop brings one.

    Damage that nobody notices would be found when the files are needed.
    """
    workspace = context.store.find_workspace(workspace_id)
    if workspace is None or workspace.home_id is None or workspace.restoring is not None:
        return
    home_id = workspace.home_id
    if not context.snapshots.holds(home_id):
        return  # another worker's, or lost: then its snapshots are left as they are
    try:
        context.snapshots.verify(home_id)
    except SnapshotsDamaged as damage:
        context.metrics.count("snapshots_verified_total", result="damaged")
        log.warning("%s: %s", workspace_id, damage)
        _begin_again(context, workspace, damage)
    except SnapshotFailed as error:
        context.metrics.count("snapshots_verified_total", result="failed")
        log.warning("%s: its snapshots could not be verified: %s", workspace_id, error)
        _note(context, workspace_id, lambda health, now: health.not_verified(now=now))
    else:
        context.metrics.count("snapshots_verified_total", result="sound")
        _note(context, workspace_id, lambda health, now: health.verified(now=now))


def _begin_again(context: BackupContext, workspace: Workspace, damage: SnapshotsDamaged) -> None:
    try:
        context.snapshots.set_aside(workspace.home_id or "")
    except SnapshotFailed as error:
        context.metrics.count("snapshots_total", result="failed")  # on AWS an alarm watches this one
        why = f"{damage}; {error}"
        _note(context, workspace.workspace_id, lambda health, now: health.failed(why, now=now).not_verified(now=now))
        return
    _note(context, workspace.workspace_id, lambda health, now: health.failed(str(damage), now=now), forget=True)
    fresh = context.store.find_workspace(workspace.workspace_id)
    if fresh is not None and _at_rest(fresh) and context.has_room():
        _take(context, fresh)


def _note(
    context: BackupContext,
    workspace_id: str,
    change: Callable[[BackupHealth, float], BackupHealth],
    *,
    forget: bool = False,
) -> None:
    """Record what happened to a workspace's snapshots. `forget`: it has none that counts any more.
    Given up when others keep changing the record: the next time brings the same."""
    for _ in range(_ATTEMPTS_MAX):
        workspace = context.store.find_workspace(workspace_id)
        if workspace is None:
            return
        noted = replace(workspace, backup=change(workspace.backup, context.clock.now()))
        if forget:
            noted = replace(noted, snapshot_at=None, backup=replace(noted.backup, again_at=0.0))
        with contextlib.suppress(VersionConflict):
            context.store.write(noted)
            return


def check_waiting_homes(context: BackupContext, may_go_on: Callable[[], bool]) -> None:
    """Check every home that still waits: a notification was lost, the tool failed, or a launch came
    in between. Reads all records."""
    for workspace_id in waiting_homes(context):
        if not may_go_on():
            return
        check_home(context, workspace_id)


def _take(context: BackupContext, workspace: Workspace) -> None:
    begun = context.clock.now()
    try:
        if (taken := _save(context, workspace)) is None:
            return
        _thin_out_weekly(context, workspace.home_id or "", taken)
    except SnapshotFailed as error:
        context.metrics.count("snapshots_total", result="failed")
        log.warning("no snapshot of %s: %s", workspace.workspace_id, error)
        why = str(error)
        _note(context, workspace.workspace_id, lambda health, now: health.failed(why, now=now))
    else:
        context.metrics.count("snapshots_total", result="taken")
        context.metrics.observe("snapshot_seconds", context.clock.now() - begun)


def _save(context: BackupContext, workspace: Workspace, *, whole: bool = False) -> HomeSnapshot | None:
    """Take a snapshot and record it, unless the home was used meanwhile; then drop the snapshot and
    return None. After a save that took too long, huge (often sparse) files are left out, unless it
    must be whole."""
    home_id = workspace.home_id or ""
    largest = context.policy.home_bytes_max if not whole and _TOO_LONG in workspace.backup.failure else None
    if largest is None:
        taken, lacking = context.snapshots.save(home_id), ""
    else:
        taken = context.snapshots.save(home_id, largest_bytes=largest)
        lacking = f"Files larger than {size_words(largest)} are left out: all of them took too long"
    if not lacking and not taken.whole:
        lacking = "Some files could not be read"
    try:
        _record(context, workspace, lambda record: _with_snapshot(context, record, taken, lacking))
    except _Overtaken:
        context.snapshots.forget(home_id, taken.snapshot_id)
        context.metrics.count("snapshots_total", result="overtaken")
        return None
    return taken


def _with_snapshot(context: BackupContext, workspace: Workspace, taken: HomeSnapshot, lacking: str) -> Workspace:
    now = context.clock.now()
    health = workspace.backup.saved(now=now, lacking=lacking)
    changed = replace(workspace, snapshot_at=taken.taken_at, backup=health)
    if not context.counts_homes:
        return changed
    use = HomeUse(taken.read_bytes, taken.read_files, now)
    return replace(changed, disk=measured(workspace.disk, use, running=False, now=now, policy=context.policy))


def _save_whole(context: BackupContext, workspace: Workspace) -> HomeSnapshot | None:
    """Save a home before a restore. Raises SnapshotFailed if a file could not be read: the restore
    would lose it."""
    taken = _save(context, workspace, whole=True)
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
        fetched = _fetch_newest_readable(context, home_id, snapshot_id)
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
        log.info("%s: restored to %s; %s", workspace.workspace_id, fetched.snapshot_id, kept)
        text = "Your files are restored"
        if fetched.snapshot_id != snapshot_id:
            text += f" as they were on {_date(fetched.taken_at)}, because the snapshot you asked for cannot be read"
        if before is not None:
            text += "; the newest snapshot holds them as they were before"
        _end_restore(context, workspace, LaunchStep(StepName.RESTORED, context.clock.now(), text), "")


def _fetch_newest_readable(context: BackupContext, home_id: str, snapshot_id: str) -> HomeSnapshot:
    """Fetch this snapshot or, if it is damaged, the newest older one that can be read. Raises
    SnapshotFailed: the first one if none can, and at once for what says nothing about the snapshot
    (a full disk, a store out of reach), because an older one in its place would be no help."""
    known = context.snapshots.list(home_id)
    wanted = next((found for found in known if found.snapshot_id == snapshot_id), None)
    if wanted is None:
        raise SnapshotFailed(f"there is no snapshot {snapshot_id}")
    older = [found for found in known if found.taken_at < wanted.taken_at]
    first: SnapshotFailed | None = None
    for snapshot in (wanted, *older[:_OLDER_TRIED_MAX]):
        try:
            context.snapshots.fetch(home_id, snapshot.snapshot_id)
        except SnapshotsDamaged as failure:
            log.warning("the snapshot %s of %s cannot be read: %s", snapshot.snapshot_id, home_id, failure)
            first = first or failure
        else:
            return snapshot
    raise first or SnapshotFailed(f"no snapshot of {home_id} can be read")


def _date(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d at %H:%M} UTC"


def _end_restore(context: BackupContext, workspace: Workspace, step: LaunchStep, failure: str) -> None:
    try:
        _record(context, workspace, lambda now: now.restored(step=step, failure=failure))
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
        or not _at_rest(now)
        or now.state_since != workspace.state_since
        or now.restoring != workspace.restoring
    ):
        raise _Overtaken
    return now


def _at_rest(workspace: Workspace) -> bool:
    """Whether no task can have the home."""
    return workspace.state is WorkspaceState.STOPPED and workspace.home_created_at is not None
