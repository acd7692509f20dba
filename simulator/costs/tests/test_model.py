"""Properties of the cost model that hold for every school."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.costs.comparison import compare
from simulator.costs.model import Group, cost, task_hour_price
from simulator.costs.plan import Plan, always_on, on_demand
from simulator.costs.price_book import load_price_book
from simulator.costs.stack import BadTask, Stack, WorkspaceTask
from simulator.costs.usage import HOURS_IN_A_MONTH, BadUsage, Requests, Storage, TaskHours, Usage
from simulator.operator_input import BadInput, numbers_of

BOOK = load_price_book()
A_CENT = 0.01
without_hurry = settings(deadline=None)
"""A busy machine is no failure."""

shares = st.floats(0, 1)
plans = st.builds(
    Plan,
    students=st.integers(1, 100_000),
    hours=st.floats(0, 730),
    pool=st.floats(0, 1_000),
    idle_minutes=st.floats(0, 600),
    sessions_a_day=st.floats(0, 10),
    infrequent_share=shares,
    image_nat_share=shares,
    home_gb=st.floats(0, 500),
    out_gb=st.floats(0, 500),
)
tasks = st.builds(WorkspaceTask, arch=st.sampled_from(["x86", "arm"]), spot_share=shares)


@without_hurry
@given(plans, tasks)
def test_lines_and_groups_add_up_to_the_total(plan: Plan, task: WorkspaceTask) -> None:
    for usage in (on_demand(plan), always_on(plan)):
        bill = cost(usage, BOOK, task=task)
        assert sum(line.dollars for line in bill.lines) == pytest.approx(bill.total)
        assert sum(bill.group(group) for group in Group) == pytest.approx(bill.total)
        assert bill.per_student * plan.students == pytest.approx(bill.total)
        assert min(line.dollars for line in bill.lines) >= 0


@without_hurry
@given(plans)
def test_every_line_has_a_name_of_its_own_and_both_bills_have_the_same_lines(plan: Plan) -> None:
    names = [line.name for line in cost(on_demand(plan), BOOK).lines]
    assert len(set(names)) == len(names)
    assert names == [line.name for line in cost(always_on(plan), BOOK).lines]


@without_hurry
@given(plans, tasks, st.integers(1, 1_000))
def test_more_students_never_cost_less(plan: Plan, task: WorkspaceTask, more: int) -> None:
    larger = dataclasses.replace(plan, students=plan.students + more)
    for usage in (on_demand, always_on):
        assert cost(usage(larger), BOOK, task=task).total >= cost(usage(plan), BOOK, task=task).total - A_CENT


@without_hurry
@given(
    plans, st.sampled_from(["pool", "idle_minutes", "sessions_a_day", "home_gb", "out_gb", "image_nat_share"]), shares
)
def test_more_of_anything_never_costs_less(plan: Plan, name: str, share: float) -> None:
    most = min(numbers_of(Plan)[name].metadata["maximum"], 1_000)
    more = getattr(plan, name) + share * (most - getattr(plan, name)) if getattr(plan, name) < most else most
    assert (
        cost(on_demand(dataclasses.replace(plan, **{name: more})), BOOK).total
        >= cost(on_demand(plan), BOOK).total - A_CENT
    )


@without_hurry
@given(plans, tasks, shares)
def test_spot_is_never_more_expensive(plan: Plan, task: WorkspaceTask, share: float) -> None:
    bill = cost(on_demand(plan), BOOK, task=dataclasses.replace(task, spot_share=share)).total
    assert bill <= cost(on_demand(plan), BOOK, task=dataclasses.replace(task, spot_share=0.0)).total + A_CENT


@without_hurry
@given(plans)
def test_arm_is_never_more_expensive_than_x86(plan: Plan) -> None:
    arm, x86 = (compare(plan, BOOK, task=WorkspaceTask(arch=arch)) for arch in ("arm", "x86"))
    assert arm.on_demand.total <= x86.on_demand.total


@without_hurry
@given(plans)
def test_a_student_never_uses_a_task_for_longer_than_the_month(plan: Plan) -> None:
    hours = on_demand(plan).task_hours
    assert hours.session + hours.idle_tail <= plan.students * HOURS_IN_A_MONTH * (1 + 1e-12)


def times(quantities: Any, factor: float) -> Any:
    return type(quantities)(**{name: factor * value for name, value in dataclasses.asdict(quantities).items()})


@without_hurry
@given(plans, st.floats(0.1, 10))
def test_a_bill_for_some_months_of_the_same_use_is_so_many_bills(plan: Plan, months: float) -> None:
    """Hourly prices, monthly fees and free parts must all follow the length of the period."""
    month = on_demand(plan)
    used = times(month.storage, months)
    longer = dataclasses.replace(
        month,
        task_hours=times(month.task_hours, months),
        storage=dataclasses.replace(
            month.storage, homes_read_gb=used.homes_read_gb, homes_written_gb=used.homes_written_gb
        ),
        traffic=times(month.traffic, months),
        requests=times(month.requests, months),
        logs_gb=months * month.logs_gb,
        period_hours=months * HOURS_IN_A_MONTH,
    )
    assert cost(longer, BOOK).total == pytest.approx(months * cost(month, BOOK).total)


def test_measured_seconds_cost_what_the_same_hours_cost() -> None:
    measured = TaskHours.from_seconds(session=7_200, idle_tail=1_800, starting=45, warm_pool=3_600)
    assert measured.total == pytest.approx(2 + 0.5 + 45 / 3_600 + 1)
    bill = cost(Usage(students=1, task_hours=measured), BOOK)
    assert bill.group(Group.WORKSPACES) == pytest.approx(measured.total * 0.04937)


def test_each_purpose_of_a_task_hour_has_its_line() -> None:
    bill = cost(Usage(students=1, task_hours=TaskHours(session=1, idle_tail=10, starting=100, warm_pool=1_000)), BOOK)
    shown = [bill.line(name).dollars / 0.04937 for name in ("Sessions", "Idle tails", "Starting", "Warm pool")]
    assert shown == pytest.approx([1, 10, 100, 1_000])


def test_a_line_that_does_not_exist_is_an_error_and_not_zero() -> None:
    with pytest.raises(KeyError):
        cost(Usage(students=1, task_hours=TaskHours()), BOOK).line("Coffee")


def test_known_prices_of_a_task_hour() -> None:
    assert task_hour_price(WorkspaceTask(), BOOK) == pytest.approx(0.04937)
    assert task_hour_price(WorkspaceTask(arch="arm"), BOOK) == pytest.approx(0.0395)
    assert task_hour_price(WorkspaceTask(spot_share=1), BOOK) == pytest.approx(
        0.04937 * (1 - BOOK["fargate_spot_discount"].price)
    )
    assert task_hour_price(WorkspaceTask(vcpus=2, memory_gb=8), BOOK) == pytest.approx(2 * 0.04048 + 8 * 0.004445)


def test_images_through_nat_cost_what_they_weigh() -> None:
    """3,000 launches of a 1.5 GB image: 4,500 GB at $0.045."""
    plan = Plan(sessions_a_day=1, image_nat_share=1)
    without = cost(on_demand(dataclasses.replace(plan, image_nat_share=0)), BOOK).line("NAT data").dollars
    assert cost(on_demand(plan), BOOK).line("NAT data").dollars - without == pytest.approx(202.50)


def test_the_stack_is_paid_without_a_single_hour_of_work() -> None:
    idle = cost(Usage(students=1, task_hours=TaskHours()), BOOK)
    assert idle.line("Database").dollars == pytest.approx(2 * (730 * 0.072 + 20 * 0.115))
    assert idle.line("NAT gateways").dollars == pytest.approx(3 * 730 * 0.05)
    smaller = cost(Usage(students=1, task_hours=TaskHours()), BOOK, stack=Stack(database_instances=1, nat_gateways=1))
    assert idle.total - smaller.total == pytest.approx(730 * 0.072 + 20 * 0.115 + 2 * 730 * 0.05)


def test_every_group_of_the_document_costs_something() -> None:
    bill = cost(on_demand(Plan()), BOOK)
    assert [group for group in Group if bill.group(group) <= 0] == []
    assert [line.group for line in bill.lines] == sorted((line.group for line in bill.lines), key=list(Group).index)


def test_the_services_run_on_the_processors_of_the_workspaces_and_never_on_spot() -> None:
    bill = compare(Plan(), BOOK, task=WorkspaceTask(arch="arm", spot_share=1)).on_demand
    assert bill.line("Backend and frontend").dollars == pytest.approx(4 * 730 * (0.5 * 0.03238 + 0.00356))


def test_what_is_free_is_not_billed_and_what_is_beyond_it_is() -> None:
    price = BOOK["cloudfront_out_gb"]
    assert price.of(1_024) == 0
    assert price.of(1_034) == pytest.approx(0.85)
    assert price.of(1_034, months=2) == 0


def test_the_first_choice_is_what_was_asked_and_none_is_there_twice() -> None:
    comparison = compare(Plan(), BOOK)
    assert comparison.choices[0].total == pytest.approx(comparison.on_demand.total)
    names = [choice.name for choice in comparison.choices]
    assert "x86, on demand" not in names  # that is what was asked
    assert "idle timeout 30 min" not in names
    assert len(set(names)) == len(names)
    assert "x86, on demand" in [choice.name for choice in compare(Plan(), BOOK, task=WorkspaceTask(arch="arm")).choices]


@pytest.mark.parametrize(
    "wrong",
    [
        {"students": 0},
        {"hours": 731},
        {"hours": -1},
        {"pool": float("nan")},
        {"idle_minutes": float("inf")},
        {"sweep_minutes": 0},
    ],
)
def test_a_plan_with_an_impossible_number_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=next(iter(wrong))):
        Plan(**wrong)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_usage_that_cannot_be_is_refused_by_name(wrong: float) -> None:
    with pytest.raises(BadUsage, match="idle_tail"):
        TaskHours(idle_tail=wrong)
    with pytest.raises(BadUsage, match="snapshots_gb"):
        Storage(snapshots_gb=wrong)


def test_more_than_all_of_it_cannot_run_on_spot() -> None:
    with pytest.raises(BadTask, match="from 0 to 1"):
        WorkspaceTask(spot_share=1.1)


def test_what_watches_and_records_costs_what_it_watches() -> None:
    """A vCPU all month is a GuardDuty month; each change is recorded once and evaluated twice."""
    idle = Usage(students=1, task_hours=TaskHours(session=HOURS_IN_A_MONTH), requests=Requests(objects=2_000_000))
    stack = Stack(backend_tasks=1, frontend_tasks=1, config_items_a_month=1_000)
    bill = cost(idle, BOOK, task=WorkspaceTask(vcpus=2), stack=stack)
    assert bill.line("Threat detection").dollars == pytest.approx((2 + 0.5 + 0.5) * 1.50)
    assert bill.line("Audit and compliance").dollars == pytest.approx(3 + 2 + 2)


def test_ready_instances_are_billed_by_their_memory_and_only_before_classes() -> None:
    stack = Stack(ready_instances=10, manager_memory_gb=1.0, mover_memory_gb=0.25, ready_hours_a_month=66)
    bill = cost(Usage(students=1, task_hours=TaskHours()), BOOK, stack=stack)
    assert bill.line("Ready instances").dollars == pytest.approx(12.5 * 66 * 3_600 * 0.0000041667)


def test_a_reserved_database_saves_on_its_instances_and_not_on_its_disk() -> None:
    bills = [
        cost(Usage(students=1, task_hours=TaskHours()), BOOK, stack=Stack(database_reserved=it)) for it in (False, True)
    ]
    assert bills[0].total - bills[1].total == pytest.approx(0.30 * 2 * 730 * 0.072)
