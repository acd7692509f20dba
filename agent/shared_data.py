"""~/shared in the home, a link to the cohort's shared data."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from contract.names import SHARED_DATA

_CURRENT = f"{SHARED_DATA}/current"


def link(home: Path, current: str = _CURRENT) -> None:
    """Make the link if the task has shared data and nothing is there; take it away if it has none.

    The link leads to a link that is replaced at each new version, so a running workspace sees the
    new one. What a student keeps under that name stays. Never raises: a full home opens too.
    """
    place = home / "shared"
    with suppress(OSError):
        if Path(current).is_dir():
            place.symlink_to(current)
        elif place.is_symlink() and str(place.readlink()) == current:
            place.unlink()
