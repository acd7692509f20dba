"""Which machine, version and time: without them, numbers cannot be compared."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil

from gateway.render import binary as envoy_binary
from single_machine.portal_build import node_binary

SOURCE = Path(__file__).parent.parent


def describe() -> dict[str, object]:
    memory = psutil.virtual_memory()
    return {
        **revision(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(memory.total / 1e9, 1),
        "memory_available_gb": round(memory.available / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "node": _first_line(str(node_binary()), "--version"),
        "envoy": _first_line(str(envoy_binary()), "--version").rpartition("version:")[2].split("/")[1:2],
        "chromium": _first_line(shutil.which("chromium") or "chromium", "--version"),
    }


def revision() -> dict[str, object]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _first_line("git", "-C", str(SOURCE), "rev-parse", "--short=10", "HEAD"),
        "uncommitted_changes": bool(_first_line("git", "-C", str(SOURCE), "status", "--porcelain", "--", "*.py")),
    }


def load() -> list[float]:
    """Load averages of 1, 5 and 15 minutes. Above the number of cores, other work interfered."""
    return [round(value, 2) for value in os.getloadavg()]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(*command: str) -> str:
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return next((line.strip() for line in output.splitlines() if line.strip()), "")
