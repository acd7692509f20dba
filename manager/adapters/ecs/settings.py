"""Where workspace tasks run in the operator's AWS account, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.names import WorkspaceKind


@dataclass(frozen=True)
class EcsSettings:
    region: str
    cluster: str
    subnets: tuple[str, ...]
    security_group: str
    execution_role_arn: str
    task_role_arn: str
    """With it a task mounts its slot; it allows nothing else."""
    file_system: str
    """Holds all homes and slots."""
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
    of_the_school: Mapping[str, str] = field(default_factory=dict)
    """Variables that each task gets: mirrors of registries, the school's application at GitHub."""
    slots_ahead: int = 100
    """Slots of each kind that wait, ready, for a task: as many as may start within minutes."""
