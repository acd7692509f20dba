"""The services that always run, and the shape of a workspace's task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from contract.names import WorkspaceSize
from contract.sizes import SizeLimits, on_fargate
from simulator.operator_input import BadInput

Arch = Literal["x86", "arm"]
ARCHES: tuple[Arch, ...] = ("x86", "arm")


class BadTask(BadInput):
    """A task that Fargate does not offer."""


@dataclass(frozen=True)
class WorkspaceTask:
    """A task's size and machine. `spot_share` of all task-hours run on Spot."""

    vcpus: float = 1.0
    memory_gb: float = 2.0
    arch: Arch = "x86"
    spot_share: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.spot_share <= 1:
            raise BadTask(f"the share on Spot must be from 0 to 1, not {self.spot_share:g}")
        if not (self.vcpus > 0 and self.memory_gb > 0):
            raise BadTask("a task needs vCPUs and memory")


def sizes_of(medium: WorkspaceTask) -> Mapping[WorkspaceSize, WorkspaceTask]:
    """The tasks of the other sizes, as the manager starts them where a task has this size."""
    limits = on_fargate(SizeLimits(round(1_024 * medium.memory_gb), round(1_024 * medium.vcpus)))
    return {
        size: replace(medium, vcpus=own.cpu_units / 1_024, memory_gb=own.memory_mib / 1_024)
        for size, own in limits.items()
    }


@dataclass(frozen=True)
class Stack:
    """The services as the document draws them: three zones, a standby database, a cache replica.

    Backend and frontend have the document's minimum of tasks; nothing grows with the students.
    """

    backend_tasks: int = 2
    frontend_tasks: int = 2
    service_task: WorkspaceTask = WorkspaceTask(vcpus=0.5, memory_gb=1.0)
    """of the backend"""
    frontend_task: WorkspaceTask | None = None
    """None: the same as the backend's"""
    database_class: str = "t3_medium"
    """as the price book has it: rds_<class>_hour"""
    database_instances: int = 2
    database_gb: float = 20.0
    cache_node: str = "t3_micro"
    """as the price book has it: cache_<node>_hour"""
    cache_nodes: int = 2
    nat_gateways: int = 3
    load_balancer_addresses: int = 3
    dns_zones: int = 1
    firewall_rules: int = 3
    keys: int = 3
    secrets: int = 5
    metrics: int = 30
    alarms: int = 20
    store_gb: float = 1.0
    manager_memory_gb: float = 0.5
    manager_seconds: float = 1.0
    """how long one invocation of the manager runs, on average"""
    mover_memory_gb: float = 0.25
    ready_instances: int = 10
    """of manager and mover each, at most, while a class is expected"""
    ready_hours_a_month: float = 66.0
    """assumed: four class hours on 22 days, each 45 minutes with its arrivals"""
    config_items_a_month: float = 600.0
    """assumed: one release, which makes and removes the definitions of 100 slots of two kinds, and
    200 other changes; two rules look at each"""
    database_reserved: bool = False
    """for a year, nothing upfront"""
