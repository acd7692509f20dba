"""`costs --from-infrastructure`: prices what CDK synthesizes, and explains the document's $1,167.

The document gives five sums and derives one. The others are reconstructed from the templates: one
of each thing, without the standbys that the document draws but does not count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from simulator.costs import document
from simulator.costs.assembly import read_assembly
from simulator.costs.model import Breakdown, Group, cost, task_hour_price
from simulator.costs.plan import Plan, on_demand
from simulator.costs.price_book import PriceBook
from simulator.costs.synthesized import Synthesized, synthesized
from simulator.costs.usage import HOURS_IN_A_MONTH
from simulator.operator_input import BadInput

SOURCE = Path(__file__).parents[2]
EXAMPLE = SOURCE / "infrastructure" / "examples" / "hundred.toml"
PYTHON_VARIABLE = "APRANOVA_INFRASTRUCTURE_PYTHON"
"""The interpreter that has CDK; the entry script sets it."""


class CannotSynthesize(BadInput):
    """The text is the error of the synthesis."""


@dataclass(frozen=True)
class DocumentLine:
    """A group of the document's table, worked out from the templates."""

    group: Group
    dollars: float
    stated: float | None
    """None: with numbers other than the document's it states nothing."""
    basis: str


@dataclass(frozen=True)
class InfrastructureBill:
    found: Synthesized
    bill: Breakdown
    document: tuple[DocumentLine, ...]

    @property
    def document_total(self) -> float:
        return sum(line.dollars for line in self.document)

    @property
    def document_stated(self) -> float | None:
        stated = [line.stated for line in self.document if line.stated is not None]
        return sum(stated) if len(stated) == len(self.document) else None


def synthesize(settings: Path) -> Synthesized:
    """Run CDK in its own environment, with an empty folder as the manager's code."""
    with tempfile.TemporaryDirectory(prefix="apranova-") as folder:
        code, out = Path(folder) / "manager", Path(folder) / "out"
        code.mkdir()
        (code / "empty").touch()
        words = ["-m", "infrastructure", "infrastructure", "--settings", str(settings), "--out", str(out)]
        done = subprocess.run(
            [os.environ.get(PYTHON_VARIABLE, sys.executable), *words, "--manager-code", str(code)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CannotSynthesize(done.stderr.strip().removeprefix("apranova: ") or done.stdout.strip())
        return synthesized(read_assembly(out))


def bill_of(found: Synthesized, plan: Plan, book: PriceBook) -> InfrastructureBill:
    return InfrastructureBill(
        found=found,
        bill=cost(on_demand(plan), book, task=found.task, stack=found.stack),
        document=tuple(_document(found, plan, book)),
    )


def _document(found: Synthesized, plan: Plan, book: PriceBook) -> list[DocumentLine]:
    stack, hour = found.stack, HOURS_IN_A_MONTH
    asked = (plan.students, plan.hours, plan.pool)
    as_stated = asked == (document.STUDENTS, document.HOURS, document.POOL)
    tasks = stack.backend_tasks * task_hour_price(stack.service_task, book)
    tasks += stack.frontend_tasks * task_hour_price(stack.frontend_task or stack.service_task, book)
    core = {
        "tasks": tasks * hour,
        "one database": book[f"rds_{stack.database_class}_hour"].price * hour,
        "one cache node": book[f"cache_{stack.cache_node}_hour"].price * hour,
        "load balancer with one capacity unit": (book["alb_hour"].price + book["alb_lcu_hour"].price) * hour,
        "one NAT gateway": book["nat_gateway_hour"].price * hour,
        "zone": book["route53_zone_month"].price * stack.dns_zones,
    }
    task_hour = task_hour_price(found.task, book)
    pool, used = task_hour * hour * plan.pool, task_hour * plan.students * plan.hours
    homes = plan.students * plan.home_gb * book["efs_standard_gb_month"].price
    snapshots = plan.students * plan.snapshot_gb * book["s3_gb_month"].price
    out = plan.students * plan.out_gb

    def line(group: Group, dollars: float, stated: float, basis: str) -> DocumentLine:
        return DocumentLine(group, dollars, stated if as_stated else None, basis)

    parts = " + ".join(f"{word} {dollars:.2f}" for word, dollars in core.items())
    hours = f"pool {pool:.2f} + on demand {used:.2f}, at ${task_hour:.5f} an hour; no idle tails, no starts"
    stored = f"homes {homes:.2f} + snapshots {snapshots:.2f}"
    unexplained = "as it stands: the document does not say what it counts"
    sent = (
        f"{out:,.0f} GB at ${document.INTERNET_GB} straight from AWS; through CloudFront the first "
        f"{book['cloudfront_out_gb'].free:,.0f} GB are free"
    )
    return [
        line(Group.CORE, sum(core.values()), document.CORE, parts),
        line(Group.WORKSPACES, pool + used, document.WORKSPACES, hours),
        line(Group.STORAGE, homes + snapshots, document.STORAGE, stored),
        line(Group.MONITORING, document.MONITORING, document.MONITORING, unexplained),
        line(Group.TRANSFER, out * document.INTERNET_GB, document.TRANSFER, sent),
    ]
