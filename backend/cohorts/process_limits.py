"""What a process that reads an uploaded file may use. It imports nothing that is slow to load."""

from __future__ import annotations

import resource

CPU_S_MAX = 2
MEMORY_BYTES_MAX = 512 * 1024 * 1024


def limit_this_process() -> None:
    """The kernel ends the process at its limits; the parent then knows what that means."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
