"""The school's store of packages in a home's npm cache: links to files that nobody here can change.

npm asks its cache for what a lock file names by the hash of its content, and checks it. So it
installs from the store as from its own cache, without the network, and what the store lacks comes
from the registry as ever.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

_STATE = "state"
_CONTENT = "content-v2"


def link_into_npm_cache(store: Path, home: Path) -> int:
    """How many links were made. Once for each state of the store; a broken cache is left alone."""
    cache, made = home / ".npm/_cacache", 0
    with contextlib.suppress(OSError):
        state = (store / "npm" / _STATE).read_text()
        noted = cache / ".school-store"
        if noted.is_symlink() and str(noted.readlink()) == state:
            return 0
        for file in (store / "npm" / _CONTENT).glob("sha512/*/*/*"):
            place = cache / file.relative_to(store / "npm")
            if place.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.symlink_to(file)
            made += 1
        noted.unlink(missing_ok=True)
        noted.symlink_to(state)  # a link: whatever a student puts there, reading it never waits
    return made
