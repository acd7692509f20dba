"""What the operator's console is told of the room that is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.manager import CapacityAnswer, CreateRequest
from contract.names import WorkspaceKind, WorkspaceSize, WorkspaceState
from contract.wire import from_json
from manager import bootstrap
from manager.adapters.system.machine import read_figures
from manager.entrypoints.handler import InvocationHandler
from manager.settings import read_settings
from manager.tests.school import ANNA, School, running
from manager.use_cases.lifetime import create


def ask(school: School) -> CapacityAnswer:
    handler = InvocationHandler(school.world, last_sweep_at=lambda: 7.0)
    return from_json(CapacityAnswer, handler({"action": "capacity"}))


def test_a_session_takes_its_size_and_the_pool_tells_what_is_ready() -> None:
    school = running(pool=2)
    told, policy = ask(school), school.world.policy
    assert told.memory_taken_mib == policy.sizes[WorkspaceSize.SMALL].memory_mib
    assert (told.memory_max_mib, told.tasks_max) == (policy.memory_max_mib, policy.tasks_max)
    assert told.ready == {"vscode": 2}
    assert told.pool is not None
    assert told.pool.targets["vscode"] == 2
    assert told.last_sweep_at == 7.0
    assert [size.size for size in told.sizes] == list(WorkspaceSize)


def test_where_each_task_has_its_own_machine_no_memory_is_shared() -> None:
    told = ask(School(memory_max_mib=None))
    assert (told.memory_max_mib, told.tasks_max, told.machine) == (None, None, None)


def test_one_machine_tells_what_it_has(tmp_path: Path) -> None:
    places = {
        "APRANOVA_MANAGER_PORT": "0",
        "APRANOVA_RUN_DIR": str(tmp_path),
        "APRANOVA_STORE": str(tmp_path / "manager.sqlite3"),
        "APRANOVA_HOMES_DIR": str(tmp_path / "homes"),
        "APRANOVA_IMAGES_DIR": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    world = bootstrap.build(read_settings(places)).world
    create(world, CreateRequest(ANNA, "anna", WorkspaceKind.VSCODE, "Anna", "a@x.org"))
    machine = world.machine()  # no engine answers: the rest is worth having
    assert machine is not None
    assert 0 < machine.memory_free_bytes < machine.memory_bytes
    assert machine.cpus >= 1
    assert machine.disks[0].place == "the homes"
    assert all(0 <= disk.free_bytes <= disk.total_bytes for disk in machine.disks)
    assert machine.states == {WorkspaceState.STOPPED: 1}
    (tmp_path / "manager.sqlite3").unlink()
    assert world.machine() is None, "figures that cannot be read are no reason to answer nothing"


def test_memory_is_read_as_linux_tells_it(tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    4000000 kB\n")
    figures = read_figures(file)
    assert (figures.memory_bytes, figures.memory_free_bytes) == (16_384_000_000, 4_096_000_000)
    file.write_text("MemTotal: 1 kB\n")
    with pytest.raises(ValueError, match="MemAvailable"):
        read_figures(file)
