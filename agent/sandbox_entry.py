"""How a forked process enters a sandbox: its cgroup, its namespaces, without our privileges.

Runs in a child of `agent.prefork_template`, never in an agent. The steps are in the only order that
works: a process may enter a namespace only while it has capabilities over the user namespace that
owns it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
from pathlib import Path

_NAMESPACES = {
    "mnt": 0x00020000,
    "cgroup": 0x02000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "pid": 0x20000000,
}
_USER = 0x10000000
_NS_GET_USERNS = 0xB701
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 22, 24, 38
_PR_SET_CHILD_SUBREAPER, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 36, 47, 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_EINVAL = 22

_libc = ctypes.CDLL(None, use_errno=True)


class _FilterProgram(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def enter(pid: int, mount_namespace: int, cgroup_procs: list[str]) -> None:
    """Join the sandbox of `pid`; only later children join its PID namespace. Raises OSError.

    `mount_namespace`: the number of the one that `pid` must still be in, as pids are used again.
    """
    opened = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in (*_NAMESPACES, "user")}
    if os.fstat(opened["mnt"]).st_ino != mount_namespace:
        raise OSError(f"process {pid} is not in the sandbox any more")
    for file in cgroup_procs:
        Path(file).write_text(str(os.getpid()))
    # bubblewrap's --disable-userns puts processes one user namespace below the others' owner.
    owner = fcntl.ioctl(opened["mnt"], _NS_GET_USERNS)
    _checked("setns(user)", _libc.setns(owner, _USER))
    for name, kind in _NAMESPACES.items():
        _checked(f"setns({name})", _libc.setns(opened[name], kind))
    if not os.path.sameopenfile(owner, opened["user"]):
        _checked("setns(inner user)", _libc.setns(opened["user"], _USER))
    os.chdir("/")


def give_up_privileges(seccomp_filter: bytes, processes_max: int) -> None:
    """What bubblewrap does to its own child: no capabilities, the same filter. Raises OSError."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processes_max:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes_max, processes_max))
    capability = 0
    while _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    if ctypes.get_errno() != _EINVAL:  # the number after the last capability
        raise OSError(ctypes.get_errno(), "prctl(PR_CAPBSET_DROP)")
    _checked("prctl(ambient)", _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked("capset", _libc.capset(header, nothing))
    _checked("prctl(no new privileges)", _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    # The changes of identity made /proc/self root's; give it back to the process.
    _checked("prctl(dumpable)", _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0))
    if seccomp_filter:
        instructions = ctypes.create_string_buffer(seccomp_filter, len(seccomp_filter))
        program = _FilterProgram(len(seccomp_filter) // 8, ctypes.cast(instructions, ctypes.c_void_p))
        _checked(
            "prctl(seccomp)",
            _libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(program), 0, 0),
        )


def inherit_orphans() -> None:
    """Become the parent of grandchildren whose own parent has ended, to collect them."""
    _checked("prctl(subreaper)", _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def _checked(call: str, result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
