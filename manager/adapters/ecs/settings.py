"""Where workspace tasks run in the operator's AWS account, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contract.names import WorkspaceKind


@dataclass(frozen=True)
class HomePlace:
    """Where a home's files are."""

    file_system_id: str
    access_point_id: str


class HomePlaces(Protocol):
    def find_place(self, home_id: str) -> HomePlace | None: ...

    def recreate_access_point(self, home_id: str) -> bool:
        """Replace the access point of a home that cannot be mounted. Raises ApraNovaError."""
        ...


@dataclass(frozen=True)
class NewHome:
    """A home created just now, which no record knows yet."""

    place: HomePlace
    record: Any
    """DynamoDB's Update that records the place."""


class NewHomePlaces(HomePlaces, Protocol):
    """Also knows homes created just now, which the start of their first task records."""

    def take_new(self, home_id: str) -> NewHome | None: ...

    def record(self, home_id: str, made: HomePlace) -> HomePlace | None:
        """Record the place alone; returns the home's place, or None during a purge."""
        ...


@dataclass(frozen=True)
class EcsSettings:
    region: str
    cluster: str
    subnets: tuple[str, ...]
    security_group: str
    execution_role_arn: str
    images: Mapping[WorkspaceKind, str]
    """The image (with tag or digest) of each kind that can be launched."""
    log_group: str = ""
    """Empty: the output of tasks is not kept."""
    spot_percent: int = 0
    """How many percent of tasks run on Fargate Spot: cheaper, but AWS may end them early."""
    cpu_units: int = 1024
    memory_mib: int = 2048
    architecture: str = "X86_64"
    """X86_64 or ARM64."""
    family_prefix: str = "apranova"
