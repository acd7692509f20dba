"""`python -m manager.entrypoints.rebuild_records`: add a record for each home that has none.

A file next to each home says whose it is. Run this while the manager is stopped. Workspaces
come back as stopped; a delete that could still be undone is undone.
"""

from __future__ import annotations

import os
import sys
import time

from contract.environment import Environment
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_volumes import HomeOwner

_WORKSPACES_MAX = 100_000


def main() -> int:
    environment = Environment(os.environ)
    store = SqliteWorkspaceStore(environment.path("APRANOVA_STORE"))
    homes = DirectoryHomeVolumes(environment.path("APRANOVA_HOMES_DIR"))
    known = store.list_workspaces(limit=_WORKSPACES_MAX)
    without_record = {
        home_id: owner
        for home_id, owner in homes.owners().items()
        if home_id not in {workspace.home_id for workspace in known}
    }
    found = {home_id: owner for home_id, owner in without_record.items() if owner is not None}
    now = time.time()
    for home_id, owner in found.items():
        store.write(_stopped(home_id, owner, now))
    store.close()
    print(f"{len(found)} records made from homes; {len(known)} were there.")
    for home_id in sorted(without_record.keys() - found.keys()):
        print(f"Nobody knows whose home this is: {home_id}")
    return 0


def _stopped(home_id: str, owner: HomeOwner, now: float) -> Workspace:
    return Workspace(
        owner.workspace_id,
        owner.owner_id,
        owner.kind,
        owner_name=owner.owner_name,
        owner_email=owner.owner_email,
        state_since=now,
        home_id=home_id,
        home_created_at=now,
        stopped_at=now,
    )


if __name__ == "__main__":
    sys.exit(main())
