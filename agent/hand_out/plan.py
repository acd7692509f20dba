"""Decides where each file of an assignment goes, so that nothing in the home is ever replaced."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

NAMES_TRIED_MAX = 100


class Kind(enum.Enum):
    NOTHING = "nothing"
    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"
    """A link, a pipe, or a file that cannot be read: it stays as it is."""


@dataclass(frozen=True)
class Found:
    """What is at a path of the home."""

    kind: Kind
    digest: str = ""
    """Of a file's content."""


@dataclass(frozen=True)
class Place:
    """Where a file of the assignment goes: a path where nothing is, or the same file already."""

    source: str
    """The file of the assignment, as a path below the project."""
    to: str
    is_there: bool = False
    """An earlier try, which did not end, has written it."""
    changed_by_student: bool = False
    """With `to` beside `source`: what is at `source` is no version that was handed out."""

    @property
    def is_beside(self) -> bool:
        return self.to != self.source


class NoFreeName(Exception):
    """A hundred names beside a file are taken."""


def plan(
    version: Mapping[str, str],
    *,
    before: Mapping[str, str],
    known: Mapping[str, frozenset[str]],
    number: int,
    look: Callable[[str], Found],
) -> tuple[Place, ...]:
    """Where the files of version `number` go, a digest for each path.

    `before` is the version that was handed out last: its files are not written again, so what a
    student deleted or renamed stays so. `known`: all digests that were handed out at a path.
    When everything is written, a new plan says of each place that the file is there. Raises
    NoFreeName.
    """
    places = _Places(version, number, look)
    chosen = []
    for path, digest in version.items():
        if before.get(path) == digest:
            continue
        to, is_there = places.place(path, digest)
        if to == path and is_there:
            continue
        theirs = look(path)
        changed = to != path and not (theirs.kind is Kind.FILE and theirs.digest in known.get(path, ()))
        chosen.append(Place(path, to, is_there=is_there, changed_by_student=changed))
    return tuple(chosen)


class _Places:
    """Finds free paths, and counts what is planned as if it were there."""

    def __init__(self, version: Mapping[str, str], number: int, look: Callable[[str], Found]) -> None:
        self._own = set(version)
        self._number = number
        self._look = look
        self._planned: dict[str, Found] = {}

    def place(self, path: str, digest: str) -> tuple[str, bool]:
        """Where the file goes, and whether the same content is there."""
        pure = PurePosixPath(path)
        folder = ""
        for part in pure.parts[:-1]:
            folder = self._folder(f"{folder}{part}") + "/"
        for name in self._names(folder + pure.name):
            found = self._at(name)
            if found.kind is Kind.FILE and found.digest == digest:
                return name, True
            if found.kind is Kind.NOTHING and (name == path or name not in self._own):
                self._planned[name] = Found(Kind.FILE, digest)
                return name, False
        raise NoFreeName(path)

    def _folder(self, path: str) -> str:
        for name in self._names(path):
            kind = self._at(name).kind
            if kind is Kind.NOTHING:
                self._planned[name] = Found(Kind.FOLDER)
            if kind in (Kind.NOTHING, Kind.FOLDER):
                return name
        raise NoFreeName(path)

    def _at(self, path: str) -> Found:
        return self._planned.get(path) or self._look(path)

    def _names(self, path: str) -> list[str]:
        """The path itself, then names beside it: `a.py`, `a.update-2.py`, `a.update-2-2.py`."""
        pure = PurePosixPath(path)
        beside = (f"update-{self._number}", *(f"update-{self._number}-{it}" for it in range(2, NAMES_TRIED_MAX)))
        return [path, *(str(pure.with_name(f"{pure.stem}.{it}{pure.suffix}")) for it in beside)]
