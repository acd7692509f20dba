"""One planning run, in a process of its own, so that its memory can be measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).parent.parent


def planned(options: Sequence[str], *, policy: str = "predicted") -> dict[str, Any]:
    """The JSON of `./apranova simulate` with these options and this policy (`Result.as_json`)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.json"
        alone = ("--policy", policy, "--compare", policy, "--jobs", "1", "--json", str(file))
        command = [sys.executable, "-m", "simulator.planning", *options, *alone]
        subprocess.run(command, cwd=_SOURCE, check=True, stdout=subprocess.DEVNULL)
        (found,) = json.loads(file.read_text(encoding="utf-8"))["runs"]
    return found
