"""One run: a safety phase with faults, then a liveness phase in which everything must converge."""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from contract.manager import ClassTime, CohortRequest, CreateRequest
from contract.names import WorkspaceKind, WorkspaceSize, WorkspaceState
from manager.domain.lifecycle.actions import Forget
from manager.domain.pool.cohort import Cohort
from manager.domain.reconcile import reconcile
from manager.ports.task_runner import TaskSpec
from manager.use_cases.lifetime import create
from manager.use_cases.reconcile_pass import observe
from simulator.agents import SimulatedAgents
from simulator.engine import NEVER, EcsEngine, Instance, MachineEngine
from simulator.faults import Faults
from simulator.homes import SimulatedHomes
from simulator.invariants import Invariants, Violation
from simulator.loop import EventLoop
from simulator.manager_process import SimulatedManager
from simulator.outside import Outside
from simulator.ports import NumberedIds
from simulator.process import ThreadDied
from simulator.profile import Profile, difference, draw
from simulator.store import SimulatedStore
from simulator.students import Students
from simulator.trace import Trace

_WEATHER_S = 30.0
"""How often chance draws silences, hanging agents, full disks, strays and new images."""
_CONVERGES_WITHIN_S = 360.0
"""How long a state may take to converge: a worn-out warm task is seen by the next pass, and its
replacement starts."""
_LOOKS_EACH_S = 10.0
"""Old records go one by one, also in a converged fleet; another rule limits their age."""


@dataclass(frozen=True)
class Outcome:
    seed: int
    profile: Profile
    violation: Violation | None
    trace: Trace
    simulated_s: float
    events: int
    launches: int
    crashes: int


class SimulatedFleet:
    def __init__(self, seed: int, profile: Profile, *, traced: bool) -> None:
        self.profile = profile
        self.loop = EventLoop(profile.starts_at)
        self.trace = Trace(self.loop, on=traced)
        self.trace.note("run", f"seed {seed}: {difference(profile)}")
        self.faults = Faults(self.loop, profile, seed)
        self._chance = Random(f"{seed}/weather")
        self._build(seed, profile)

    def _build(self, seed: int, profile: Profile) -> None:
        loop, faults, policy = self.loop, self.faults, profile.policy
        engine_type = EcsEngine if profile.engine == "ecs" else MachineEngine
        self.engine = engine_type(loop, faults, clock_offset_s=self._offset_s())
        self.engine.images = {kind: f"{kind}-1" for kind in policy.kinds}
        self.store = SimulatedStore(loop, index_lag_s=faults.index_lag_s)
        self.homes = SimulatedHomes()
        self.agents = SimulatedAgents(loop, self.engine, clock_offset_s=self._offset_s())
        outside = Outside(loop, self.trace, faults, self.store, self.engine, self.homes, self.agents)
        rules = self.rules = Invariants(outside, policy)
        self.store.wrote = rules.wrote
        self.homes.purging = rules.purging
        self.agents.claimed = rules.claimed
        watchers = self.engine.watchers
        watchers.started, watchers.attached, watchers.ending = self._started, rules.attached, self._ending
        watchers.changed = self._task_changed
        if isinstance(self.engine, EcsEngine):
            self.engine.slots.homes, self.engine.slots.moved = self.homes, rules.home_moved
        watchers.noticed, watchers.leaving = self._noticed, rules.leaving
        ids = NumberedIds()
        self.managers = [
            SimulatedManager(f"manager {number + 1}", outside, policy=policy, ids=ids, clock_offset_s=self._offset_s())
            for number in range(profile.managers)
        ]
        self.students = Students(
            outside, rules, seed=seed, ask=lambda request: self._chance.choice(self.managers).ask(request)
        )
        self.agents.warned = self.students.warned
        self._enrol()

    def _enrol(self) -> None:
        world, kinds = self.managers[0].world, self.profile.policy.kinds
        for number in range(self.profile.workspaces):
            workspace_id = "ws-" + "abcdefgh"[number] * 10
            created = create(world, CreateRequest(workspace_id, f"student {number}", kinds[number % len(kinds)]))
            self.store.write(replace(created, size=tuple(WorkspaceSize)[number % 3]))
            self.students.arrive(workspace_id)
        if self.profile.pool_policy != "schedule":
            self._tell_of_classes()

    def _tell_of_classes(self) -> None:
        """A cohort of all students of the first kind. Two of three have a home and a habit."""
        class_at = self.loop.now + self.profile.class_after_s
        members = [item for item in self.store.workspaces.values() if item.kind is self.profile.policy.kinds[0]]
        for number, workspace in enumerate(members):
            if number % 3 == 2:
                continue
            home_id = f"home-of-{workspace.workspace_id}"
            self.homes.create(home_id)
            arrivals = tuple(class_at - days * 86_400.0 + 60.0 * number for days in range(20, 0, -1))
            was_there = replace(workspace, home_id=home_id, home_created_at=self.loop.now - 86_400.0, arrivals=arrivals)
            self.store.write(was_there)
        past = tuple(class_at - days * 86_400.0 for days in range(12, 0, -1))
        kind = self.profile.policy.kinds[0]
        cohort = Cohort("cohort", "Berlin-3", kind, past=past)
        request = CohortRequest(
            "cohort",
            "Berlin-3",
            kind,
            (ClassTime(class_at, class_at + 7_200.0),),
            tuple(workspace.workspace_id for workspace in members),
            newcomers=1,
        )
        self.store.write(cohort.announced(request, now=self.loop.now - 600.0))

    def run(self) -> None:
        """Raises Violation."""
        safe_until = self.loop.now + self.profile.safety_s
        self._weather()
        self.loop.run_until(safe_until)
        self._faults_stop()
        policy = self.profile.policy
        converged_by = (
            safe_until
            + policy.orphan_grace_s
            + policy.launch_timeout_s
            + policy.save_timeout_s
            + policy.back_off_max_s
            + 2.0 * policy.pass_interval_s
        )
        stopped_by = (
            safe_until + policy.idle_timeout_s + policy.keep_running_max_s + policy.busy_max_s + policy.pass_interval_s
        )
        self._settle(self.rules.why_not_converged, converged_by)
        self._settle(self._why_not_all_stopped, stopped_by)
        self._must_become(self.rules.why_not_converged)
        self._must_become(self._why_not_a_no_op)

    def _settle(self, why_not: Callable[[], Violation | None], bound: float) -> None:
        """A patient run waits until the bound, because what is well may not stay so."""
        while self.loop.now < bound and (self.profile.patient or why_not() is not None):
            self.loop.run_until(min(bound, self.loop.now + _LOOKS_EACH_S))
        self._must_become(why_not)

    def close(self) -> None:
        """End the threads that still wait now, not when the garbage collector finds them."""
        for manager in self.managers:
            manager.process.end()

    def _must_become(self, why_not: Callable[[], Violation | None]) -> None:
        until = self.loop.now + _CONVERGES_WITHIN_S
        while (violation := why_not()) is not None:
            if self.loop.now >= until:
                raise violation
            self.loop.run_until(self.loop.now + _LOOKS_EACH_S)

    def _why_not_all_stopped(self) -> Violation | None:
        for workspace in self.store.workspaces.values():
            if workspace.state not in (WorkspaceState.STOPPED, WorkspaceState.DELETED):
                quiet = "nobody has used it for long"
                return Violation("idle", f"{workspace.workspace_id} is still {workspace.state}, and {quiet}")
        return None

    def _why_not_a_no_op(self) -> Violation | None:
        """Looks with a copy of the process's memory, which a pass may be using."""
        world = self.managers[0].world
        world = replace(world, memory=copy.deepcopy(world.memory))
        now = world.clock.now()
        plan = reconcile(observe(world, now), now, world.policy)
        planned = [action for action in plan.actions if not isinstance(action, Forget)]
        if planned:
            names = ", ".join(type(action).__name__ for action in planned)
            return Violation("converged", f"a pass over a converged fleet still plans {names}")
        return None

    # What happens to the world

    def _started(self, instance: Instance) -> None:
        if self.faults.active and self._chance.random() < self.profile.refuses_claims:
            instance.refuses_claims = "the editor did not open"
        self.rules.started(instance)

    def _ending(self, instance: Instance, by_manager: bool) -> None:
        self.trace.note(instance.task_id, "ends" if by_manager else "dies")
        if not by_manager:
            self.faults.trouble()
        self.rules.ending(instance, by_manager)

    def _noticed(self, instance: Instance) -> None:
        """Only the agent learns of it, not the manager."""
        self.trace.note(instance.task_id, "is to be taken back by Spot: SIGTERM")
        self.faults.trouble()
        self.agents.terminated(instance)

    def _task_changed(self, task_id: str) -> None:
        self.trace.note(task_id, "is ready, or has ended")
        for manager in self.managers:
            manager.wake(task_id=task_id)

    def _weather(self) -> None:
        if not self.faults.active:
            return
        profile, draw_one = self.profile, self._chance.random
        if draw_one() < profile.silence:
            port = self._chance.choice(("runner", "agent"))
            seconds = 5.0 + 55.0 * draw_one()
            self.trace.note("weather", f"the {port} is silent for {seconds:.0f} s")
            self.faults.silence(port, seconds)
        alive = [instance for instance in self.engine.instances.values() if instance.alive]
        if alive and draw_one() < profile.hangs:
            self._hang(self._chance.choice(alive))
        if draw_one() < profile.saves_fail:
            self.agents.saves_fail_until = self.loop.now + 10.0 + 110.0 * draw_one()
            self.trace.note("weather", "saves fail")
        if draw_one() < profile.stray:
            name = f"stray-{self.loop.events}"
            spec = TaskSpec(name, WorkspaceKind.VSCODE, "vscode-1", "a lost token")
            self.trace.note("weather", f"{name} runs and nobody knows why")
            self.engine.run_unasked(spec)
        if draw_one() < profile.new_image:
            self._new_image()
        self.loop.after(_WEATHER_S, self._weather)

    def _hang(self, instance: Instance) -> None:
        seconds = self._chance.choice((10.0, 40.0, 400.0))
        self.trace.note("weather", f"the agent of {instance.task_id} hangs for {seconds:.0f} s")
        instance.hangs_until = self.loop.now + seconds
        self.faults.trouble(seconds)

    def _new_image(self) -> None:
        kind = self._chance.choice(self.profile.policy.kinds)
        image = f"{kind}-installed-{self.loop.events}"
        self.trace.note("weather", f"{image} is installed")
        self.rules.image_replaced(self.engine.images[kind])
        self.engine.images[kind] = image

    def _faults_stop(self) -> None:
        self.trace.note("run", "no more faults, no more clicks")
        self.faults.stop()
        self.students.go_home()
        self.agents.saves_fail_until = 0.0
        for instance in self.engine.instances.values():
            instance.life.dies_after_s = instance.life.notice_after_s = NEVER
            instance.hangs_until = min(instance.hangs_until, self.loop.now)
        for manager in self.managers:
            manager.wake()

    def _offset_s(self) -> float:
        return self._chance.uniform(-1.0, 1.0) * self.profile.skew_s


def run_seed(seed: int, profile: Profile | None = None, *, traced: bool = False) -> Outcome:
    """The same seed and profile give the same run, to the last event."""
    violation = None
    with _silent_logs():
        fleet = SimulatedFleet(seed, profile or draw(seed), traced=traced)
        try:
            fleet.run()
        except Violation as found:
            violation = found
        except ThreadDied as died:
            violation = Violation("error", str(died))
        finally:
            fleet.close()
        if violation is not None:
            fleet.trace.note("VIOLATION", str(violation))
    return Outcome(
        seed=seed,
        profile=fleet.profile,
        violation=violation,
        trace=fleet.trace,
        simulated_s=fleet.loop.now - fleet.profile.starts_at,
        events=fleet.loop.events,
        launches=fleet.rules.launches,
        crashes=sum(manager.crashes for manager in fleet.managers),
    )


@contextlib.contextmanager
def _silent_logs() -> Iterator[None]:
    """The manager logs every failure that a run plans."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
