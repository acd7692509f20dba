"""A seccomp filter in the kernel's own format, for bubblewrap's --seccomp: a deny list in addition
to 'no capabilities'.

It removes what a student never needs and where kernel bugs have been found (bpf, io_uring,
keyrings, userfaultfd, …), and the address families that no network namespace separates: through
AF_VSOCK a sandbox in a virtual machine could reach the machine's host. ptrace stays, for debuggers.
32-bit programs do not run: their calls have other numbers.
"""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass

_EPERM, _EINVAL, _ENOSYS, _EAFNOSUPPORT = 1, 22, 38, 97

# struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6]; little endian.
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_FIRST_ARGUMENT = 0, 4, 16
_OFFSET_SECOND_ARGUMENT, _OFFSET_SECOND_ARGUMENT_HIGH = 24, 28

_LOAD_WORD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000

ADDRESS_FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
"""AF_NETLINK serves getifaddrs(), which Node.js calls."""

SEGMENT_MAX_BYTES = 64 * 1024
"""Of System V shared memory, where nothing counts it; 4096 segments are possible. PostgreSQL needs
one of some bytes."""
_MEMFD_SECRET = 447

# The same number on every architecture.
_DENIED_EVERYWHERE = {
    "pidfd_getfd": 438, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "quotactl_fd": 443,
}  # fmt: skip


@dataclass(frozen=True)
class _Architecture:
    audit_number: int
    socket: int
    socketpair: int
    memfd_create: int
    shmget: int
    denied: dict[str, int]


_ARCHITECTURES = {
    "x86_64": _Architecture(
        audit_number=0xC000003E,
        socket=41,
        socketpair=53,
        memfd_create=319,
        shmget=29,
        denied={
            "kexec_load": 246, "kexec_file_load": 320, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
            "add_key": 248, "request_key": 249, "keyctl": 250, "open_by_handle_at": 304, "init_module": 175,
            "finit_module": 313, "delete_module": 176, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161,
            "setns": 308, "swapon": 167, "swapoff": 168, "reboot": 169, "acct": 163, "quotactl": 179, "syslog": 103,
            "settimeofday": 164, "clock_settime": 227, "clock_adjtime": 305, "adjtimex": 159, "iopl": 172, "ioperm": 173,
            "uselib": 134, "ustat": 136, "sysfs": 139, "modify_ldt": 154, "vhangup": 153, "nfsservctl": 180,
            "move_pages": 279, "migrate_pages": 256, "lookup_dcookie": 212, "fanotify_init": 300,
        },
    ),
    "aarch64": _Architecture(
        audit_number=0xC00000B7,
        socket=198,
        socketpair=199,
        memfd_create=279,
        shmget=194,
        denied={
            "kexec_load": 104, "kexec_file_load": 294, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
            "add_key": 217, "request_key": 218, "keyctl": 219, "open_by_handle_at": 265, "init_module": 105,
            "finit_module": 273, "delete_module": 106, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
            "setns": 268, "swapon": 224, "swapoff": 225, "reboot": 142, "acct": 89, "quotactl": 60, "syslog": 116,
            "settimeofday": 170, "clock_settime": 112, "clock_adjtime": 266, "adjtimex": 171, "vhangup": 58,
            "nfsservctl": 42, "move_pages": 239, "migrate_pages": 238, "lookup_dcookie": 18, "fanotify_init": 262,
        },
    ),
}  # fmt: skip


def filter_for_this_machine(*, memory_counts: bool) -> bytes | None:
    """The compiled filter; None on an architecture whose numbers are not listed here.

    `memory_counts`: a cgroup counts all memory. Otherwise shared memory that no process maps
    would be invisible, so it is refused, as an old kernel does: programs have another way.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    return None if architecture is None else _assemble(architecture, memory_counts=memory_counts)


def _assemble(architecture: _Architecture, *, memory_counts: bool) -> bytes:
    program = [
        _instruction(_LOAD_WORD, _OFFSET_ARCHITECTURE),
        _instruction(_JUMP_IF_EQUAL, architecture.audit_number, if_true=1),
        _fail_with(_ENOSYS),
        _instruction(_LOAD_WORD, _OFFSET_NUMBER),
        # On x86_64 the x32 calls are the same calls with this bit set: they would slip through.
        _instruction(_JUMP_IF_AT_LEAST, 0x40000000, if_false=1),
        _fail_with(_ENOSYS),
    ]
    for number in (*architecture.denied.values(), *_DENIED_EVERYWHERE.values()):
        program += [_instruction(_JUMP_IF_EQUAL, number, if_false=1), _fail_with(_EPERM)]
    if not memory_counts:
        program += _refuse_unmapped_memory(architecture)
    program += [
        _instruction(_JUMP_IF_EQUAL, architecture.socket, if_true=2),
        _instruction(_JUMP_IF_EQUAL, architecture.socketpair, if_true=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_LOAD_WORD, _OFFSET_FIRST_ARGUMENT),
    ]
    for family in ADDRESS_FAMILIES.values():
        program += [_instruction(_JUMP_IF_EQUAL, family, if_false=1), _instruction(_RETURN, _ALLOW)]
    program.append(_fail_with(_EAFNOSUPPORT))
    return b"".join(program)


def _refuse_unmapped_memory(architecture: _Architecture) -> list[bytes]:
    program = []
    for number in (architecture.memfd_create, _MEMFD_SECRET):
        program += [_instruction(_JUMP_IF_EQUAL, number, if_false=1), _fail_with(_ENOSYS)]
    return [
        *program,
        _instruction(_JUMP_IF_EQUAL, architecture.shmget, if_false=6),
        _instruction(_LOAD_WORD, _OFFSET_SECOND_ARGUMENT_HIGH),
        _instruction(_JUMP_IF_EQUAL, 0, if_false=2),
        _instruction(_LOAD_WORD, _OFFSET_SECOND_ARGUMENT),
        _instruction(_JUMP_IF_AT_LEAST, SEGMENT_MAX_BYTES + 1, if_false=1),
        _fail_with(_EINVAL),
        _instruction(_RETURN, _ALLOW),
    ]


def _fail_with(error_number: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | error_number)


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
