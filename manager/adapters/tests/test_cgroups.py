"""What is written where, in both versions of cgroups. Sandbox tests try a real version 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from manager.adapters.bubblewrap.cgroups import Hierarchy, TaskCgroup, find_hierarchy
from manager.adapters.sandbox_engine.images import Limits

LIMITS = Limits(memory_max_bytes=512 << 20, processes_max=100)


def test_version_2_limits_memory_without_swap_and_processes(tmp_path: Path) -> None:
    (tmp_path / "memory.swap.max").touch()
    TaskCgroup(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path)).limit(LIMITS)
    assert (tmp_path / "memory.max").read_text() == str(512 << 20)
    assert (tmp_path / "memory.swap.max").read_text() == "0"
    assert (tmp_path / "pids.max").read_text() == "104"
    assert not (tmp_path / "cpu.max").exists(), "the CPU is only shared"


def test_version_1_limits_each_in_its_own_directory(tmp_path: Path) -> None:
    directories = {name: tmp_path / name for name in ("memory", "pids", "cpu")}
    for directory in directories.values():
        directory.mkdir()
    TaskCgroup(1, directories).limit(LIMITS)
    assert (tmp_path / "memory/memory.limit_in_bytes").read_text() == str(512 << 20)
    assert (tmp_path / "pids/pids.max").read_text() == "104"
    assert not list((tmp_path / "cpu").iterdir())


@pytest.mark.parametrize(("version", "file"), [(1, "memory.oom_control"), (2, "memory.events")])
def test_kills_for_lack_of_memory_are_counted(tmp_path: Path, version: int, file: str) -> None:
    group = TaskCgroup(version, {"memory": tmp_path})
    assert group.out_of_memory_kills() == 0
    (tmp_path / file).write_text("under_oom 0\noom 7\noom_kill 3\n")
    assert group.out_of_memory_kills() == 3


def test_a_process_is_added_once_to_each_directory(tmp_path: Path) -> None:
    TaskCgroup(2, dict.fromkeys(("memory", "pids"), tmp_path)).add(4711)
    assert (tmp_path / "cgroup.procs").read_text() == "4711"


def test_clearing_takes_only_what_was_made_for_tasks(tmp_path: Path) -> None:
    for name in ("task-left", "engine"):
        (tmp_path / name).mkdir()
    Hierarchy(2, {"memory": tmp_path, "pids": tmp_path}, {}).clear()
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


def test_each_controller_is_found_or_its_absence_explained() -> None:
    hierarchy = find_hierarchy("apranova-test", 61000)
    try:
        for controller in ("memory", "pids", "cpu"):
            assert (controller in hierarchy.parents) != bool(hierarchy.missing.get(controller))
    finally:
        hierarchy.remove()
