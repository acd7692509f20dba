"""What people do at random times: launch, click again, work, leave, stop, delete, undelete."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from contract.agent import WarnRequest
from contract.errors import ApraNovaError
from contract.manager import ExpectRequest
from contract.names import WorkspaceState
from manager.use_cases import lifetime, stop
from manager.use_cases.expect import expect
from manager.use_cases.launch import launch
from manager.use_cases.world import World
from simulator.engine import Instance
from simulator.faults import Unreachable
from simulator.invariants import Invariants
from simulator.outside import Outside

_CALLS: dict[str, Callable[[World, str], object]] = {
    "launch": launch,
    "stop": stop.stop,
    "restart": stop.restart,
    "keep running": lambda world, workspace_id: stop.keep_running(world, workspace_id, world.clock.now() + 200.0),
    "delete": lifetime.delete,
    "undelete": lifetime.undelete,
    "sign in": lambda world, workspace_id: expect(world, ExpectRequest(workspace_id, "signed in")),
}
_OVERRIDE = frozenset({"stop", "delete"})
_CHOICES = (
    *("launch",) * 6,
    *("double click",) * 2,
    *("work",) * 8,
    *("extend", "busy"),
    *("stop",) * 2,
    "restart",
    "keep running",
    "delete",
    *("undelete",) * 2,
    "go away",
)
_CHOICES_OF_THE_EXPECTED = (*_CHOICES, *("sign in",) * 4)
"""Where the pool's policy listens to them."""

_BACK_AFTER_STOP_S = (-2.0, 8.0)
"""After the moment that a warning names."""


class Students:
    """One student for each workspace. They call the use cases through any manager."""

    def __init__(
        self, outside: Outside, rules: Invariants, *, seed: int, ask: Callable[[Callable[[World], None]], None]
    ) -> None:
        profile = outside.faults.profile
        self._loop, self._trace, self._rules = outside.loop, outside.trace, rules
        self._store, self._engine, self._homes, self._ask = outside.store, outside.engine, outside.homes, ask
        self._seed, self._gap_s = seed, profile.gap_s
        self._choices = _CHOICES if profile.pool_policy == "schedule" else _CHOICES_OF_THE_EXPECTED
        self._warned = Random(f"{seed}/warned")
        self._quiet = False

    def arrive(self, workspace_id: str) -> None:
        chance = Random(f"{self._seed}/student/{workspace_id}")
        self._loop.after(chance.random() * self._gap_s, lambda: self._act(workspace_id, chance))

    def go_home(self) -> None:
        """Nobody acts any more; tabs stay open."""
        self._quiet = True
        for instance in self._engine.instances.values():
            instance.busy = ""

    def call(self, name: str, workspace_id: str) -> None:
        """One request of a person. An error is an answer too: they see it and may click again."""

        def request(world: World) -> None:
            try:
                _CALLS[name](world, workspace_id)
            except (ApraNovaError, Unreachable) as error:
                self._trace.note(workspace_id, f"{name} is refused: {error}")
                return
            if name in ("launch", "restart"):
                self._rules.launched(workspace_id)

        self._trace.note(workspace_id, f"asks: {name}")
        if name in _OVERRIDE:
            self._rules.overridden(workspace_id)
        self._ask(request)

    def warned(self, instance: Instance, request: WarnRequest) -> None:
        """Some hurry back at the last moment, when the stop may already be on its way."""
        if self._warned.random() < 0.5:
            return
        back_s = request.stops_at + self._warned.uniform(*_BACK_AFTER_STOP_S) - self._loop.now
        self._loop.after(max(0.0, back_s), lambda: self._back(instance))

    def _back(self, instance: Instance) -> None:
        """An open tab works until the task ends, but nobody promises to save what is typed then."""
        if self._quiet or instance.claim is None or not instance.alive:
            return
        workspace_id = instance.claim.workspace_id
        if self._store.workspaces[workspace_id].state is WorkspaceState.RUNNING:
            self._work(workspace_id, "work", self._warned)
        else:
            self._trace.note(workspace_id, f"types in {instance.task_id}")
            instance.active_at = self._loop.now

    def _act(self, workspace_id: str, chance: Random) -> None:
        if self._quiet:
            return
        choice = chance.choice(self._choices)
        gap_s = chance.expovariate(1.0 / self._gap_s)
        match choice:
            case "double click":
                self.call("launch", workspace_id)
                self.call("launch", workspace_id)
            case "work" | "extend" | "busy":
                self._work(workspace_id, choice, chance)
            case "go away":
                gap_s = chance.choice((60.0, 400.0, 800.0))
            case _:
                self.call(choice, workspace_id)
        self._loop.after(gap_s, lambda: self._act(workspace_id, chance))

    def _work(self, workspace_id: str, what: str, chance: Random) -> None:
        """Only while the record says RUNNING: the gateway lets nobody in before or after."""
        workspace = self._store.workspaces.get(workspace_id)
        if workspace is None or workspace.state is not WorkspaceState.RUNNING:
            return
        instance = self._engine.instances.get(workspace.task_id or "")
        if instance is None or not instance.alive or instance.home_id is None:
            return
        self._trace.note(workspace_id, f"{what}s in {instance.task_id}")
        instance.active_at = self._loop.now
        instance.unsaved = True
        self._homes.work[instance.home_id] += 1
        if what == "extend":
            instance.keep_running_wish_until = self._loop.now + chance.choice((200.0, 2_000.0))
        elif what == "busy":
            instance.busy = "" if instance.busy else "npm"
