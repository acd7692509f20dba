"""`HomeVolumes` whose content is what students did in them."""

from __future__ import annotations

from collections.abc import Callable

from manager.ports.home_volumes import HomeOwner

REST = "rest"
_LATENCY_S = {"create": 0.02, "exists": 0.003, "purge": 0.2}


class SimulatedHomes:
    LOCAL: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.work: dict[str, int] = {}
        """How often a student worked in each home."""
        self.places: dict[str, set[str]] = {}
        """Where each home is: at rest, or in a slot; one place, if all is well."""
        self.purging: Callable[[str], None] = lambda _: None

    def latency_s(self, method: str, arguments: tuple) -> float:  # noqa: ARG002 (each adapter decides what counts)
        return _LATENCY_S[method]

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:  # noqa: ARG002
        if home_id not in self.work:
            self.work[home_id], self.places[home_id] = 0, {REST}

    def exists(self, home_id: str) -> bool:
        return home_id in self.work

    def purge(self, home_id: str) -> None:
        if home_id in self.work:
            self.purging(home_id)
            del self.work[home_id], self.places[home_id]

    def in_place(self, place: str) -> list[str]:
        return [home_id for home_id, places in self.places.items() if place in places]

    def move(self, home_id: str, source: str, target: str) -> None:
        """One rename."""
        self.places[home_id].discard(source)
        self.places[home_id].add(target)
