"""Spot takes a task back: two minutes' notice to the agent, which saves and ends the task."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from contract.names import WorkspaceKind
from manager.ports.task_runner import TaskSpec
from simulator.agents import SimulatedAgents
from simulator.engine import NOTICE_S, EcsEngine, Instance, TaskLife
from simulator.faults import Faults
from simulator.fleet import run_seed
from simulator.loop import EventLoop
from simulator.profile import Profile


class Interrupted:
    """Every task is ready at once and given notice after a minute."""

    def life(self, task_id: str) -> TaskLife:
        return TaskLife(ready_after_s=0.0, notice_after_s=60.0)

    def has_capacity(self) -> bool:
        return True


@dataclass
class Bench:
    loop: EventLoop = field(default_factory=lambda: EventLoop(0.0))

    def __post_init__(self) -> None:
        self.engine = EcsEngine(self.loop, Interrupted())
        self.agents = SimulatedAgents(self.loop, self.engine)
        self.engine.watchers.noticed = self.agents.terminated
        self.engine.start(TaskSpec("task-1", WorkspaceKind.VSCODE, "vscode-1", "token", "home-1"))

    @property
    def task(self) -> Instance:
        return self.engine.instances["task-1"]


def test_at_the_notice_the_agent_saves_and_the_task_ends_by_itself() -> None:
    bench = Bench()
    bench.task.unsaved = True
    bench.loop.run_until(59.0)
    assert bench.task.alive
    bench.loop.run_until(65.0)
    assert (bench.task.alive, bench.task.unsaved) == (False, False)
    assert "Spot" in bench.task.ended_because


@pytest.mark.parametrize(
    ("saves_fail_until", "hangs_until", "ends_at", "unsaved"),
    [
        pytest.param(100.0, 0.0, 65.0, True, id="a save that fails is not tried again, as in the real agent"),
        pytest.param(0.0, 100.0, 101.0, False, id="an agent that wakes in time saves then"),
        pytest.param(0.0, 1_000.0, 60.0 + NOTICE_S, True, id="an agent that hangs loses the task after two minutes"),
    ],
)
def test_an_agent_in_trouble_saves_if_it_can(
    saves_fail_until: float, hangs_until: float, ends_at: float, unsaved: bool
) -> None:
    bench = Bench()
    bench.task.unsaved, bench.task.hangs_until = True, hangs_until
    bench.agents.saves_fail_until = saves_fail_until
    bench.loop.run_until(ends_at - 5.0)
    assert bench.task.alive
    bench.loop.run_until(ends_at)
    assert (bench.task.alive, bench.task.unsaved) == (False, unsaved)


def test_an_agent_whose_hanging_ends_with_the_faults_saves_then() -> None:
    bench = Bench()
    bench.task.unsaved, bench.task.hangs_until = True, 1_000.0
    bench.loop.run_until(100.0)
    bench.task.hangs_until = 100.0
    bench.loop.run_until(102.0)
    assert (bench.task.alive, bench.task.unsaved) == (False, False)


def test_deaths_without_notice_are_another_fault() -> None:
    loop = EventLoop(0.0)
    lives = [Faults(loop, Profile(spot=1.0), seed).life("task-1") for seed in range(20)]
    assert all(life.notice_after_s < 200.0 and not life.dies_because for life in lives)
    lives = [Faults(loop, Profile(dies_late=1.0), seed).life("task-1") for seed in range(20)]
    assert all(life.notice_after_s > 1e9 and life.dies_because for life in lives)


@pytest.mark.parametrize("engine", ["machine", "ecs"])
def test_where_every_task_is_taken_back_no_work_is_lost(engine: str) -> None:
    chance = Random(engine)
    for seed in (chance.randrange(1_000_000) for _ in range(4)):
        outcome = run_seed(
            seed, Profile(engine=engine, safety_s=240.0, gap_s=4.0, patient=False, spot=1.0), traced=True
        )
        assert outcome.violation is None, f"seed {seed}: {outcome.violation}"
        assert any("SIGTERM" in line for line in outcome.trace.lines)
