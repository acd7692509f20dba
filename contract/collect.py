"""A collection: a copy of one student's folder of an assignment on its way out of a home."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CollectRequest:
    """Copy `~/project/<folder>`. Nothing in the home changes."""

    folder: str
    copy_id: str = ""
    """The same while one copy is asked for again and again. Another one is another copy."""


class CollectState(enum.StrEnum):
    DONE = "done"
    WORKING = "working"
    """It takes long, or the home was used meanwhile: ask again with the same request."""
    FAILED = "failed"


LEFT_OUT_MAX = 50


@dataclass(frozen=True)
class LeftOut:
    """What is in the folder and not in the copy. The path is below the folder."""

    path: str
    reason: str
    """Words that follow it: 'is a link'."""


@dataclass(frozen=True)
class CollectAnswer:
    state: CollectState
    files: str = field(default="", repr=False)
    """A zip (contract/hand_out_files.py), in Base64."""
    left_out: tuple[LeftOut, ...] = ()
    """The first LEFT_OUT_MAX of them."""
    left_out_count: int = 0
    failure: str = ""
    """A sentence for the instructor."""
    unchanged_since: float | None = None
    """The home was at rest, and nobody could change it since then. None: it runs."""
