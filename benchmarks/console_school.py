"""A school of 2,000 students, 1,000 of whom have their workspace up: for the benchmark `console`.

A process of its own with the backend's environment. It fills the database and the manager's
records, says *ready*, and then does what each line on its input asks for: `all 30` changes thirty
workspaces of all a second for 30 s, `page 30` only those that are first in the list. Each change is
written and announced as a launch, a stop or the manager's pass does it; no task runs.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.accounts.roles import Role, Track  # noqa: E402
from backend.cohorts.models import Cohort, Membership  # noqa: E402
from backend.costs.models import Session  # noqa: E402
from backend.workspaces import models  # noqa: E402
from backend.workspaces.announcements import announce  # noqa: E402
from contract.manager import Activity  # noqa: E402
from contract.names import StopReason, WorkspaceKind, WorkspaceState  # noqa: E402
from manager.adapters.sqlite.store import SqliteWorkspaceStore  # noqa: E402
from manager.domain.disk import HomeDisk, HomeUse  # noqa: E402
from manager.domain.lifecycle.workspace import Workspace  # noqa: E402

STUDENTS, UP, COHORTS = 2_000, 1_000, 50
CHANGES_A_SECOND = 30
FIRST_IN_THE_LIST = 60
REASONS = ("typed in the editor", "typed in a terminal", "ran npm (a busy job)", "saved a file")


def fill(store: SqliteWorkspaceStore) -> list[str]:
    """The workspaces' ids, by their owners' names."""
    now = timezone.now()
    cohorts = Cohort.objects.bulk_create(
        Cohort(name=f"Cohort {number:02}", track=Track.FSD, time_zone="Europe/Berlin") for number in range(COHORTS)
    )
    students = User.objects.bulk_create(
        User(email=f"s{number}@school.example", name=f"Student {number:04}", role=Role.STUDENT, track=Track.FSD)
        for number in range(STUDENTS)
    )
    Membership.objects.bulk_create(
        Membership(student=it, cohort=cohort) for it, cohort in zip(students, itertools.cycle(cohorts))
    )
    workspaces = models.Workspace.objects.bulk_create(
        models.Workspace(owner=it, kind=WorkspaceKind.VSCODE, name=f"{it.name}'s VS Code") for it in students
    )
    up = set(random.Random(1).sample(range(STUDENTS), UP))  # noqa: S311 (not for secrets)
    Session.objects.bulk_create(
        Session(workspace=it, started_at=now, seen_at=now) for number, it in enumerate(workspaces) if number in up
    )
    records = [_record(it.pk, str(it.owner_id), is_up=number in up) for number, it in enumerate(workspaces)]  # pyright: ignore[reportAttributeAccessIssue]
    for start in range(0, STUDENTS, 25):
        store.write(*records[start : start + 25])
    return [it.pk for it in workspaces]


def change(store: SqliteWorkspaceStore, ids: Sequence[str], seconds: float, chance: random.Random) -> None:
    began = time.monotonic()
    for number in range(int(seconds * CHANGES_A_SECOND)):
        time.sleep(max(0.0, began + number / CHANGES_A_SECOND - time.monotonic()))
        [record] = store.find_workspaces((chance.choice(ids),))
        store.write(_changed(record, chance))
        announce(record.workspace_id)


def _changed(record: Workspace, chance: random.Random) -> Workspace:
    """Of those that run, one in three stops; one that is stopped is launched."""
    now = time.time()
    if record.state is WorkspaceState.STOPPED:
        times = {"started_at": timezone.now(), "seen_at": timezone.now()}
        # the backend, which hears of every change, may have been quicker
        Session.objects.get_or_create(workspace_id=record.workspace_id, ended_at=None, defaults=times)
        return replace(record, state=WorkspaceState.RUNNING, running_since=now, state_since=now)
    if chance.random() < 1 / 3:
        Session.objects.filter(workspace_id=record.workspace_id, ended_at=None).update(ended_at=timezone.now())
        return replace(record, state=WorkspaceState.STOPPED, stopped_at=now, stop_reason=StopReason.IDLE)
    return replace(record, activity=Activity(now, chance.choice(REASONS)))


def _record(workspace_id: str, owner_id: str, *, is_up: bool) -> Workspace:
    now = time.time()
    return Workspace(
        workspace_id,
        owner_id,
        WorkspaceKind.VSCODE,
        state=WorkspaceState.RUNNING if is_up else WorkspaceState.STOPPED,
        state_since=now,
        running_since=now if is_up else None,
        activity=Activity(now, REASONS[0]) if is_up else None,
        disk=HomeDisk(HomeUse(300_000_000, 9_000, now)),
    )


def main() -> None:
    store = SqliteWorkspaceStore(Path(sys.argv[1]))
    ids = fill(store)
    chance = random.Random(2)  # noqa: S311
    print("ready", flush=True)
    for line in sys.stdin:
        which, seconds = line.split()
        change(store, ids if which == "all" else ids[:FIRST_IN_THE_LIST], float(seconds), chance)
        print("done", flush=True)


if __name__ == "__main__":
    main()
