"""A planning run bills every second once, and the same seed gives the same numbers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from contract.names import LaunchPath
from manager.domain.policy import PoolSchedule
from simulator.costs.model import Group, task_hour_price
from simulator.costs.stack import WorkspaceTask
from simulator.planning.run import PlanningRun, evaluate, simulate
from simulator.planning.settings import EngineSettings, Scenario
from simulator.planning.tests.small_school import BOOK, HOUR, MIDNIGHT, Visits, ran, school, visit

NO_POOL = PoolSchedule(base=0, peak=0, off=0, weekend=0)
MACHINE = ("machine_s", "memory_mb", "sweep_ms", "sweep_ms_max")


def numbers(workload: Any, scenario: Scenario) -> dict[str, Any]:
    """Everything but what the machine took."""
    content = simulate(workload, scenario, BOOK).as_json()
    content["work"] = {name: value for name, value in content["work"].items() if name not in MACHINE}
    return content


def test_a_seed_gives_the_same_result_again():
    first = numbers(school(), Scenario())

    assert first == numbers(school(), Scenario())
    assert first != numbers(school(seed=2), Scenario(seed=2))


def test_every_second_of_every_task_is_billed_once():
    run = PlanningRun(school(), Scenario())
    began: dict[str, float] = {}
    lasted: list[float] = []
    start, stop = run.engine.start, run.engine.stop

    def started(spec: Any) -> None:
        began.setdefault(spec.task_id, run.timeline.now())
        start(spec)

    def stopped(task_id: str, *, grace_s: float) -> None:
        if task_id in run.engine.instances:
            lasted.append(run.timeline.now() - began.pop(task_id))
        stop(task_id, grace_s=grace_s)

    run.engine.start, run.engine.stop = started, stopped
    run.run()
    lasted += [run.timeline.now() - at for at in began.values()]
    bill, ledger = run.ledger.all, run.ledger

    assert len(lasted) == ledger.tasks > 50
    assert bill.total == pytest.approx(sum(lasted) + ledger.minimum_s, abs=1e-3)
    by_cohort = sum(one.total for one in ledger.by_cohort) + ledger.unclaimed.total
    assert by_cohort == pytest.approx(bill.total, abs=1e-3)
    assert bill.session == pytest.approx(run.students.active_s, abs=1e-3)
    assert min(bill.session, bill.idle_tail, bill.starting, bill.warm_pool) > 0


def test_sessions_are_the_hours_of_the_workload_less_the_waiting():
    drawn = school()
    run = ran(drawn)

    planned = sum(one.ends - one.begins for student in range(25) for one in drawn.visits(student))
    waited = sum(run.students.launches.wait_s)

    assert planned - waited - 60 <= run.ledger.all.session <= planned


def test_the_bill_is_the_cost_models():
    run = ran(school())
    task = WorkspaceTask()

    result = evaluate(run, BOOK, task=task, machine_s=0.0)

    hours = run.ledger.all.total / HOUR
    assert result.bill.group(Group.WORKSPACES) == pytest.approx(hours * task_hour_price(task, BOOK))
    assert result.bill.line("Idle tails").dollars == pytest.approx(
        run.ledger.all.idle_tail / HOUR * task_hour_price(task, BOOK)
    )
    shared = result.unclaimed.total * task_hour_price(task, BOOK)
    assert sum(one.dollars for one in result.cohorts) + shared == pytest.approx(result.workspaces_dollars)


def test_a_cold_start_waits_as_long_as_fargate_and_a_warm_one_does_not():
    cold = ran(Visits([visit(9, 10)]), schedule=NO_POOL)
    warm = ran(Visits([visit(9, 10)]))

    assert list(cold.students.launches.path) == [2]
    assert 25 < cold.students.launches.wait_s[0] < 62
    assert list(warm.students.launches.path) == [1]
    assert warm.students.launches.wait_s[0] == pytest.approx(0.6 + 0.225, abs=0.175)  # and the move


def test_an_open_tab_costs_the_idle_timeout_and_no_more():
    run = ran(Visits([visit(9, 10)]), schedule=NO_POOL)

    assert run.ledger.all.idle_tail == pytest.approx(1_800, abs=20)
    assert run.ledger.all.session == pytest.approx(HOUR, abs=62)
    assert run.ledger.all.warm_pool == 0


def test_who_presses_stop_leaves_no_tail_and_who_leaves_a_job_two_hours_more():
    stopped = ran(Visits([visit(9, 10, stops=True)]), schedule=NO_POOL)
    job = ran(Visits([visit(9, 10, job_until=MIDNIGHT + 20 * HOUR)]), schedule=NO_POOL)

    assert stopped.ledger.all.idle_tail < 20
    assert job.ledger.all.idle_tail == pytest.approx(9_000, abs=1_000)


def test_who_comes_back_within_the_timeout_is_not_launched_again_and_who_comes_later_is():
    soon = ran(Visits([visit(9, 10), visit(10.3, 11, returns=True)]))
    late = ran(Visits([visit(9, 10), visit(10.9, 12, returns=True)]))

    assert len(soon.students.launches) == 1
    assert soon.ledger.all.idle_tail == pytest.approx(0.3 * HOUR + 1_800, abs=30)
    assert len(late.students.launches) == 2


def test_impatient_clicks_start_nothing_and_a_second_tab_finds_it_running():
    run = ran(Visits([visit(9, 10, clicks_again_after_s=3.0, opens_again_at=MIDNIGHT + 9.5 * HOUR)]), schedule=NO_POOL)
    launches = run.students.launches

    assert (launches.repeated, run.ledger.tasks) == (1, 1)
    assert [launches.count(path) for path in LaunchPath] == [1, 0, 1]


def test_sixteen_hours_at_work_are_cut_by_the_session_limit_and_go_on_after_a_click():
    run = ran(Visits([visit(2, 18)]), schedule=NO_POOL)

    assert len(run.students.launches) == 2
    assert run.ledger.all.session == pytest.approx(16 * HOUR, abs=200)


def test_calls_beyond_twenty_a_second_start_later_and_every_student_is_served():
    """A call starts one task, so the limit on calls is met before the one on launches."""
    workload = Visits(*([visit(9, 9.5)] for _ in range(160)))

    run = ran(workload, schedule=NO_POOL)

    assert run.engine.delayed == 140
    assert len(run.students.launches) == 160
    assert 60 < max(run.students.launches.wait_s) < 70


def test_with_more_calls_allowed_the_launch_rate_is_what_delays():
    workload = Visits(*([visit(9, 9.5)] for _ in range(160)))

    run = ran(workload, schedule=NO_POOL, engine=EngineSettings(calls_per_s=1_000.0))

    assert run.engine.delayed == 60


def test_a_runs_memory_is_not_that_of_the_process_that_started_it():
    large = bytearray(b"x") * 300_000_000
    program = "from simulator.planning.run import peak_memory_mb; print(peak_memory_mb())"

    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout

    assert 10 < float(output) < len(large) / 2**20 - 100
