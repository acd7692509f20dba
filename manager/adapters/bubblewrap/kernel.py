"""The Linux system calls that Python 3.11 does not offer, with errors that name the call."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_OPEN_TREE_CLONE = 0x1
_MOVE_MOUNT_F_EMPTY_PATH = 0x4
_NS_GET_USERNS = 0xB701
_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
_PR_SET_DUMPABLE = 4

# The new mount calls have the same number on every architecture.
_SYS_OPEN_TREE = 428
_SYS_MOVE_MOUNT = 429
_SYS_MOUNT_SETATTR = 442

_AT_EMPTY_PATH = 0x1000
_MOUNT_ATTR_READ_ONLY_WITHOUT_SUID_AND_DEVICES = 0x1 | 0x2 | 0x4

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def unshare(flags: int) -> None:
    _checked("unshare", _libc.unshare(flags))


def enter_namespace(namespace_fd: int, kind: int) -> None:
    _checked("setns", _libc.setns(namespace_fd, kind))


def owning_user_namespace(namespace_fd: int) -> int:
    """A descriptor of the user namespace whose capabilities count in this namespace."""
    return fcntl.ioctl(namespace_fd, _NS_GET_USERNS)


def bind_mount_without_suid_and_devices(directory: str) -> None:
    """Bind a directory onto itself, so that every clone of that mount is nosuid and nodev too."""
    path = os.fsencode(directory)
    _checked("mount", _libc.mount(path, path, None, ctypes.c_ulong(MS_BIND), None))
    # statvfs' ST_* flags equal mount's MS_* flags here; those that are set must be repeated.
    flags = os.statvfs(directory).f_flag & ~os.ST_RDONLY & 0x40F | MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV
    if os.statvfs(directory).f_flag & 0x1000:  # ST_RELATIME, whose MS_* value differs
        flags |= 1 << 21
    _checked("remount", _libc.mount(None, path, None, ctypes.c_ulong(flags), None))


def bind_mount(source: str, target: str) -> None:
    _checked("mount", _libc.mount(os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(MS_BIND), None))


def mount_empty(directory: str) -> None:
    """Mount an empty folder in memory over `directory`."""
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV)
    _checked("mount", _libc.mount(b"tmpfs", os.fsencode(directory), b"tmpfs", flags, b"mode=0755"))


def keep_mounts_to_ourselves() -> None:
    """Stop mounts from propagating into and out of this mount namespace."""
    _checked("mount", _libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))


def detached_clone_of_mount(directory: str) -> int:
    """A descriptor of a bind mount of `directory` that is not attached yet."""
    return _checked(
        "open_tree",
        _libc.syscall(
            ctypes.c_long(_SYS_OPEN_TREE),
            ctypes.c_int(_AT_FDCWD),
            ctypes.c_char_p(os.fsencode(directory)),
            ctypes.c_uint(_OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_SYMLINK_NOFOLLOW),
        ),
    )


def make_read_only(mount_fd: int) -> None:
    """Of a detached clone, before anybody sees it: nothing in it can be changed, no program gets
    another user's rights, no device works. Linux 5.12."""
    attributes = struct.pack("=4Q", _MOUNT_ATTR_READ_ONLY_WITHOUT_SUID_AND_DEVICES, 0, 0, 0)
    _checked(
        "mount_setattr",
        _libc.syscall(
            ctypes.c_long(_SYS_MOUNT_SETATTR),
            ctypes.c_int(mount_fd),
            ctypes.c_char_p(b""),
            ctypes.c_uint(_AT_EMPTY_PATH),
            ctypes.c_char_p(attributes),
            ctypes.c_size_t(len(attributes)),
        ),
    )


def attach_mount(mount_fd: int, target: str) -> None:
    """Attach a detached clone at `target`; a symbolic link as the last part is not followed."""
    _checked(
        "move_mount",
        _libc.syscall(
            ctypes.c_long(_SYS_MOVE_MOUNT),
            ctypes.c_int(mount_fd),
            ctypes.c_char_p(b""),
            ctypes.c_int(_AT_FDCWD),
            ctypes.c_char_p(os.fsencode(target)),
            ctypes.c_uint(_MOVE_MOUNT_F_EMPTY_PATH),
        ),
    )


def detach_mount(target: str) -> None:
    """Take the mount at `target` out of the tree at once, even if a file of it is open."""
    _checked("umount2", _libc.umount2(ctypes.c_char_p(os.fsencode(target)), MNT_DETACH))


def parent_death_signal() -> int:
    number = ctypes.c_int()
    _checked("prctl", _libc.prctl(_PR_GET_PDEATHSIG, ctypes.byref(number), 0, 0, 0))
    return number.value


def set_parent_death_signal(number: int) -> None:
    _checked("prctl", _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0))


def let_own_proc_files_be_ours() -> None:
    """After a change of uid /proc/self belongs to root, and the uid map could not be written."""
    _checked("prctl", _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0))


def _checked(call: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result
