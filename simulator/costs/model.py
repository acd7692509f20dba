"""The cost model: usage × prices, line by line. Pure; the total is the sum of the lines.

docs/guides/costs.md lists what is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.costs.price_book import SPOT_DISCOUNT, PriceBook
from simulator.costs.stack import Stack, WorkspaceTask
from simulator.costs.usage import HOURS_IN_A_MONTH, TaskHours, Usage

MILLION = 1_000_000.0
RULES_ON_AN_ITEM = 2
"""How many of AWS Config's rules look at a recorded task definition, which most items are."""


class Group(StrEnum):
    """The document's five groups, in its order."""

    CORE = "Core services"
    WORKSPACES = "Workspaces"
    STORAGE = "Storage"
    MONITORING = "Monitoring"
    TRANSFER = "Data transfer"


@dataclass(frozen=True)
class Line:
    """One line of the bill. `basis` says what was counted."""

    group: Group
    name: str
    dollars: float
    basis: str


@dataclass(frozen=True)
class Breakdown:
    lines: tuple[Line, ...]
    students: int

    @property
    def total(self) -> float:
        return math.fsum(line.dollars for line in self.lines)

    @property
    def per_student(self) -> float:
        return self.total / self.students if self.students else 0.0

    def group(self, group: Group) -> float:
        return math.fsum(line.dollars for line in self.lines if line.group is group)

    def lines_as_json(self) -> list[dict[str, Any]]:
        return [dict(vars(line)) for line in self.lines]

    def line(self, name: str) -> Line:
        """Raises KeyError when there is no line of that name."""
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(name)


def task_hour_price(task: WorkspaceTask, book: PriceBook) -> float:
    """Dollars for one hour of a task: vCPUs and memory, the share on Spot at its discount."""
    vcpu, memory = book[f"fargate_{task.arch}_vcpu_hour"].price, book[f"fargate_{task.arch}_gb_hour"].price
    on_demand = task.vcpus * vcpu + task.memory_gb * memory
    return on_demand * (1 - task.spot_share * book[SPOT_DISCOUNT].price)


def cost(usage: Usage, book: PriceBook, *, task: WorkspaceTask | None = None, stack: Stack | None = None) -> Breakdown:
    """The bill of the period. Free parts and monthly fees scale with its length."""
    task, stack = task or WorkspaceTask(), stack or Stack()
    lines = (
        *_core(usage, stack, book),
        *_workspaces(usage.task_hours, task, book),
        *_storage(usage, book),
        *_monitoring(usage, stack, book),
        _threat_detection(usage, task, stack, book),
        *_transfer(usage, stack, book),
    )
    return Breakdown(lines, usage.students)


def _workspaces(hours: TaskHours, task: WorkspaceTask, book: PriceBook) -> Iterator[Line]:
    price = task_hour_price(task, book)
    for name, used, why in (
        ("Sessions", hours.session, "somebody works"),
        ("Idle tails", hours.idle_tail, "nobody works"),
        ("Starting", hours.starting, "billed from the image download on"),
        ("Warm pool", hours.warm_pool, "ready, waiting for a claim"),
    ):
        yield Line(Group.WORKSPACES, name, used * price, f"{used:,.0f} h × ${price:.5f}, {why}")


def _core(usage: Usage, stack: Stack, book: PriceBook) -> Iterator[Line]:
    hours, months, requests = usage.period_hours, usage.months, usage.requests
    yield _services(hours, stack, book)
    reserved = book["rds_reserved_discount"].price if stack.database_reserved else 0.0
    yield Line(
        Group.CORE,
        "Database",
        stack.database_instances
        * (
            book[f"rds_{stack.database_class}_hour"].of(hours) * (1 - reserved)
            + book["rds_storage_gb_month"].of(stack.database_gb * months)
        ),
        f"PostgreSQL, {stack.database_instances} × db.{_dotted(stack.database_class)} with {stack.database_gb:g} GB{', reserved' if reserved else ''}",
    )
    yield Line(
        Group.CORE,
        "Cache",
        stack.cache_nodes * book[f"cache_{stack.cache_node}_hour"].of(hours),
        f"Redis, {stack.cache_nodes} × cache.{_dotted(stack.cache_node)}",
    )
    addresses = stack.load_balancer_addresses
    yield Line(
        Group.CORE,
        "Load balancer",
        book["alb_hour"].of(hours)
        + book["alb_lcu_hour"].of(usage.traffic.out_gb)
        + book["public_ipv4_hour"].of(addresses * hours),
        f"1, {addresses} addresses, 1 capacity unit-hour for each GB to browsers",
    )
    millions = requests.web / MILLION
    yield Line(
        Group.CORE,
        "DNS and firewall",
        book["route53_zone_month"].of(stack.dns_zones * months)
        + book["route53_queries_million"].of(millions)
        + book["waf_acl_month"].of(months)
        + book["waf_rule_month"].of(stack.firewall_rules * months)
        + book["waf_requests_million"].of(millions),
        f"{stack.dns_zones} zone, {stack.firewall_rules} firewall rules, {millions:.1f} million requests",
    )
    yield _manager(usage, stack, book)
    ready_gb = stack.ready_instances * (stack.manager_memory_gb + stack.mover_memory_gb)
    yield Line(
        Group.CORE,
        "Ready instances",
        book["lambda_ready_gb_second"].of(ready_gb * 3_600 * stack.ready_hours_a_month * months),
        f"{stack.ready_instances} each of manager and mover, {stack.ready_hours_a_month * months:,.0f} h before and in classes",
    )
    yield Line(
        Group.CORE,
        "Keys and secrets",
        book["kms_key_month"].of(stack.keys * months)
        + book["kms_requests_million"].of(requests.manager / MILLION, months=months)
        + book["secret_month"].of(stack.secrets * months),
        f"{stack.keys} keys, {stack.secrets} secrets",
    )


def _services(hours: float, stack: Stack, book: PriceBook) -> Line:
    backend, frontend = stack.service_task, stack.frontend_task or stack.service_task
    dollars = stack.backend_tasks * task_hour_price(backend, book) + stack.frontend_tasks * task_hour_price(
        frontend, book
    )
    shapes = [f"{task.vcpus:g} vCPU, {task.memory_gb:g} GB, {task.arch}" for task in dict.fromkeys((backend, frontend))]
    basis = f"{stack.backend_tasks} + {stack.frontend_tasks} tasks of {' and of '.join(shapes)}"
    return Line(Group.CORE, "Backend and frontend", hours * dollars, basis)


def _dotted(name: str) -> str:
    return name.replace("_", ".")


def _manager(usage: Usage, stack: Stack, book: PriceBook) -> Line:
    requests, months = usage.requests, usage.months
    invocations = requests.manager / MILLION
    gb_seconds = requests.manager * stack.manager_seconds * stack.manager_memory_gb
    dollars = math.fsum(
        (
            book["lambda_requests_million"].of(invocations, months=months),
            book["lambda_gb_second"].of(gb_seconds, months=months),
            book["scheduler_million"].of(invocations, months=months),
            book["dynamodb_reads_million"].of(requests.store_reads / MILLION),
            book["dynamodb_writes_million"].of(requests.store_writes / MILLION),
            book["dynamodb_gb_month"].of(stack.store_gb * months, months=months),
        )
    )
    basis = (
        f"{requests.manager:,.0f} invocations, {requests.store_reads:,.0f} reads, {requests.store_writes:,.0f} writes"
    )
    return Line(Group.CORE, "Workspace manager", dollars, basis)


def _storage(usage: Usage, book: PriceBook) -> Iterator[Line]:
    storage, months = usage.storage, usage.months
    yield Line(
        Group.STORAGE,
        "Homes, stored",
        book["efs_standard_gb_month"].of(storage.homes_standard_gb * months)
        + book["efs_infrequent_gb_month"].of(storage.homes_infrequent_gb * months),
        f"EFS, {storage.homes_standard_gb:,.0f} GB standard, {storage.homes_infrequent_gb:,.0f} GB infrequent access",
    )
    yield Line(
        Group.STORAGE,
        "Homes, read and written",
        book["efs_read_gb"].of(storage.homes_read_gb) + book["efs_write_gb"].of(storage.homes_written_gb),
        f"{storage.homes_read_gb:,.0f} GB read, {storage.homes_written_gb:,.0f} GB written, elastic throughput",
    )
    yield Line(
        Group.STORAGE,
        "Snapshots",
        book["s3_gb_month"].of(storage.snapshots_gb * months),
        f"S3, {storage.snapshots_gb:,.0f} GB",
    )


def _monitoring(usage: Usage, stack: Stack, book: PriceBook) -> Iterator[Line]:
    months = usage.months
    yield Line(
        Group.MONITORING,
        "Metrics and alarms",
        book["cloudwatch_metric_month"].of(stack.metrics * months, months=months)
        + book["cloudwatch_alarm_month"].of(stack.alarms * months, months=months),
        f"{stack.metrics} metrics, {stack.alarms} alarms",
    )
    yield Line(
        Group.MONITORING,
        "Logs",
        book["cloudwatch_logs_gb"].of(usage.logs_gb, months=months),
        f"{usage.logs_gb:,.1f} GB",
    )
    items, objects = stack.config_items_a_month * months, usage.requests.objects
    yield Line(
        Group.MONITORING,
        "Audit and compliance",
        book["config_item"].of(items)
        + book["config_evaluation"].of(RULES_ON_AN_ITEM * items)
        + book["cloudtrail_data_events_million"].of(objects / MILLION),
        f"{items:,.0f} changes recorded, {RULES_ON_AN_ITEM * items:,.0f} evaluations, {objects:,.0f} object events",
    )


def _threat_detection(usage: Usage, task: WorkspaceTask, stack: Stack, book: PriceBook) -> Line:
    """GuardDuty's agent, next to every task."""
    services = stack.backend_tasks * stack.service_task.vcpus
    services += stack.frontend_tasks * (stack.frontend_task or stack.service_task).vcpus
    vcpu_hours = usage.task_hours.total * task.vcpus + services * usage.period_hours
    return Line(
        Group.MONITORING,
        "Threat detection",
        book["guardduty_vcpu_month"].of(vcpu_hours / HOURS_IN_A_MONTH),
        f"GuardDuty's agent, {vcpu_hours:,.0f} vCPU-hours of all tasks",
    )


def _transfer(usage: Usage, stack: Stack, book: PriceBook) -> Iterator[Line]:
    hours, months, traffic = usage.period_hours, usage.months, usage.traffic
    yield Line(
        Group.TRANSFER,
        "NAT gateways",
        stack.nat_gateways * (book["nat_gateway_hour"].of(hours) + book["public_ipv4_hour"].of(hours)),
        f"{stack.nat_gateways}, each with an address",
    )
    yield Line(Group.TRANSFER, "NAT data", book["nat_gb"].of(traffic.nat_gb), f"{traffic.nat_gb:,.0f} GB")
    yield Line(
        Group.TRANSFER,
        "To browsers",
        book["cloudfront_out_gb"].of(traffic.out_gb, months=months)
        + book["cloudfront_requests_million"].of(usage.requests.web / MILLION, months=months),
        f"{traffic.out_gb:,.0f} GB and {usage.requests.web / MILLION:.1f} million requests, {book['cloudfront_out_gb'].free:,.0f} GB free",
    )
