"""Slots of simulated ECS tasks, and the mover: what it moves, how it fails, and what comes late.

A call of the mover is slow, refused, lost or held up as every port call is (faults.py). Here is
what only the mover does: its caller is told that it failed although it moves later, and it dies
between two steps of a clearance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from contract.errors import ApraNovaError, Reason
from manager.ports.home_volumes import HomeMissing
from simulator.homes import REST, SimulatedHomes
from simulator.loop import EventLoop


class MoverChance(Protocol):
    def mover_is_late_s(self) -> float | None: ...
    def mover_dies(self) -> bool: ...


@dataclass
class Slot:
    name: str
    use: int = 1
    clearing: bool = False
    taken_by: str = ""


class Slots:
    def __init__(self, loop: EventLoop, chance: MoverChance) -> None:
        self.homes: SimulatedHomes | None = None
        self.moved: Callable[[str, Slot, bool], None] = lambda _home_id, _slot, _into: None
        """A home has come into a slot, or has left it."""
        self._loop, self._chance = loop, chance
        self._by_name: dict[str, Slot] = {}
        self._of_task: dict[str, tuple[Slot, int]] = {}

    def take(self, task_id: str) -> str:
        """A free one, used before if there is one: its folder is another one then."""
        free = next((slot for slot in self._by_name.values() if not slot.taken_by), None)
        slot = free or Slot(f"slot-{len(self._by_name) + 1}")
        self._by_name[slot.name] = slot
        slot.taken_by = task_id
        self._of_task[task_id] = (slot, slot.use)
        return f"{slot.name}/{slot.use}"

    def bring(self, home_id: str, text: str) -> None:
        """As EcsTaskRunner.attach_home: one call of the mover."""
        late_s = self._chance.mover_is_late_s()
        if late_s is not None:
            self._loop.after(late_s, lambda: self._too_late(home_id, text))
            raise ApraNovaError(Reason.INTERNAL, "the mover did not answer in time")
        self._bring(home_id, text)

    def release(self, task_id: str) -> None:
        """As EcsTaskRunner.release: clear, then free the slot."""
        if task_id in self._of_task:
            slot, use = self._of_task[task_id]
            self._clear(slot, use + 1)
            if slot.taken_by == task_id:
                slot.taken_by = ""

    def _too_late(self, home_id: str, text: str) -> None:
        try:
            self._bring(home_id, text)
        except ApraNovaError:
            return  # nobody is left to hear it

    def _bring(self, home_id: str, text: str) -> None:
        assert self.homes is not None  # noqa: S101 (the fleet sets it)
        name, _, use = text.partition("/")
        slot = self._by_name[name]
        if self._is_over(slot, int(use)):
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The workspace could not get its files", detail="over")
        inside = self.homes.in_place(name)
        if inside == [home_id]:
            return
        if inside:
            raise ApraNovaError(Reason.LAUNCH_FAILED, "The workspace could not get its files", detail="occupied")
        if REST not in self.homes.places.get(home_id, ()):
            raise HomeMissing(home_id)
        self.homes.move(home_id, REST, name)
        self.moved(home_id, slot, True)

    def _is_over(self, slot: Slot, use: int) -> bool:
        return slot.clearing or slot.use != use

    def _clear(self, slot: Slot, next_use: int) -> None:
        """Steps as in mover/function.py; it may die between any two of them."""
        assert self.homes is not None  # noqa: S101 (the fleet sets it)
        if self._is_cleared(slot, next_use):
            return
        slot.use, slot.clearing = next_use, True
        self._may_die()
        for home_id in self.homes.in_place(slot.name):
            self.homes.move(home_id, slot.name, REST)
            self.moved(home_id, slot, False)
        self._may_die()
        slot.clearing = False

    def _is_cleared(self, slot: Slot, next_use: int) -> bool:
        return slot.use > next_use or (slot.use == next_use and not slot.clearing)

    def _may_die(self) -> None:
        if self._chance.mover_dies():
            raise ApraNovaError(Reason.INTERNAL, "the mover died")
