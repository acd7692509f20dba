"""The document's figures come out as it states them, and its two odd lines are explained."""

import pytest

from manager.domain.policy import PoolSchedule
from simulator.costs import document
from simulator.costs.document import STATED, work_out
from simulator.costs.model import Group, cost
from simulator.costs.plan import Plan, always_on, on_demand
from simulator.costs.price_book import load_price_book

BOOK = load_price_book()
FIGURES = work_out(BOOK)


@pytest.mark.parametrize(
    ("what", "worked_out"),
    [
        ("always_on", f"${FIGURES.always_on:,.0f}"),
        ("workspaces", f"${FIGURES.workspaces:,.0f}"),
        ("pool_line", f"${FIGURES.pool_line:,.2f}"),
        ("on_demand_line", f"${FIGURES.on_demand_line:,.0f}"),
        ("saving", f"${FIGURES.saving:,.0f}"),
        ("saving_share", f"{100 * FIGURES.saving_share:.1f} %"),
        ("total", f"${FIGURES.total:,.0f}"),
        ("per_student", f"${FIGURES.per_student:,.2f}"),
    ],
)
def test_each_figure_of_the_document_comes_out_as_it_is_stated(what: str, worked_out: str) -> None:
    assert worked_out == STATED[what]


def test_a_task_hour_is_one_vcpu_and_two_gb_on_x86() -> None:
    assert FIGURES.task_hour == pytest.approx(0.04937, abs=1e-12)


def test_the_documents_own_lines_give_447_60_because_they_leave_the_memory_out() -> None:
    assert FIGURES.lines_together == pytest.approx(447.60, abs=0.005)
    assert round(BOOK["fargate_x86_vcpu_hour"].price, 2) == document.ROUNDED_TASK_HOUR


def test_its_552_are_the_pool_and_the_hours_at_the_whole_price() -> None:
    assert f"{FIGURES.pool:.2f} + {FIGURES.on_demand:.2f} = {FIGURES.workspaces:.2f}" == "108.12 + 444.33 = 552.45"


def test_the_shares_of_its_groups_are_those_it_prints() -> None:
    parts = (FIGURES.core, FIGURES.workspaces, FIGURES.storage, FIGURES.monitoring, FIGURES.transfer)
    assert [round(100 * part / FIGURES.total) for part in parts] == [17, 47, 27, 2, 8]


def test_the_full_model_agrees_with_the_document_on_workspaces_when_tails_and_starts_are_left_out() -> None:
    plan = Plan(sessions_a_day=0)
    assert cost(on_demand(plan), BOOK).group(Group.WORKSPACES) == pytest.approx(FIGURES.workspaces)
    assert cost(always_on(plan), BOOK).group(Group.WORKSPACES) == pytest.approx(FIGURES.always_on)


def test_idle_tails_raise_the_true_figure_by_what_is_billed_after_each_session() -> None:
    bill = cost(on_demand(Plan()), BOOK)
    # 100 students × 2 sessions × 30 days, each 30 minutes and on average half a pass of 5 minutes
    assert bill.line("Idle tails").dollars == pytest.approx(6_000 * 32.5 / 60 * 0.04937)
    assert bill.group(Group.WORKSPACES) == pytest.approx(716.40, abs=0.005)


def test_the_documents_pool_schedule_is_about_as_large_as_its_pool_of_three() -> None:
    schedule, monday = PoolSchedule(), 4 * 86_400  # 5 January 1970
    assert sum(schedule.target(monday + 3_600.0 * hour) for hour in range(168)) / 168 == pytest.approx(2.857, abs=0.001)


def test_twice_the_students_have_twice_the_storage_and_transfer_but_the_same_core() -> None:
    twice = work_out(BOOK, students=200)
    assert (twice.storage, twice.transfer, twice.core, twice.monitoring) == (624, 180, 193, 20)
