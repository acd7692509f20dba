"""Limits for a whole task: one cgroup for each, if this machine allows it.

Three cases: version 2 with a subtree of our own (root, or an ordinary user under `systemd-run
--user --scope`), version 1 with writable directories (root), or none, which is then reported.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from manager.adapters.sandbox_engine.images import Limits

_CONTROLLERS = ("memory", "pids", "cpu")
_VERSION_1_CONTROLLERS = (*_CONTROLLERS, "cpuacct")
"""In version 2, the controller `cpu` counts what was used as well."""
_ALL_SANDBOXES_SHARE = 0.5
"""Of the CPU, compared with one process of the platform, through which everybody's clicks go."""
_EXTRA_PROCESSES = 4
"""bubblewrap's first process and its helpers are in the same cgroup."""


@dataclass(frozen=True)
class Hierarchy:
    """Where our tasks' cgroups are: controller → parent directory (in version 2 one for all)."""

    version: int
    parents: Mapping[str, Path]
    missing: Mapping[str, str]
    """Controller → why there is none."""

    def create(self, name: str, limits: Limits) -> TaskCgroup:
        """Create a cgroup with these limits. Raises OSError."""
        group = self.of(name)
        for directory in group.directories:
            directory.mkdir(exist_ok=True)
        group.limit(limits)
        return group

    def of(self, name: str) -> TaskCgroup:
        return TaskCgroup(self.version, {controller: parent / name for controller, parent in self.parents.items()})

    def is_whole(self) -> bool:
        """Some machines remove a cgroup as soon as it is empty (`notify_on_release`). Ours is then
        gone for good, because only the process that started us could create it again."""
        return all(parent.is_dir() for parent in self.parents.values())

    def clear(self) -> None:
        """Remove what earlier tasks left behind. The kernel keeps a cgroup that has a process."""
        for parent in set(self.parents.values()):
            for directory in parent.iterdir():
                if directory.name.startswith("task-"):
                    with contextlib.suppress(OSError):
                        directory.rmdir()

    def remove(self) -> None:
        self.clear()
        for parent in set(self.parents.values()):
            with contextlib.suppress(OSError):
                parent.rmdir()


class TaskCgroup:
    """One task's cgroup (in version 1 one directory for each controller)."""

    def __init__(self, version: int, by_controller: Mapping[str, Path]) -> None:
        self._version = version
        self._by_controller = by_controller

    @property
    def directories(self) -> tuple[Path, ...]:
        return tuple(sorted(set(self._by_controller.values())))

    def limit(self, limits: Limits) -> None:
        """The CPU is only shared, without a ceiling: a launch may use a machine that is idle."""
        self.limit_memory(limits.memory_max_bytes)
        if pids := self._by_controller.get("pids"):
            _write(pids / "pids.max", limits.processes_max + _EXTRA_PROCESSES)

    def limit_memory(self, most_bytes: int) -> None:
        """Also of a task that runs. Raises OSError."""
        memory = self._by_controller.get("memory")
        if memory and self._version == 2:
            _write(memory / "memory.max", most_bytes)
            _write_if_there(memory / "memory.swap.max", 0)
        elif memory:
            with_swap = memory / "memory.memsw.limit_in_bytes"
            with contextlib.suppress(OSError):  # it is never below the other one: whichever grows goes first
                _write(with_swap, most_bytes)
            _write(memory / "memory.limit_in_bytes", most_bytes)
            _write_if_there(with_swap, most_bytes)

    def add(self, pid: int) -> None:
        """Move a process here; its children start here from now on."""
        for directory in self.directories:
            _write(directory / "cgroup.procs", pid)

    def cpu_used_s(self) -> float | None:
        """None: nothing counts it, or the cgroup has gone."""
        name, file, unit = ("cpu", "cpu.stat", 1e6) if self._version == 2 else ("cpuacct", "cpuacct.usage", 1e9)
        directory = self._by_controller.get(name)
        if directory is None or "cpu" not in self._by_controller:
            return None
        try:
            words = (directory / file).read_text().split()
            return int(words[words.index("usage_usec") + 1] if self._version == 2 else words[0]) / unit
        except (OSError, ValueError, IndexError):
            return None

    def set_cpu_share(self, share: float) -> None:
        """1: like every other task. It counts only while there is not enough for all."""
        _write_share(self._version, self._by_controller["cpu"], share)

    def out_of_memory_kills(self) -> int:
        memory = self._by_controller.get("memory")
        if memory is None:
            return 0
        events = memory / ("memory.events" if self._version == 2 else "memory.oom_control")
        with contextlib.suppress(OSError, ValueError):
            for line in events.read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def memory_used(self) -> int | None:
        """Without the files that the kernel keeps in memory and would give back. None: nothing
        counts it."""
        memory = self._by_controller.get("memory")
        if memory is None:
            return None
        wanted = {"anon", "shmem", "kernel"} if self._version == 2 else {"total_rss", "total_shmem"}
        try:
            lines = (line.split() for line in (memory / "memory.stat").read_text().splitlines())
            return sum(int(value) for name, value in lines if name in wanted)
        except (OSError, ValueError):
            return None

    def remove(self) -> bool:
        """Returns whether it is gone: the kernel frees a cgroup a moment after its last process."""
        for directory in self.directories:
            with contextlib.suppress(OSError):
                directory.rmdir()
        return not any(directory.exists() for directory in self.directories)


def find_hierarchy(name: str, owner_uid: int) -> Hierarchy:
    """Create our cgroups' parent, while we are root, and give it to `owner_uid`. Never raises."""
    mounts, own = _cgroup_mounts(), _own_cgroups()
    reasons: dict[str, str] = {}
    if "" in mounts and (mounts[""][0] / "cgroup.controllers").exists():
        parent, reasons = _version_2(_own_directory(mounts[""], own.get("", "/")), name, owner_uid)
        found = {controller: parent for controller in _CONTROLLERS if parent and controller not in reasons}
        if found:
            return Hierarchy(2, found, reasons)
    version_1 = {}
    for controller in _VERSION_1_CONTROLLERS:
        if controller not in mounts:
            reasons.setdefault(controller, "this machine has no such cgroup controller")
            continue
        parent = _own_directory(mounts[controller], own.get(controller, "/")) / name
        try:
            parent.mkdir(exist_ok=True)
            for path in (parent, parent / "cgroup.procs"):
                os.chown(path, owner_uid, -1)
            if controller == "cpu":
                _write_share(1, parent, _ALL_SANDBOXES_SHARE)
            version_1[controller] = parent
            reasons.pop(controller, None)
        except OSError as error:
            reasons[controller] = f"the cgroup cannot be written ({error.strerror})"
    return Hierarchy(1, version_1, reasons)


def _version_2(own: Path, name: str, owner_uid: int) -> tuple[Path | None, dict[str, str]]:
    """Only a cgroup without processes can delegate controllers, so the shim moves into a leaf."""
    try:
        present = (own / "cgroup.controllers").read_text().split()
        available = [controller for controller in _CONTROLLERS if controller in present]
        if not available:
            return None, {}
        parent = own / name
        parent.mkdir(exist_ok=True)
        if own.parent == own or own == _mount_root_of(own):
            _hand_down(own, available)
        else:
            # In a cgroup of our own (a systemd scope) the shim moves to a leaf, then delegates.
            leaf = own / "engine"
            leaf.mkdir(exist_ok=True)
            if (own / "cgroup.procs").read_text().split() != [str(os.getpid())]:
                return None, dict.fromkeys(_CONTROLLERS, "other processes share the shim's cgroup")
            _write(leaf / "cgroup.procs", os.getpid())
            _hand_down(own, available)
            for path in (own / "cgroup.procs", leaf, leaf / "cgroup.procs"):
                os.chown(path, owner_uid, -1)
        _hand_down(parent, available)
        for path in (parent, parent / "cgroup.procs", parent / "cgroup.subtree_control"):
            os.chown(path, owner_uid, -1)
    except OSError as error:
        why = f"no cgroup could be had ({error.strerror}); a systemd user session would give one"
        return None, dict.fromkeys(_CONTROLLERS, why)
    with contextlib.suppress(OSError):  # without the controller there is no such file
        _write_share(2, parent, _ALL_SANDBOXES_SHARE)
    granted = (parent / "cgroup.subtree_control").read_text().split()
    return parent, {
        controller: "the controller is not delegated to this user"
        for controller in _CONTROLLERS
        if controller not in granted
    }


def _hand_down(directory: Path, available: list[str]) -> None:
    for controller in available:
        with contextlib.suppress(OSError):
            _write(directory / "cgroup.subtree_control", f"+{controller}")


def _mount_root_of(directory: Path) -> Path:
    while not os.path.ismount(directory):
        directory = directory.parent
    return directory


def _cgroup_mounts() -> dict[str, tuple[Path, str]]:
    """Controller ('' for version 2) → its mount point, and the directory that is its root."""
    mounts = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        fields, (kind, _, options) = left.split(), right.split(" ", 2)
        if kind == "cgroup2":
            mounts[""] = (Path(fields[4]), fields[3])
        elif kind == "cgroup":
            mounts |= dict.fromkeys(options.split(","), (Path(fields[4]), fields[3]))
    return mounts


def _own_cgroups() -> dict[str, str]:
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own |= dict.fromkeys(controllers.split(","), path)
    return own


def _own_directory(mount: tuple[Path, str], own: str) -> Path:
    mount_point, root = mount
    inside = own.removeprefix(root) if root != "/" else own
    return mount_point / inside.lstrip("/")


def _write_share(version: int, directory: Path, share: float) -> None:
    if version == 2:
        _write(directory / "cpu.weight", max(1, round(100 * share)))
    else:
        _write(directory / "cpu.shares", max(2, round(1024 * share)))


def _write(file: Path, value: int | str) -> None:
    file.write_text(str(value))


def _write_if_there(file: Path, value: int | str) -> None:
    """Swap accounting is optional in the kernel; without swap, its absence loses nothing."""
    with contextlib.suppress(FileNotFoundError):
        _write(file, value)
