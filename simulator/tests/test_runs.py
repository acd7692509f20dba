"""The manager under thousands of fault schedules, and the planted bugs that they find."""

from __future__ import annotations

import functools
import gc
import os
from dataclasses import replace

import pytest

from contract.names import TaskState, WorkspaceKind
from manager.domain.lifecycle.actions import Forget
from manager.domain.lifecycle.task import Task
from manager.domain.reconcile import reconcile
from manager.use_cases.reconcile_pass import observe
from simulator.fleet import SimulatedFleet, run_seed
from simulator.planted_bugs import BUGS, PlantedBug, find
from simulator.profile import RATES, Profile, difference
from simulator.soak import shrunk

RUNS = int(os.environ.get("APRANOVA_SIMULATION_RUNS", "2000"))
PARTS = 10
FIRST_SEED = 1_000_000
"""Not those that a soak begins with: the tests add to what was soaked."""


@pytest.mark.parametrize("seed", range(6))
def test_a_few_runs_break_no_rule(seed: int) -> None:
    outcome = run_seed(seed)
    assert outcome.violation is None, f"{outcome.violation} ({difference(outcome.profile)})"


def test_a_look_at_the_fleet_changes_nothing_that_a_manager_remembers() -> None:
    """Seed 60012792: a look at the fleet made a pass that was held up forget a start."""
    fleet = SimulatedFleet(0, Profile(), traced=False)
    recent = fleet.managers[0].world.memory
    recent.started("task-1", fleet.loop.now - 60.0)
    assert fleet._why_not_a_no_op() is not None  # it did look: the pool is still to be filled
    assert recent.starts_since(0.0) == ["task-1"]
    fleet.close()


def test_a_record_that_has_just_grown_old_is_no_sign_that_a_fleet_has_not_converged() -> None:
    """Seeds 80191003 and 80192013: failed starts grew old one by one, each just after a pass."""
    fleet = SimulatedFleet(0, Profile(pool=0, pool_later=0), traced=False)
    now = fleet.loop.now
    task = Task("task-old", WorkspaceKind.VSCODE, "vscode-1", now - 7_200.0, "token", TaskState.STOPPED)
    fleet.store.write(replace(task, ended_at=now - 7_200.0, failure="no room", workspace_id="ws-aaaaaaaaaa"))
    world = fleet.managers[0].world
    plan = reconcile(observe(world, now), now, world.policy)
    assert [type(action) for action in plan.actions] == [Forget]
    assert fleet._why_not_a_no_op() is None
    fleet.close()


@pytest.mark.simulation
@pytest.mark.parametrize("part", range(PARTS))
def test_no_fault_schedule_breaks_a_rule(part: int) -> None:
    """The seed in the message repeats the run: ./apranova soak --replay SEED."""
    launches, size = 0, RUNS // PARTS
    gc.disable()
    try:
        for seed in range(FIRST_SEED + part * size, FIRST_SEED + (part + 1) * size):
            outcome = run_seed(seed)
            launches += outcome.launches
            assert outcome.violation is None, f"seed {seed}: {outcome.violation} ({difference(outcome.profile)})"
    finally:
        gc.enable()
        gc.collect()
    assert launches > size  # something did happen


@pytest.mark.simulation
@pytest.mark.parametrize("kind", RATES)
def test_each_kind_of_fault_alone_breaks_no_rule(kind: str) -> None:
    """With one kind at its highest rate nothing hides behind another fault."""
    for seed, engine in enumerate(("machine", "ecs")):
        profile = replace(Profile(engine=engine, safety_s=240.0, tick_s=5.0), **{kind: RATES[kind][-1]})
        outcome = run_seed(FIRST_SEED + seed, profile)
        assert outcome.violation is None, f"{outcome.violation} ({difference(profile)})"


@pytest.mark.simulation
@pytest.mark.parametrize("kind", RATES)
def test_each_kind_of_fault_makes_a_difference(kind: str) -> None:
    """A fault that never happens would prove nothing."""
    plain = Profile(engine="ecs", safety_s=240.0, tick_s=5.0, patient=False)
    faulty = replace(plain, **{kind: RATES[kind][-1]})
    seeds = range(5)
    assert any(_steps(seed, faulty) != _steps(seed, plain) for seed in seeds), (
        f"{kind} changed nothing in {len(seeds)} runs"
    )


@functools.cache
def _steps(seed: int, profile: Profile) -> list[str]:
    return run_seed(seed, profile, traced=True).trace.lines[1:]  # the first line tells the profile


@pytest.mark.simulation
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_planted_bug_is_found(bug: PlantedBug) -> None:
    finding = find(bug)
    assert finding.violation is not None, f"{bug.name}: not found in {finding.runs} runs"


def test_the_list_of_planted_bugs_plants_and_removes_each_without_a_trace() -> None:
    healthy = run_seed(1).events
    for bug in BUGS:
        with bug.plant():
            pass
    assert run_seed(1).events == healthy


@pytest.mark.simulation
def test_a_planted_bug_is_shown_with_a_smaller_run_that_breaks_the_same_rule() -> None:
    bug = next(bug for bug in BUGS if bug.name == "stop without save")
    with bug.plant():
        found = next(outcome for outcome in map(run_seed, range(50)) if outcome.violation is not None)
        smaller = shrunk(found, tries_max=40)
    assert found.violation is not None
    assert smaller.violation is not None
    assert smaller.violation.rule == found.violation.rule
    assert len(difference(smaller.profile)) < len(difference(found.profile))
