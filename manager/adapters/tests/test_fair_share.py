"""Who computes without a pause gives way, and gets the full share back after a pause."""

from __future__ import annotations

from pathlib import Path

import pytest

from manager.adapters.bubblewrap.cgroups import TaskCgroup
from manager.adapters.bubblewrap.fair_share import EVERY_S, FairShare, gives_way, next_average


class Machine:
    """A cgroup as the kernel shows it, whose task uses some cores for some time."""

    def __init__(self, folder: Path, version: int) -> None:
        self.version, self.folder = version, folder
        self.used_s, self.now = 0.0, 100.0
        self._count()
        self.cgroup = TaskCgroup(version, {"cpu": folder, "cpuacct": folder})

    def use(self, cores: float) -> None:
        self.now += EVERY_S
        self.used_s += cores * EVERY_S
        self._count()

    def share(self) -> str:
        return (self.folder / ("cpu.weight" if self.version == 2 else "cpu.shares")).read_text()

    def _count(self) -> None:
        (self.folder / "cpu.stat").write_text(f"usage_usec {self.used_s * 1e6:.0f}\nuser_usec 1\n")
        (self.folder / "cpuacct.usage").write_text(f"{self.used_s * 1e9:.0f}\n")


@pytest.mark.parametrize(("version", "full", "small"), [(1, "1024", "64"), (2, "100", "6")])
async def test_a_task_that_computes_without_a_pause_gives_way_until_it_pauses(
    tmp_path: Path, version: int, full: str, small: str
) -> None:
    machine, shares = Machine(tmp_path, version), FairShare()
    shares.add("task", machine.cgroup)
    shares._watched["task"].looked_at = machine.now

    def after(seconds: float, cores: float) -> str:
        for _ in range(round(seconds / EVERY_S)):
            machine.use(cores)
            shares.look(machine.now)
        return machine.share()

    assert after(30, 0.04) == full, "somebody works"
    assert after(14, 2.0) == small
    assert after(4, 0.0) == small, "a short breath does not end it"
    assert after(40, 0.0) == full
    shares.end()


async def test_a_new_engine_gives_an_adopted_task_its_full_share(tmp_path: Path) -> None:
    machine, shares = Machine(tmp_path, 1), FairShare()
    machine.cgroup.set_cpu_share(1 / 16)
    shares.add("task", machine.cgroup)
    assert machine.share() == "1024"
    shares.end()


async def test_without_a_counter_and_after_the_end_nothing_happens(tmp_path: Path) -> None:
    shares = FairShare()
    shares.add("task", TaskCgroup(2, {}))
    machine = Machine(tmp_path, 2)
    shares.add("task", machine.cgroup)
    (tmp_path / "cpu.stat").unlink()
    shares.look(machine.now)
    shares.remove("task")
    shares.remove("task")
    shares.end()


def test_the_average_forgets_and_never_exceeds_what_was_used() -> None:
    average = 0.0
    for _ in range(100):
        average = next_average(average, 2.0, EVERY_S)
        assert average <= 2.0
    assert average > 1.99


@pytest.mark.parametrize(
    ("cores", "all_cores", "before", "after"),
    [
        (1.0, 8.0, True, True),  # by itself, whatever the others do
        (0.2, 0.25, True, True),  # a crowded machine: most of the little that there is
        (0.2, 6.0, False, False),  # a class at work
        (0.5, 6.0, False, True),
        (0.04, 0.04, False, True),  # it has not paused yet
        (0.02, 0.02, False, False),
    ],
)
def test_who_gives_way(cores: float, all_cores: float, before: bool, after: bool) -> None:
    """`before`: with its full share so far; `after`: when it gave way so far."""
    assert gives_way(so_far=False, average_cores=cores, all_cores=all_cores) is before
    assert gives_way(so_far=True, average_cores=cores, all_cores=all_cores) is after
