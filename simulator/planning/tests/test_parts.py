"""The parts of a planning run, each alone."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace

import pytest

from contract.names import WorkspaceKind
from manager.domain.lifecycle import workspace as workspace_module
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Shape
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.ports.task_runner import TaskSpec
from manager.ports.workspace_store import VersionConflict
from simulator.planning.by_day import second_of_day
from simulator.planning.engine import PlannedEngine, Rate
from simulator.planning.ledger import Ledger
from simulator.planning.load import Load
from simulator.planning.result import Waits, nearest_rank
from simulator.planning.settings import EngineSettings
from simulator.planning.store import CountingStore
from simulator.planning.svg import nice_ticks
from simulator.planning.tests.small_school import MIDNIGHT
from simulator.planning.timeline import Timeline
from simulator.quick import quick_records, quick_replace


def test_what_happens_at_once_happens_in_the_order_it_was_asked_for():
    timeline, seen = Timeline(0.0), []
    for name in "abc":
        timeline.at(5.0, seen.append, name)
    timeline.at(1.0, seen.append, "first")
    timeline.at(9.0, seen.append, "never")

    timeline.run_until(9.0)

    assert seen == ["first", "a", "b", "c"]
    assert timeline.now() == 9.0


def test_the_busiest_second_is_remembered():
    timeline = Timeline(0.0)
    load = Load(timeline)
    for at in (1.0, 1.2, 1.9, 2.0):
        timeline.time = at
        load.count("write")

    assert (load.total, load.peak_per_s) == (4, 3)


def test_a_limit_lets_a_hundred_through_at_once_and_then_twenty_a_second():
    rate = Rate(100.0, 20.0)

    waits = [rate.wait_s(1_000.0) for _ in range(140)]

    assert waits[99] == 0.0
    assert waits[100] == pytest.approx(0.05)
    assert waits[139] == pytest.approx(2.0)
    assert rate.wait_s(1_010.0) == 0.0


def test_a_task_of_some_seconds_is_billed_a_minute():
    ledger = Ledger(cohorts=1)
    times = {"started": 0.0, "ready": 30.0, "ended": 40.0, "worked_s": 0.0}

    ledger.close(**times, claimed=None, cohort=None, waited_for=False)

    assert (ledger.all.starting, ledger.all.warm_pool, ledger.all.total) == (30.0, 30.0, 60.0)
    assert ledger.unclaimed == ledger.all
    assert ledger.minimum_s == 20.0


def test_a_task_somebody_waited_for_was_never_warm():
    ledger = Ledger(cohorts=2)
    times = {"started": 0.0, "ready": 30.0, "claimed": 31.0, "ended": 3_631.0, "worked_s": 3_000.0}

    waited = ledger.close(**times, cohort=0, waited_for=True)
    warm = ledger.close(**times, cohort=1, waited_for=False)

    assert (waited.starting, waited.warm_pool, waited.session, waited.idle_tail) == (31.0, 0.0, 3_000.0, 600.0)
    assert (warm.starting, warm.warm_pool) == (30.0, 1.0)
    assert [bill.total for bill in ledger.by_cohort] == [3_631.0, 3_631.0]


def test_the_store_refuses_a_write_on_an_old_version_and_then_changes_nothing():
    store = CountingStore(Load(Timeline(0.0)))
    workspace = Workspace("ws-aaaaaaaaaa", "s", WorkspaceKind.VSCODE, due_at=5.0)
    task = Task("task-1", WorkspaceKind.VSCODE, "i", 0.0, "t")
    store.write(workspace)

    with pytest.raises(VersionConflict):
        store.write(task, workspace)

    assert store.find_task("task-1") is None
    stored = store.find_workspace("ws-aaaaaaaaaa")
    assert stored == replace(workspace, version=1)


def test_the_store_finds_what_is_due_by_the_newest_version_only():
    store = CountingStore(Load(Timeline(0.0)))
    for number, due_at in enumerate((3.0, 1.0, None, 9.0)):
        store.write(Workspace(f"ws-aaaaaaaaa{number}", "s", WorkspaceKind.VSCODE, due_at=due_at))
    store.write(replace(store.workspaces["ws-aaaaaaaaa1"], due_at=7.0))

    assert [found.due_at for found in store.list_due_workspaces(8.0, limit=10)] == [3.0, 7.0]
    assert [found.due_at for found in store.list_due_workspaces(8.0, limit=1)] == [3.0]
    assert store.find_next_due_at() == 3.0


def test_where_an_agent_is_is_told_once_its_task_runs():
    timeline = Timeline(0.0)
    settings = EngineSettings()
    engine = PlannedEngine(timeline, settings, Ledger(1), Load(timeline), seed=1)
    engine.start(TaskSpec("task-1", WorkspaceKind.VSCODE, "vscode-1", "a token"))

    timeline.run_until(settings.start_min_s)
    assert [seen.control_address for seen in engine.find_tasks(["task-1"])] == [""]
    timeline.run_until(settings.start_max_s + 1.0)
    assert [seen.control_address for seen in engine.find_tasks(["task-1"])] == ["task-1"]


def test_percentiles_are_waits_that_were_really_seen():
    assert nearest_rank([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0
    assert Waits.of([]) == Waits(0, 0.0, 0.0, 0.0, 0.0)
    assert Waits.of([float(n) for n in range(1, 101)]).p95 == 95.0


def test_the_hour_of_the_day_is_the_schools():
    zone = zoneinfo.ZoneInfo("Europe/Vienna")

    assert second_of_day(MIDNIGHT, zone) == (7_200.0, True)
    assert second_of_day(MIDNIGHT + 5 * 86_400, zone)[1] is False
    assert second_of_day(MIDNIGHT + 4 * 86_400 + 22.5 * 3_600, zone) == (1_800.0, False)


def test_a_quick_copy_of_a_record_is_what_replace_makes_and_leaves_the_first_as_it_was():
    workspace = Workspace("ws-aaaaaaaaaa", "s", WorkspaceKind.VSCODE)
    task = Task("task-1", WorkspaceKind.VSCODE, "i", 0.0, "t")

    assert quick_replace(workspace, due_at=5.0) == replace(workspace, due_at=5.0) != workspace
    assert quick_replace(task, slot="slot-1", version=3) == replace(task, slot="slot-1", version=3)
    assert not any(
        hasattr(kind, "__post_init__") or hasattr(kind, "__slots__") for kind in (Workspace, Task, Cohort, Demand)
    )


def test_a_quick_copy_forgets_what_the_first_had_worked_out():
    """Once, a run's forecasts saw only the first day's launches, and most students waited."""
    first = Demand().with_launch(Shape(WorkspaceKind.VSCODE), at=MIDNIGHT, now=MIDNIGHT)
    assert first.in_hour(Shape(WorkspaceKind.VSCODE), MIDNIGHT) == 1

    with quick_records():
        second = first.with_launch(Shape(WorkspaceKind.VSCODE), at=MIDNIGHT, now=MIDNIGHT)

    assert second.in_hour(Shape(WorkspaceKind.VSCODE), MIDNIGHT) == 2
    assert second.usual is not first.usual


def test_the_manager_has_its_own_replace_again_after_a_run():
    with quick_records():
        assert workspace_module.replace is quick_replace
    assert workspace_module.replace is replace


def test_axes_have_round_values():
    assert nice_ticks(0, 50) == [0, 10, 20, 30, 40, 50]
    assert nice_ticks(0, 1.3) == [0, 0.25, 0.5, 0.75, 1.0, 1.25]
