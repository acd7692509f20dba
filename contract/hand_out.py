"""A hand-out: one version of an assignment on its way into homes, and what they answer."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HandOutRequest:
    """One version of an assignment, for `~/project/<folder>`. Nothing in the home is replaced: what
    finds its place taken goes beside it."""

    assignment_id: str
    version: int
    """1, 2, …: an older one than the home has changes nothing."""
    folder: str
    files: str = field(repr=False)
    """A zip (contract/hand_out_files.py), in Base64."""
    returned: bool = False
    """They come with a mark or a comment: the notice says so."""
    starter: bool = False
    """For ~/project itself (`folder` is empty): once, while the student has no file there."""


class HandOutState(enum.StrEnum):
    DONE = "done"
    WORKING = "working"
    """It takes long: ask again with the same request."""
    SKIPPED = "skipped"
    """A starter for a home that is not new. Nothing was written."""
    FAILED = "failed"


BESIDE_MAX = 50


@dataclass(frozen=True)
class Beside:
    """A file that found its place taken; paths below ~/project."""

    path: str
    new_path: str
    changed_by_student: bool
    """What is at `path` is no version that was handed out."""


@dataclass(frozen=True)
class HandOutAnswer:
    state: HandOutState
    beside: tuple[Beside, ...] = ()
    """The first BESIDE_MAX of them."""
    beside_count: int = 0
    notice: str = ""
    """For the student, shown once in the editor; empty: nothing new."""
    failure: str = ""
    """A sentence for student and instructor."""
