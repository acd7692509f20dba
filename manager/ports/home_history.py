"""The port to the histories of homes: checkpoints of files, and writing them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from contract.history import (
    Cause,
    CheckpointView,
    FilePiece,
    HistoryFolder,
    HistoryGone,
    HistoryPiece,
    HistoryVersions,
    LeftOut,
    WriteAnswer,
    WriteRequest,
)


@dataclass(frozen=True)
class WayBack:
    keys: tuple[str, ...]
    """Of files that differ from the newest checkpoint."""
    left_out: tuple[LeftOut, ...] = ()
    """Files that are there now and have no place in the newest checkpoint: nobody could undo it."""


class HomeHistory(Protocol):
    """Every method may raise HistoryGone and HistoryUnreadable. `key`: see contract/history.py."""

    @property
    def offered(self) -> bool:
        """Whether this installation keeps histories at all."""
        ...

    def looked_at(self, home_id: str) -> float | None:
        """When somebody last looked for changes."""
        ...

    def take(self, home_id: str, cause: Cause, *, wanted_now: bool = False) -> CheckpointView | None:
        """Keep the home as it is, whether it runs or not. None: nothing changed since the last
        checkpoint. `wanted_now`: a person waits for it."""
        ...

    def list(self, home_id: str) -> tuple[CheckpointView, ...]:
        """Newest first."""
        ...

    def folder(self, home_id: str, checkpoint_id: str, key: str) -> HistoryFolder: ...

    def piece(self, home_id: str, checkpoint_id: str, key: str, offset: int) -> HistoryPiece: ...

    def versions(self, home_id: str, key: str) -> HistoryVersions:
        """How a file changed. Raises HistoryGone for one that no checkpoint has."""
        ...

    def way_back(self, home_id: str, checkpoint_id: str, key: str) -> WayBack:
        """What is to be written, so that all at or below `key` is as it was."""
        ...

    def whole(self, home_id: str, checkpoint_id: str, keys: Iterable[str]) -> Iterator[FilePiece]:
        """Files of a checkpoint, each in pieces."""
        ...

    def write(self, home_id: str, request: WriteRequest) -> WriteAnswer:
        """Into a home at rest."""
        ...


class NoHistory:
    """Keeps none: where homes cannot be read while they run."""

    offered = False

    def looked_at(self, home_id: str) -> float | None:  # noqa: ARG002 (the port's)
        return None

    def take(self, home_id: str, cause: Cause, *, wanted_now: bool = False) -> CheckpointView | None:  # noqa: ARG002
        return None

    def list(self, home_id: str) -> tuple[CheckpointView, ...]:  # noqa: ARG002
        return ()

    def folder(self, home_id: str, checkpoint_id: str, key: str) -> HistoryFolder:  # noqa: ARG002
        raise HistoryGone(_NONE)

    def piece(self, home_id: str, checkpoint_id: str, key: str, offset: int) -> HistoryPiece:  # noqa: ARG002
        raise HistoryGone(_NONE)

    def versions(self, home_id: str, key: str) -> HistoryVersions:  # noqa: ARG002
        raise HistoryGone(_NONE)

    def way_back(self, home_id: str, checkpoint_id: str, key: str) -> WayBack:  # noqa: ARG002
        raise HistoryGone(_NONE)

    def whole(self, home_id: str, checkpoint_id: str, keys: Iterable[str]) -> Iterator[FilePiece]:  # noqa: ARG002
        raise HistoryGone(_NONE)

    def write(self, home_id: str, request: WriteRequest) -> WriteAnswer:  # noqa: ARG002
        raise HistoryGone(_NONE)


_NONE = "This school keeps no history of files"
