"""Every school's templates can be priced, and the document's bill comes out of its own."""

from __future__ import annotations

import pytest

from infrastructure.settings import FARGATE_HOUR, Arch, Workspaces
from infrastructure.tests.templates import Assembly
from simulator.costs.assembly import read_assembly
from simulator.costs.from_infrastructure import InfrastructureBill, bill_of
from simulator.costs.model import Group
from simulator.costs.plan import Plan
from simulator.costs.price_book import load_price_book
from simulator.costs.synthesized import synthesized


def priced(assembly: Assembly, students: int = 100) -> InfrastructureBill:
    found = synthesized(read_assembly(assembly.folder))
    return bill_of(found, Plan(students=students, pool=found.pool, idle_minutes=found.idle_minutes), load_price_book())


def test_every_resource_of_every_school_has_a_price_or_a_reason(each: Assembly) -> None:
    assert priced(each).bill.total > 0


@pytest.mark.parametrize(
    ("group", "worked_out", "stated"),
    [
        (Group.CORE, 192.67, 193),
        (Group.WORKSPACES, 552.45, 552),
        (Group.STORAGE, 311.50, 312),
        (Group.TRANSFER, 90.00, 90),
    ],
)
def test_each_sum_that_the_document_explains_comes_out_of_the_templates(
    hundred: Assembly, group: Group, worked_out: float, stated: float
) -> None:
    line = next(line for line in priced(hundred).document if line.group is group)
    assert line.dollars == pytest.approx(worked_out, abs=0.005)
    assert line.stated == stated
    assert abs(line.dollars - stated) <= 0.5


def test_monitoring_does_not_come_out_of_the_templates_and_says_so(hundred: Assembly) -> None:
    """The document only states the sum, so that it is equal proves nothing."""
    line = next(line for line in priced(hundred).document if line.group is Group.MONITORING)
    assert line.dollars == line.stated == 20
    assert line.basis.startswith("as it stands")


def test_the_documents_total_comes_out_of_the_templates(hundred: Assembly) -> None:
    result = priced(hundred)
    assert result.document_stated == round(result.document_total) == 1167


def test_the_standbys_that_the_document_draws_are_in_the_bill(hundred: Assembly) -> None:
    bill = priced(hundred).bill
    assert bill.line("NAT gateways").basis.startswith("3,")
    assert "2 × db.t3.medium" in bill.line("Database").basis
    assert "2 × cache.t3.micro" in bill.line("Cache").basis


@pytest.mark.parametrize("arch", ["x86", "arm"])
def test_budgets_count_with_the_prices_of_the_price_book(arch: Arch) -> None:
    book = load_price_book()
    assert FARGATE_HOUR[arch] == (book[f"fargate_{arch}_vcpu_hour"].price, book[f"fargate_{arch}_gb_hour"].price)
    workspaces = Workspaces(at_once=1, arch=arch)
    medium = FARGATE_HOUR[arch][0] + 2 * FARGATE_HOUR[arch][1]
    assert workspaces.gb_hour * 2 == pytest.approx(medium)
    assert Workspaces(at_once=1, arch=arch, price_per_gb_hour=0.5).gb_hour == 0.5
