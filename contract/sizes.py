"""What each size of workspace means: its memory, and its share of the CPU."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.environment import Environment
from contract.names import WorkspaceSize

_WORD = re.compile(r"^([a-z]+)=(\d+)(?::(\d+))?$")
_MEMORY_MIB = range(256, 122_881)
_CPU_UNITS = range(128, 16_385)
VCPU_IN_GB = 9.1
"""An hour of a vCPU costs as much as so many of a GB, x86 and ARM alike."""


@dataclass(frozen=True)
class SizeLimits:
    memory_mib: int
    cpu_units: int
    """1024 are one core: on one machine a share of what there is, on AWS what Fargate gives."""

    @property
    def price(self) -> float:
        """What Fargate asks for an hour, in hours of a GB: tells how much dearer a size is."""
        return VCPU_IN_GB * self.cpu_units / 1_024 + self.memory_mib / 1_024

    @property
    def memory_bytes(self) -> int:
        return self.memory_mib << 20


Sizes = Mapping[WorkspaceSize, SizeLimits]

ON_ONE_MACHINE: Sizes = {
    WorkspaceSize.SMALL: SizeLimits(768, 512),
    WorkspaceSize.MEDIUM: SizeLimits(1_536, 1_024),
    WorkspaceSize.LARGE: SizeLimits(3_072, 2_048),
}
FARGATE_MEMORY_MIB: Mapping[int, Sequence[int]] = {
    256: (512, 1_024, 2_048),
    512: range(1_024, 4_097, 1_024),
    1_024: range(2_048, 8_193, 1_024),
    2_048: range(4_096, 16_385, 1_024),
    4_096: range(8_192, 30_721, 1_024),
    8_192: range(16_384, 61_441, 4_096),
    16_384: range(32_768, 122_881, 8_192),
}
"""CPU units → the memory that Fargate offers with them."""


def on_fargate(medium: SizeLimits) -> Sizes:
    """Half and twice a task's size, or the next larger one that Fargate offers."""
    return {
        WorkspaceSize.SMALL: _offered(medium.memory_mib // 2, max(256, medium.cpu_units // 2)),
        WorkspaceSize.MEDIUM: medium,
        WorkspaceSize.LARGE: _offered(2 * medium.memory_mib, min(16_384, 2 * medium.cpu_units)),
    }


def _offered(memory_mib: int, cpu_units: int) -> SizeLimits:
    memories = FARGATE_MEMORY_MIB[cpu_units]
    return SizeLimits(next((offered for offered in memories if offered >= memory_mib), memories[-1]), cpu_units)


def read_sizes(environment: Environment, name: str, default: Sizes) -> Sizes:
    """`small=768 large=4096:2048`: MiB, and perhaps CPU units, which else follow the memory. What
    is left out keeps its default. Raises BadSetting."""
    sizes = dict(default)
    for word in environment.text(name, "").split():
        match = _WORD.fullmatch(word)
        if match is None or match[1] not in set(WorkspaceSize):
            raise environment.refused(name, "words like small=768 medium=1536 large=3072:2048")
        size, memory = WorkspaceSize(match[1]), int(match[2])
        follows = memory * default[size].cpu_units // default[size].memory_mib
        cpu = int(match[3] or min(max(follows, _CPU_UNITS[0]), _CPU_UNITS[-1]))
        if memory not in _MEMORY_MIB or cpu not in _CPU_UNITS:
            raise environment.refused(name, "256 to 122880 MiB and 128 to 16384 CPU units for each size")
        sizes[size] = SizeLimits(memory, cpu)
    in_order = [sizes[size].memory_mib for size in WorkspaceSize]
    if in_order != sorted(in_order):
        raise environment.refused(name, "no less memory for a larger size")
    return sizes
