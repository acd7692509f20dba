"""Takes a checkpoint: a program of its own at the lowest priority, so that no launch waits for it.

    python -m manager.adapters.directory_history.take <home> <store> <cause>

Prints the checkpoint as JSON, or `null` if nothing changed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from contract.hand_out_files import printable
from contract.history import CHANGED_MAX, Cause, CheckpointView
from contract.wire import to_json
from manager.adapters.directory_history.retention import HISTORY_BYTES_MAX, kept
from manager.adapters.directory_history.store import Damaged, FileEntry, HistoryStore, NoCheckpoint
from manager.adapters.directory_history.walk import Walk

_DAY_S = 86_400.0


def take(home: Path, store: HistoryStore, cause: Cause, now: float) -> CheckpointView | None:
    """None: nothing changed since the last one. Raises OSError."""
    with store.locked():
        before = _newest(store)
        known = {entry.path: entry for entry in before}
        walk = Walk(home, known, store.put)
        walk.run()
        store.note_look(now)
        changed = _changed(known, walk.files)
        if not changed:
            return None
        view = CheckpointView(
            checkpoint_id=f"{int(now * 1000):013d}-{os.urandom(4).hex()}",
            taken_at=now,
            cause=cause,
            files=len(walk.files),
            changed=tuple(printable(path)[:240] for path in changed[:CHANGED_MAX]),
            changed_count=len(changed),
            left_out=tuple(walk.left_out),
            left_out_count=walk.left_out_count,
        )
        added = store.add(view, walk.files)
        _thin_out(store, grown_to=store.grow(walk.new_bytes + added), now=now)
        return view


def _newest(store: HistoryStore) -> list[FileEntry]:
    """Of the newest checkpoint that can be read. A damaged one is not built upon: everything is
    read again."""
    for checkpoint_id in store.ids()[:1]:
        try:
            return store.files(checkpoint_id)
        except (Damaged, NoCheckpoint):
            return []
    return []


def _changed(before: dict[str, FileEntry], files: list[FileEntry]) -> list[str]:
    """Paths of files that came, went or have another content; hidden ones, which programs write,
    last."""
    after = {entry.path: entry.digest for entry in files}
    changed = [path for path, digest in after.items() if path not in before or before[path].digest != digest]
    changed += [path for path in before if path not in after]
    return sorted(changed, key=lambda path: ("/." in f"/{path}", path))


def _thin_out(store: HistoryStore, *, grown_to: int, now: float) -> None:
    """Once a day, and when there is too much."""
    ids = store.ids()
    times = {checkpoint_id: int(checkpoint_id[:13]) / 1000 for checkpoint_id in ids}
    first_today = len(ids) < 2 or times[ids[1]] // _DAY_S != now // _DAY_S
    if not first_today and grown_to <= HISTORY_BYTES_MAX:
        return
    stay = kept(times.values(), now)
    store.remove(checkpoint_id for checkpoint_id, at in times.items() if at not in stay)
    left = store.sweep()
    while left > HISTORY_BYTES_MAX and len(ids := store.ids()) > 1:
        store.remove(ids[-max(1, len(ids) // 4) :])
        left = store.sweep()


def main(arguments: list[str]) -> int:
    home, folder, cause = Path(arguments[0]), Path(arguments[1]), Cause(arguments[2])
    view = take(home, HistoryStore(folder), cause, time.time())
    print(json.dumps(None if view is None else to_json(view)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
