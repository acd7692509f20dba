"""The machine that all sandboxes share: its memory and processors, as Linux tells them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True)
class Figures:
    memory_bytes: int
    memory_free_bytes: int
    cpus: int
    load: float


def read_figures(memory: Path = MEMORY) -> Figures:
    """Raises OSError, ValueError."""
    lines = dict(line.split(":", 1) for line in memory.read_text().splitlines() if ":" in line)
    if not {"MemTotal", "MemAvailable"} <= lines.keys():
        raise ValueError(f"{memory} has no MemTotal or MemAvailable")
    total, free = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return Figures(total, free, len(os.sched_getaffinity(0)), os.getloadavg()[0])
