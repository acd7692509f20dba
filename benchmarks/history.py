"""Checkpoints of homes while students work, and files of then on their way back.

The program that takes a checkpoint, the store and the writing are the product's own; the homes are
made up: 400 files that a student wrote, 3,000 of installed packages. Before each checkpoint the
student changes one file.
"""

from __future__ import annotations

import base64
import random
import resource
import tempfile
import time
from pathlib import Path

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from contract.history import Cause, WriteRequest
from manager.adapters.directory_history.history import DirectoryHomeHistory

STUDENTS = 30
EVERY_S = 600.0
EACH = Target("p95", 0.3)
TOGETHER = Target("median", 3.0)
READ = Target("p95", 2_000.0)
BACK = Target("p95", 3_000.0)
_EDITED = "project/part-0/file-0.py"


def run(*, quick: bool) -> Findings:
    rounds = 1 if quick else 3
    each: list[float] = []
    together: list[float] = []
    seconds: list[float] = []
    reading: list[float] = []
    back: list[float] = []
    with tempfile.TemporaryDirectory(prefix="history-") as name:
        folder = Path(name)
        history = DirectoryHomeHistory(folder / "homes", folder / "histories")
        homes = [_home(folder / "homes", number) for number in range(3 if quick else STUDENTS)]
        firsts = {home.name: history.take(home.name, Cause.WORK) for home in homes}
        for turn in range(rounds):
            used = 0.0
            for home in homes:
                (home / _EDITED).write_text(f"print({turn})\n" * 100)
                before, began = _children_cpu_s(), time.perf_counter()
                if history.take(home.name, Cause.WORK) is None:
                    raise RuntimeError("the change was not seen")
                each.append(_children_cpu_s() - before)
                seconds.append(time.perf_counter() - began)
                used += each[-1]
            together.append(100 * used * STUDENTS / len(homes) / EVERY_S)
        for home in homes:
            first = firsts[home.name]
            if first is None:
                raise RuntimeError("the home was not kept")
            began = time.perf_counter()
            read = base64.b64decode(history.piece(home.name, first.checkpoint_id, _EDITED, 0).content)
            reading.append(1_000 * (time.perf_counter() - began))
            began = time.perf_counter()
            history.take(home.name, Cause.PUT_BACK, wanted_now=True)
            pieces = history.whole(home.name, first.checkpoint_id, [_EDITED])
            history.write(home.name, WriteRequest("0" * 32, tuple(pieces)))
            back.append(1_000 * (time.perf_counter() - began))
            if (home / _EDITED).read_bytes() != read:
                raise RuntimeError("the file did not come back")
    return Findings(
        f"Checkpoints of {STUDENTS} homes in which somebody works",
        (
            Measure("one checkpoint, processor time", "CPU-s", each, EACH),
            Measure("30 students together", "% of a core", together, TOGETHER),
            Measure("one checkpoint, at the lowest priority", "s", seconds),
            Measure("a file as it was", "ms", reading, READ),
            Measure("a file is back, after a checkpoint of what was there", "ms", back, BACK),
        ),
    )


def plot(findings: Findings, path: Path) -> None:
    units = ("CPU-s", "% of a core", "s", "ms")
    titles = ("One checkpoint", "30 students together", "Until it is taken", "Looking and putting back")
    with charts.figure(path, findings.title, rows=len(units)) as panels:
        for axes, unit, title in zip(panels, units, titles, strict=True):
            charts.dots(axes, [measure for measure in findings.measures if measure.unit == unit], title, unit)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _home(homes: Path, number: int) -> Path:
    chance = random.Random(number)  # noqa: S311 (not for secrets)
    home = homes / f"home-{'abcdefghijklmnopqrstuvwxyz234567'[number] * 16}"
    for file in range(400):
        path = home / f"project/part-{file % 20}/file-{file}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"value_{chance.random()} = {line}\n" for line in range(chance.randrange(10, 300))))
    for file in range(3_000):
        path = home / f"project/node_modules/package-{file % 200}/file-{file}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("module.exports = 1;\n")
    return home
