"""`HomeVolumes` in memory: each home is a set of file names."""

from __future__ import annotations

from contract.collect import CollectAnswer, CollectRequest, CollectState
from manager.ports.home_volumes import HomeOwner


class MemoryHomeVolumes:
    def __init__(self) -> None:
        self.files: dict[str, set[str]] = {}
        self.purged: list[str] = []

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:  # noqa: ARG002
        self.files.setdefault(home_id, set())

    def exists(self, home_id: str) -> bool:
        return home_id in self.files

    def copy_folder(self, home_id: str, request: CollectRequest) -> CollectAnswer | None:
        if home_id not in self.files:
            return None
        return CollectAnswer(CollectState.DONE, files=f"{request.folder} of {home_id}")

    def purge(self, home_id: str) -> None:
        if self.files.pop(home_id, None) is not None:
            self.purged.append(home_id)
